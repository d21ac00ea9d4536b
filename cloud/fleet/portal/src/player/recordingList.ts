import { readRecordings } from '../api/fleet';
import type { Recording } from '../api/types';
import { following, mergeRecordings, preceding } from './selection';

/** Longest segment that a box makes, with room to spare: what shows a moment began at most this long before. */
const reachBackMs = 6 * 60_000;
const reachAheadMs = 20 * 60_000;
const pageSize = 1000;

/** How far to look for the recording that follows, and how many to read at once. */
const lookAheadMs = 24 * 3_600_000;
const lookAheadCount = 60;

/** The recordings of one camera around the moments that were asked for; grows as playback moves. */
export class RecordingList {
  items: Recording[] = [];
  readonly camera: string;

  constructor(camera: string) {
    this.camera = camera;
  }

  /** Reads the surroundings of a moment anew. */
  async load(at: number, signal: AbortSignal): Promise<void> {
    const from = at - reachBackMs;
    const to = at + reachAheadMs;
    const page = await readRecordings(this.camera, from, to, pageSize, signal);
    // What was open is either in the answer or has become something else.
    this.items = mergeRecordings(this.items.filter((item) => !item.open && (item.end <= from || item.start >= to)), page.items);
  }

  /** The recording after one that starts at `start`, reading on when it is not known yet. */
  async after(start: number, signal: AbortSignal): Promise<Recording | null> {
    const known = following(this.items, start);
    if (known && !known.open) return known;
    const page = await readRecordings(this.camera, start, start + lookAheadMs, lookAheadCount, signal);
    this.items = mergeRecordings(this.items.filter((item) => !item.open && item.start <= start), page.items);
    return following(this.items, start);
  }

  async before(start: number, signal: AbortSignal): Promise<Recording | null> {
    const known = preceding(this.items, start);
    if (known) return known;
    await this.load(start - reachAheadMs, signal);
    return preceding(this.items, start);
  }
}
