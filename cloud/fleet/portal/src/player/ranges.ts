import type { Buffered } from './footageBuffer';

/** The picture on screen may lag behind the end of what is held by about one frame. */
const lastFrameMs = 80;

/** Footage held after a moment, gaps left out, ms. */
export function heldAfter(ranges: readonly Buffered[], at: number): number {
  let sum = 0;
  for (const range of ranges) sum += Math.max(0, range.to - Math.max(range.from, at));
  return sum;
}

export const holds = (ranges: readonly Buffered[], at: number) => ranges.some((range) => range.from <= at && at < range.to);

/** Where to go on when the footage at the play head has run out: the start of the next that is held. Null while there is still some, or none. */
export function jumpTarget(ranges: readonly Buffered[], at: number): number | null {
  if (ranges.some((range) => range.from <= at && at < range.to - lastFrameMs)) return null;
  return ranges.find((range) => range.from > at)?.from ?? null;
}

/** The picture after (+1) or before (−1) the one shown; null when it is not known. `frames` are sorted. */
export function neighbourFrame(frames: readonly number[], shown: number, direction: 1 | -1): number | null {
  const tolerance = 2;
  const found = direction > 0 ? frames.find((frame) => frame > shown + tolerance) : frames.findLast((frame) => frame < shown - tolerance);
  return found ?? null;
}
