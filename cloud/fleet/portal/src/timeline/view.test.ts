import { describe, expect, it } from 'vitest';
import { fetchWindow, hour, latest, lengthOf, limit, longest, minute, pan, reveal, shortest, showsNow, timeAt, withLength, xAt, zoom } from './view';

const now = Date.UTC(2026, 10, 21, 12);
const view = { from: now - 2 * hour, to: now - hour };

describe('time and place', () => {
  it('are inverse', () => {
    const at = now - 1.3 * hour;
    expect(timeAt(view, xAt(view, at, 777), 777)).toBeCloseTo(at, 3);
  });
});

describe('zoom', () => {
  it('keeps the anchor where it is', () => {
    const anchor = now - 1.75 * hour;
    const closer = zoom(view, 0.5, anchor, now);
    expect(lengthOf(closer)).toBeCloseTo(hour / 2);
    expect(xAt(closer, anchor, 1000)).toBeCloseTo(xAt(view, anchor, 1000), 6);
  });

  it('stops at its limits', () => {
    expect(lengthOf(zoom(view, 1e-9, now - 1.5 * hour, now))).toBe(shortest);
    expect(lengthOf(zoom(view, 1e9, now - 1.5 * hour, now))).toBe(longest);
  });

  it('never runs into the future', () => expect(zoom(latest(hour, now), 24, now - hour, now).to).toBeLessThanOrEqual(now + 24 * hour * 0.061));
});

describe('pan', () => {
  it('moves without changing the length', () => {
    const moved = pan(view, -10 * minute, now);
    expect(moved).toEqual({ from: view.from - 10 * minute, to: view.to - 10 * minute });
  });

  it('stops at now', () => {
    const moved = pan(view, 100 * hour, now);
    expect(lengthOf(moved)).toBe(hour);
    expect(showsNow(moved, now)).toBe(true);
  });
});

describe('withLength', () => {
  it('stays at now', () => expect(withLength(latest(hour, now), 6 * hour, now, null)).toEqual(latest(6 * hour, now)));

  it('keeps the played moment on screen', () => {
    const played = now - 1.9 * hour;
    const result = withLength(view, 15 * minute, now, played);
    expect(played).toBeGreaterThan(result.from);
    expect(played).toBeLessThan(result.to);
  });
});

describe('reveal', () => {
  it('leaves a moment in the middle alone', () => expect(reveal(view, now - 1.5 * hour, now)).toBe(view));

  it.each([now - 5 * hour, now - 0.5 * hour])('brings %d into view', (at) => {
    const result = reveal(view, at, now);
    expect(at).toBeGreaterThan(result.from);
    expect(at).toBeLessThan(result.to);
  });
});

describe('limit', () => {
  it('keeps a good view', () => expect(limit(view, now)).toEqual(view));
});

describe('fetchWindow', () => {
  it('covers the view and stays the same for small moves', () => {
    const window = fetchWindow(view);
    expect(window.from).toBeLessThan(view.from);
    expect(window.to).toBeGreaterThan(view.to);
    expect(lengthOf(window)).toBeLessThan(5 * hour);
    expect(lengthOf(fetchWindow({ from: now - longest, to: now }))).toBeLessThan(31 * 24 * hour);
    expect(fetchWindow({ from: view.from + 1000, to: view.to + 1000 })).toEqual(window);
  });
});
