import { children, descend, Mp4Error } from './boxes';

export interface Track {
  id: number;
  kind: 'video' | 'audio';
  /** RFC 6381 name of the codec. */
  codec: string;
  timescale: number;
  /** Where the edit list lets the presentation begin, in units of the timescale. */
  mediaStart: number;
  defaultDuration: number;
  /** Of the pictures; 0 for sound. */
  width: number;
  height: number;
}

const visualEntryBytes = 78;
const audioEntryBytes = 28;

/** Reads the tracks of a `moov` box. Throws {@link Mp4Error} when there is no picture in it. */
export function readTracks(moov: DataView): Track[] {
  const boxes = children(moov);
  const defaults = new Map<number, number>();
  const extends_ = descend(boxes, 'mvex');
  for (const box of extends_ ? children(extends_) : []) if (box.type === 'trex') defaults.set(box.data.getUint32(4), box.data.getUint32(12));

  const tracks: Track[] = [];
  for (const box of boxes) {
    if (box.type !== 'trak') continue;
    const track = readTrack(box.data, defaults);
    if (track) tracks.push(track);
  }

  if (!tracks.some((track) => track.kind === 'video')) throw new Mp4Error('the recording has no picture track');
  return tracks;
}

function readTrack(trak: DataView, defaults: Map<number, number>): Track | null {
  const boxes = children(trak);
  const tkhd = descend(boxes, 'tkhd');
  const mdhd = descend(boxes, 'mdia', 'mdhd');
  const hdlr = descend(boxes, 'mdia', 'hdlr');
  const stsd = descend(boxes, 'mdia', 'minf', 'stbl', 'stsd');
  if (!tkhd || !mdhd || !hdlr || !stsd) throw new Mp4Error('a track of the recording lacks its description');
  const handler = String.fromCharCode(...[8, 9, 10, 11].map((i) => hdlr.getUint8(i)));
  if (handler !== 'vide' && handler !== 'soun') return null;
  const entry = children(stsd, 8)[0];
  if (!entry) throw new Mp4Error('a track of the recording names no codec');
  const id = tkhd.getUint32(tkhd.getUint8(0) === 1 ? 20 : 12);
  const kind = handler === 'vide' ? 'video' : 'audio';
  return {
    id,
    kind,
    codec: kind === 'video' ? videoCodec(entry.type, entry.data) : audioCodec(entry.type, entry.data),
    timescale: mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12) || 1,
    mediaStart: editStart(descend(boxes, 'edts', 'elst')),
    defaultDuration: defaults.get(id) ?? 0,
    width: kind === 'video' ? entry.data.getUint16(24) : 0,
    height: kind === 'video' ? entry.data.getUint16(26) : 0,
  };
}

function editStart(elst: DataView | null): number {
  if (!elst || elst.getUint32(4) === 0) return 0;
  const start = elst.getUint8(0) === 1 ? Number(elst.getBigInt64(16)) : elst.getInt32(12);
  return Math.max(0, start);
}

const hex = (value: number, digits = 2) => value.toString(16).padStart(digits, '0');

function videoCodec(type: string, entry: DataView): string {
  const boxes = children(entry, visualEntryBytes);
  const avc = descend(boxes, 'avcC');
  if (avc) return `${type}.${hex(avc.getUint8(1))}${hex(avc.getUint8(2))}${hex(avc.getUint8(3))}`;
  const hevc = descend(boxes, 'hvcC');
  return hevc ? hevcCodec(type, hevc) : type;
}

/** ISO/IEC 14496-15 annex E.3. */
function hevcCodec(type: string, config: DataView): string {
  const profile = config.getUint8(1);
  const space = ['', 'A', 'B', 'C'][profile >> 6] ?? '';
  let compatibility = 0;
  const flags = config.getUint32(2);
  for (let bit = 0; bit < 32; bit++) compatibility = ((compatibility << 1) | ((flags >>> bit) & 1)) >>> 0;
  const constraints = [6, 7, 8, 9, 10, 11].map((i) => config.getUint8(i));
  while (constraints.at(-1) === 0) constraints.pop();
  const tier = (profile & 0x20) === 0 ? 'L' : 'H';
  return [type, `${space}${profile & 0x1f}`, compatibility.toString(16), `${tier}${config.getUint8(12)}`, ...constraints.map((c) => c.toString(16))].join('.');
}

function audioCodec(type: string, entry: DataView): string {
  if (type === 'fLaC') return 'flac';
  if (type === 'Opus') return 'opus';
  if (type !== 'mp4a') return type;
  const esds = descend(children(entry, audioEntryBytes), 'esds');
  const objectType = esds ? aacObjectType(esds) : null;
  return `mp4a.40.${objectType ?? 2}`;
}

/** Audio object type from an `esds` box: descriptors 3, 4 and 5 of ISO/IEC 14496-1. */
function aacObjectType(esds: DataView): number | null {
  let offset = 4;
  while (offset + 2 <= esds.byteLength) {
    const tag = esds.getUint8(offset++);
    while (offset < esds.byteLength && esds.getUint8(offset) >= 0x80) offset++;
    offset++;
    if (tag === 3) offset += 3;
    else if (tag === 4) offset += 13;
    else if (tag === 5 && offset < esds.byteLength) return esds.getUint8(offset) >> 3;
    else return null;
  }

  return null;
}
