import type { Recording } from '../api/types';

/** Joins a fresh page with what is known: one entry per start, the fresh one wins; sorted by start. */
export function mergeRecordings(known: readonly Recording[], fresh: readonly Recording[]): Recording[] {
  const byStart = new Map(known.map((item) => [item.start, item]));
  for (const item of fresh) byStart.set(item.start, item);
  return [...byStart.values()].sort((a, b) => a.start - b.start);
}

/** The recording that shows a moment; of two that overlap, the one that started last. An open one reaches a little past its known end. */
export function recordingAt(items: readonly Recording[], at: number, openReachMs = 0): Recording | null {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item && item.start <= at && at < item.end + (item.open ? openReachMs : 0)) return item;
  }

  return null;
}

/** One recording may be told with its start in microseconds while it is open and in milliseconds later. */
const sameStartMs = 50;

/** The first recording that starts after another one. */
export function following(items: readonly Recording[], start: number): Recording | null {
  return items.find((item) => item.start > start + sameStartMs) ?? null;
}

/** The last recording that starts before a moment. */
export function preceding(items: readonly Recording[], start: number): Recording | null {
  return items.findLast((item) => item.start < start - sameStartMs) ?? null;
}

/** The recording to begin with: the one that shows the moment, else the next that starts within reach. */
export function firstToPlay(items: readonly Recording[], at: number, reachMs: number): Recording | null {
  const here = recordingAt(items, at, reachMs);
  if (here) return here;
  const next = items.find((item) => item.start > at);
  return next && next.start - at <= reachMs ? next : null;
}
