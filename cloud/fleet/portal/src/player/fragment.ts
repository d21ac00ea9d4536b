import { children, descend, Mp4Error } from './boxes';
import type { Track } from './tracks';

export interface FragmentTimes {
  /** When each picture of the fragment shows, in seconds of the file's own time, in order. */
  frames: number[];
  /** End of the last picture. */
  end: number;
}

const maxSamples = 100_000;

/** Reads when the pictures of a `moof` box show; null when the fragment has none of the track. */
export function readFragment(moof: DataView, track: Track): FragmentTimes | null {
  const frames: number[] = [];
  let end = 0;
  for (const box of children(moof)) {
    if (box.type !== 'traf') continue;
    const parts = children(box.data);
    const tfhd = descend(parts, 'tfhd');
    if (tfhd?.getUint32(4) !== track.id) continue;
    const tfdt = descend(parts, 'tfdt');
    let time = !tfdt ? 0 : tfdt.getUint8(0) === 1 ? Number(tfdt.getBigUint64(4)) : tfdt.getUint32(4);
    const duration = defaultDuration(tfhd) ?? track.defaultDuration;
    for (const part of parts) {
      if (part.type !== 'trun') continue;
      for (const sample of samples(part.data, duration)) {
        frames.push((time + sample.offset - track.mediaStart) / track.timescale);
        time += sample.duration;
      }
    }

    end = (time - track.mediaStart) / track.timescale;
  }

  if (frames.length === 0) return null;
  frames.sort((a, b) => a - b);
  return { frames, end: Math.max(end, frames.at(-1) ?? end) };
}

function defaultDuration(tfhd: DataView): number | null {
  const flags = tfhd.getUint32(0) & 0xffffff;
  if ((flags & 0x08) === 0) return null;
  return tfhd.getUint32(8 + ((flags & 0x01) === 0 ? 0 : 8) + ((flags & 0x02) === 0 ? 0 : 4));
}

function* samples(trun: DataView, fallback: number): Generator<{ duration: number; offset: number }> {
  const flags = trun.getUint32(0) & 0xffffff;
  const signed = trun.getUint8(0) === 1;
  const total = trun.getUint32(4);
  if (total > maxSamples) throw new Mp4Error(`a fragment of the recording claims ${total} pictures`);
  let at = 8 + ((flags & 0x01) === 0 ? 0 : 4) + ((flags & 0x04) === 0 ? 0 : 4);
  for (let i = 0; i < total; i++) {
    let duration = fallback;
    if ((flags & 0x100) !== 0) {
      duration = trun.getUint32(at);
      at += 4;
    }

    if ((flags & 0x200) !== 0) at += 4;
    if ((flags & 0x400) !== 0) at += 4;
    let offset = 0;
    if ((flags & 0x800) !== 0) {
      offset = signed ? trun.getInt32(at) : trun.getUint32(at);
      at += 4;
    }

    yield { duration, offset };
  }
}
