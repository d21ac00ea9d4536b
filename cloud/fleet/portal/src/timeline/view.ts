/** The stretch of time that the timeline shows, ms since 1970 UTC; `to` is after `from`. */
export interface View {
  from: number;
  to: number;
}

export const minute = 60_000;
export const hour = 3_600_000;
export const shortest = 20_000;
/** The fleet answers for at most 31 days at a time; what is read reaches up to four times beyond the view. */
export const longest = 7 * 24 * hour;

/** How much of the view may lie after now, as a fraction. */
const ahead = 0.06;

export const lengthOf = (view: View) => view.to - view.from;

export const timeAt = (view: View, x: number, width: number) => view.from + (x / width) * lengthOf(view);

export const xAt = (view: View, at: number, width: number) => ((at - view.from) / lengthOf(view)) * width;

/** A view of `length` that ends a little after now. */
export function latest(length: number, now: number): View {
  const to = now + length * ahead;
  return { from: to - length, to };
}

/** Keeps a view within its length limits and from running into the future. */
export function limit(view: View, now: number): View {
  const length = Math.min(longest, Math.max(shortest, lengthOf(view)));
  const middle = (view.from + view.to) / 2;
  const to = Math.min(lengthOf(view) === length ? view.to : middle + length / 2, now + length * ahead);
  return { from: to - length, to };
}

/** Zooms by a factor (below 1 zooms in) and keeps the moment `anchor` where it is on the screen. */
export function zoom(view: View, factor: number, anchor: number, now: number): View {
  const length = Math.min(longest, Math.max(shortest, lengthOf(view) * factor));
  const share = (anchor - view.from) / lengthOf(view);
  const from = anchor - share * length;
  return limit({ from, to: from + length }, now);
}

/** Shows another length of time; a view that reaches now stays at now. */
export function withLength(view: View, length: number, now: number, anchor: number | null): View {
  if (anchor !== null && anchor >= view.from && anchor <= view.to) return zoom(view, length / lengthOf(view), anchor, now);
  if (showsNow(view, now)) return latest(length, now);
  return zoom(view, length / lengthOf(view), (view.from + view.to) / 2, now);
}

export function pan(view: View, byMs: number, now: number): View {
  return limit({ from: view.from + byMs, to: view.to + byMs }, now);
}

export const showsNow = (view: View, now: number) => now >= view.from && now <= view.to;

/** The smallest move that brings a moment into the inner part of the view. */
export function reveal(view: View, at: number, now: number): View {
  const margin = lengthOf(view) * 0.05;
  if (at < view.from + margin) return pan(view, at - (view.from + lengthOf(view) * 0.25), now);
  if (at > view.to - margin) return pan(view, at - (view.to - lengthOf(view) * 0.25), now);
  return view;
}

/** The range to ask the fleet for: the view and its surroundings, on a grid, so that small moves ask nothing new. */
export function fetchWindow(view: View): View {
  const grid = 2 ** Math.floor(Math.log2(lengthOf(view)));
  return { from: Math.floor((view.from - grid / 4) / grid) * grid, to: Math.ceil((view.to + grid / 4) / grid) * grid };
}
