import { describe, expect, it } from 'vitest';
import { bars, coverage, hitTest, mergeSpans, type Span } from './spans';

describe('mergeSpans', () => {
  it('sorts, joins what touches, drops what is empty', () =>
    expect(mergeSpans([[50, 60], [0, 10], [10, 20], [21, 30], [40, 40], [9, 5]], 2)).toEqual([[0, 30], [50, 60]]));

  it('keeps the longer of two that overlap', () => expect(mergeSpans([[0, 100], [10, 20]], 0)).toEqual([[0, 100]]));

  it('leaves its input alone', () => {
    const input: Span[] = [[5, 6], [0, 1]];
    mergeSpans(input, 10);
    expect(input).toEqual([[5, 6], [0, 1]]);
  });
});

describe('hitTest', () => {
  const spans: Span[] = [[1000, 11_000], [20_000, 30_000], [90_000, 95_000]];

  it('plays where there is footage', () => expect(hitTest(spans, 5000, 0).at).toBe(5000));

  it('plays a start and not an end', () => {
    expect(hitTest(spans, 1000, 0).at).toBe(1000);
    expect(hitTest(spans, 11_000, 0)).toEqual({ at: null, before: 11_000, after: 20_000 });
  });

  it('reaches for the nearer edge', () => {
    expect(hitTest(spans, 19_500, 1000).at).toBe(20_000);
    expect(hitTest(spans, 11_400, 1000).at).toBe(10_000);
    expect(hitTest(spans, 95_100, 1000).at).toBe(94_000);
  });

  it('names the neighbours when nothing is near', () => expect(hitTest(spans, 60_000, 1000)).toEqual({ at: null, before: 30_000, after: 90_000 }));

  it('copes with no footage and with the ends', () => {
    expect(hitTest([], 5, 1000)).toEqual({ at: null, before: null, after: null });
    expect(hitTest(spans, 0, 10)).toEqual({ at: null, before: null, after: 1000 });
    expect(hitTest(spans, 200_000, 10)).toEqual({ at: null, before: 95_000, after: null });
  });
});

describe('bars', () => {
  const view = { from: 0, to: 1000 };

  it('clips to the view', () => expect(bars([[-500, 100], [900, 5000]], view, 100)).toEqual([{ x: 0, width: 10 }, { x: 90, width: 10 }]));

  it('shows the shortest footage', () => expect(bars([[500, 500.001]], view, 100)).toEqual([{ x: 50, width: 1 }]));

  it('leaves out what is outside', () => expect(bars([[-10, -5], [2000, 3000]], view, 100)).toEqual([]));

  it('stays small whatever there is to draw', () => {
    const many: Span[] = Array.from({ length: 100_000 }, (_, i) => [i * 10, i * 10 + 5]);
    expect(bars(many, { from: 0, to: 1_000_000 }, 1500).length).toBeLessThanOrEqual(750);
  });
});

describe('coverage', () => {
  it('counts what the view shows', () => expect(coverage([[-5, 5], [8, 20]], { from: 0, to: 10 })).toBe(7));
});
