import { describe, expect, it } from 'vitest';
import { count, fields, instant, list, maybe, ownPath, pair, ShapeError, text } from './shape';

describe('instant', () => {
  it.each([
    ['2026-11-21T04:37:00Z', Date.UTC(2026, 10, 21, 4, 37)],
    ['2026-11-21T04:37:00.25Z', Date.UTC(2026, 10, 21, 4, 37, 0, 250)],
    ['2026-11-21T04:37:00.250000001Z', Date.UTC(2026, 10, 21, 4, 37, 0, 250) + 1e-6],
    ['2026-11-21T05:37:00+01:00', Date.UTC(2026, 10, 21, 4, 37)],
  ])('reads %s', (said, ms) => expect(instant(said, '$')).toBeCloseTo(ms, 3));

  it.each(['', 'now', '2026-11-21', '2026-11-21T04:37:00', '2026-13-21T04:37:00Z', '2026-11-21T04:37:00.1234567890Z', 12, null, {}])('refuses %s', (said) =>
    expect(() => instant(said, '$.start')).toThrow(ShapeError),
  );
});

describe('ownPath', () => {
  it('takes a path of this origin', () => expect(ownPath('/media/a/1.mp4', '$')).toBe('/media/a/1.mp4'));

  it.each(['//evil.example/x', '/\\evil.example', 'https://evil.example/', 'media/a', '', 7])('refuses %s', (said) => expect(() => ownPath(said, '$')).toThrow(ShapeError));
});

describe('fields', () => {
  const shape = fields<{ name: string; size: number | null }>({ name: text, size: maybe(count) });

  it('takes missing and null as null and drops what it does not know', () => {
    expect(shape({ name: 'a', extra: 1 }, '$')).toEqual({ name: 'a', size: null });
    expect(shape({ name: 'a', size: null }, '$')).toEqual({ name: 'a', size: null });
  });

  it('names the place that is wrong', () => expect(() => list(shape)([{ name: 'a' }, { name: 1 }], '$')).toThrow('$[1].name: expected text, got 1'));

  it.each([null, [], 'x', 1])('refuses %s', (said) => expect(() => shape(said, '$')).toThrow(ShapeError));
});

describe('pair', () => {
  it('wants exactly two', () => {
    expect(pair(count, count)([1, 2], '$')).toEqual([1, 2]);
    expect(() => pair(count, count)([1, 2, 3], '$')).toThrow(ShapeError);
  });

  it('refuses what is not a finite number', () => expect(() => pair(count, count)([1, Number.NaN], '$')).toThrow(ShapeError));
});
