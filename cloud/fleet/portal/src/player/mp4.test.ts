import { describe, expect, it } from 'vitest';
import { BoxCutter, children, Mp4Error, viewOf } from './boxes';
import { readFragment } from './fragment';
import { readTracks, type Track } from './tracks';

const u32 = (...values: number[]) => values.flatMap((v) => [(v >>> 24) & 255, (v >>> 16) & 255, (v >>> 8) & 255, v & 255]);
const ascii = (said: string) => Array.from(said, (c) => c.charCodeAt(0));
const box = (type: string, ...content: number[][]): number[] => {
  const body = content.flat();
  return [...u32(body.length + 8), ...ascii(type), ...body];
};
const zeros = (n: number) => new Array<number>(n).fill(0);
const view = (bytes: number[]) => viewOf(Uint8Array.from(bytes));

const trak = (id: number, handler: string, entry: number[], timescale: number, edit: number[] = []) =>
  box(
    'trak',
    box('tkhd', u32(0, 0, 0, id), zeros(68)),
    edit,
    box('mdia', box('mdhd', u32(0, 0, 0, timescale, 0, 0)), box('hdlr', u32(0, 0), ascii(handler), zeros(12)), box('minf', box('stbl', box('stsd', u32(0, 1), entry)))),
  );
const visual = [...zeros(24), 5, 0, 2, 208, ...zeros(50)];
const avc1 = box('avc1', visual, box('avcC', [1, 0x64, 0x00, 0x28, 0xff]));
const hvc1 = box('hvc1', visual, box('hvcC', [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x78, 0xf0]));
const mp4a = box('mp4a', zeros(28), box('esds', u32(0), [3, 0x80, 0x80, 0x80, 30, 0, 1, 0, 4, 20, ...zeros(13), 5, 2, 0x12, 0x10]));
const moov = (...traks: number[][]) => view([...traks.flat(), ...box('mvex', box('trex', u32(0, 1, 1, 3600, 0, 0)))]);

describe('readTracks', () => {
  it('names H.264 with sound', () => {
    const tracks = readTracks(moov(trak(1, 'vide', avc1, 90_000), trak(2, 'soun', mp4a, 48_000)));
    expect(tracks).toMatchObject([
      { id: 1, kind: 'video', codec: 'avc1.640028', timescale: 90_000, defaultDuration: 3600, width: 1280, height: 720, mediaStart: 0 },
      { id: 2, kind: 'audio', codec: 'mp4a.40.2', timescale: 48_000 },
    ]);
  });

  it('names H.265 as ISO/IEC 14496-15 says', () => expect(readTracks(moov(trak(1, 'vide', hvc1, 90_000)))[0]?.codec).toBe('hvc1.1.6.L120.90'));

  it('reads where an edit list begins', () => {
    const edit = box('edts', box('elst', u32(0, 1, 0, 7200, 0x10000)));
    expect(readTracks(moov(trak(1, 'vide', avc1, 90_000, edit)))[0]?.mediaStart).toBe(7200);
  });

  it('refuses what has no picture, and what is cut off', () => {
    expect(() => readTracks(moov(trak(2, 'soun', mp4a, 48_000)))).toThrow(Mp4Error);
    expect(() => readTracks(view([...u32(500), 0x74, 0x72, 0x61, 0x6b]))).toThrow(Mp4Error);
  });
});

const track: Track = { id: 1, kind: 'video', codec: 'avc1.640028', timescale: 1000, mediaStart: 0, defaultDuration: 40, width: 1, height: 1 };
const traf = (id: number, at: number, trun: number[], tfhdFlags: number[] = u32(0x020000)) => box('traf', box('tfhd', tfhdFlags, u32(id)), box('tfdt', u32(0x01000000, 0, at)), trun);

describe('readFragment', () => {
  it('uses the default length of a picture', () => {
    const moof = view(traf(1, 2000, box('trun', u32(0x000001, 3, 0))));
    expect(readFragment(moof, track)).toEqual({ frames: [2, 2.04, 2.08], end: 2.12 });
  });

  it('uses own lengths and offsets, and shows pictures in their order', () => {
    const moof = view(traf(1, 0, box('trun', u32(0x01000901, 3, 0, 40, 40, 40, 80, 40, 0))));
    expect(readFragment(moof, track)?.frames).toEqual([0.04, 0.08, 0.12]);
  });

  it('ignores other tracks', () => expect(readFragment(view(traf(2, 0, box('trun', u32(1, 1, 0)))), track)).toBeNull());

  it('refuses a number of pictures that cannot be', () => expect(() => readFragment(view(traf(1, 0, box('trun', u32(1, 0xffffffff, 0)))), track)).toThrow(Mp4Error));

  it('refuses truncated tables without hanging', () => expect(() => readFragment(view(traf(1, 0, box('trun', u32(0x000101, 50_000, 0, 40)))), track)).toThrow());
});

describe('BoxCutter', () => {
  const stream = Uint8Array.from([...box('ftyp', zeros(8)), ...box('moov', zeros(20)), ...box('moof', zeros(3)), ...box('mdat', zeros(100))]);

  it.each([1, 3, 7, 64, 1000])('finds the same boxes in pieces of %d bytes', (size) => {
    const cutter = new BoxCutter();
    const found: string[] = [];
    for (let i = 0; i < stream.length; i += size) found.push(...cutter.push(stream.subarray(i, i + size)).map((b) => `${b.type} ${b.bytes.length}`));
    expect(found).toEqual(['ftyp 16', 'moov 28', 'moof 11', 'mdat 108']);
  });

  it('keeps the unfinished box for later', () => {
    const cutter = new BoxCutter();
    expect(cutter.push(stream.subarray(0, 50)).map((b) => b.type)).toEqual(['ftyp', 'moov']);
    expect(cutter.push(stream.subarray(50)).map((b) => b.type)).toEqual(['moof', 'mdat']);
  });

  it.each([[u32(4)], [u32(0)], [u32(0x7fffffff)]])('refuses an impossible length %j', (size) => expect(() => new BoxCutter().push(Uint8Array.from([...size, 0x6d, 0x64, 0x61, 0x74]))).toThrow(Mp4Error));

  it('survives noise: an error, or nothing', () => {
    let seed = 7;
    for (let round = 0; round < 300; round++) {
      const noise = Uint8Array.from({ length: 200 }, () => (seed = (seed * 1_103_515_245 + 12_345) >>> 0) >>> 24);
      try {
        for (const found of new BoxCutter(1 << 20).push(noise)) children(found.content);
      } catch (error) {
        expect(error).toBeInstanceOf(Mp4Error);
      }
    }
  });
});
