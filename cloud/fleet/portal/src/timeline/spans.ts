import { xAt, type View } from './view';

/** Start and end of footage, ms since 1970 UTC. */
export type Span = readonly [from: number, to: number];

/** Sorts spans and joins those that touch or are at most `toleranceMs` apart; empty and reversed ones are dropped. */
export function mergeSpans(spans: readonly Span[], toleranceMs: number): Span[] {
  const sorted = spans.filter(([from, to]) => to > from).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last && from - last[1] <= toleranceMs) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }

  return merged;
}

/** Index of the last span that starts at or before `at`; −1 for none. Spans are sorted and apart. */
function lastStarting(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.[0] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }

  return low - 1;
}

export interface Hit {
  /** The moment to play from; null when there is no footage near. */
  at: number | null;
  /** End of the footage before, for "go back to"; null for none known. */
  before: number | null;
  /** Start of the footage after. */
  after: number | null;
}

/** What a click at a moment means: that moment where there is footage, else the edge of footage within reach, else its neighbours. */
export function hitTest(spans: readonly Span[], at: number, reachMs: number): Hit {
  const index = lastStarting(spans, at);
  const here = spans[index];
  const after = spans[index + 1]?.[0] ?? null;
  if (here && at < here[1]) return { at, before: here[0], after };
  const before = here?.[1] ?? null;
  const toAfter = after === null ? Infinity : after - at;
  const toBefore = before === null ? Infinity : at - before;
  if (Math.min(toAfter, toBefore) >= reachMs) return { at: null, before, after };
  // Just before an end there is still a little footage to show.
  const near = toAfter <= toBefore ? after : Math.max(here?.[0] ?? 0, (before ?? 0) - 1000);
  return { at: near, before, after };
}

export interface Bar {
  x: number;
  width: number;
}

/** Bars to draw for a row: clipped to the view, at least a pixel wide, joined where the gap is too small to see. At most one per two pixels. */
export function bars(spans: readonly Span[], view: View, width: number): Bar[] {
  const result: Bar[] = [];
  const first = Math.max(0, lastStarting(spans, view.from));
  for (let i = first; i < spans.length; i++) {
    const [from, to] = spans[i] ?? [0, 0];
    if (from > view.to) break;
    if (to < view.from) continue;
    const x = Math.max(0, xAt(view, from, width));
    const end = Math.max(x + 1, Math.min(width, xAt(view, to, width)));
    const last = result.at(-1);
    if (last && x - (last.x + last.width) < 1) last.width = Math.max(last.width, end - last.x);
    else result.push({ x, width: end - x });
  }

  return result;
}

/** Milliseconds of footage inside the view. */
export function coverage(spans: readonly Span[], view: View): number {
  let sum = 0;
  for (const [from, to] of spans) sum += Math.max(0, Math.min(to, view.to) - Math.max(from, view.from));
  return sum;
}
