import { describe, expect, it } from 'vitest';
import { coveragePage, coveragePath, type CoverageItem } from '../api/coverage';
import { ShapeError } from '../api/shape';
import { addUp, bounds, byCamera, causesText, causeText, length, percent, ranges, toneOf } from './summary';

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 21, 5, 20);
const item = (camera: string, from: number, missingMs: number, causes: Record<string, number> = {}): CoverageItem => ({ site: 'depot', camera, cameraName: `Camera ${camera}`, from, wantedMs: hour, presentMs: hour - missingMs, missingMs, causes });

describe('bounds', () => {
  it('are whole hours that end with the running one', () => {
    const { from, to, steps } = bounds(ranges[0], now);
    expect([from, to, steps.length]).toEqual([Date.UTC(2026, 10, 20, 6), Date.UTC(2026, 10, 21, 6), 24]);
    expect(steps.at(-1)).toBe(Date.UTC(2026, 10, 21, 5));
  });

  it('are never longer than the fleet answers, by days', () => {
    const { from, to, steps } = bounds(ranges[3], now);
    expect([(to - from) / hour, steps.length, from % (24 * hour)]).toEqual([744, 31, 0]);
  });
});

it('adds up by camera, those that lack the most first', () => {
  const [worst, best] = byCamera([item('a', 0, 0), item('a', hour, 0), item('b', 0, 1000, { stalled: 1000 }), item('b', hour, 3000, { stalled: 1000, deleted: 2000 })]);
  expect([worst?.camera, worst?.wantedMs, worst?.missingMs, worst?.causes]).toEqual(['b', 2 * hour, 4000, [['deleted', 2000], ['stalled', 2000]]]);
  expect([best?.camera, best?.missingMs, best?.causes, best?.steps.size]).toEqual(['a', 0, [], 2]);
  expect(byCamera([])).toEqual([]);
});

it.each([
  [hour, 0, '100 %'],
  [hour, 1, '99.9 %'],
  [hour, hour / 2, '50.0 %'],
  [hour, hour - 1, '0.1 %'],
  [hour, hour, '0 %'],
  [0, 0, '–'],
])('of %d with %d missing, %s are there', (wanted, missing, text) => expect(percent(wanted, missing)).toBe(text));

it.each([
  [undefined, null],
  [{ wantedMs: 0, missingMs: 0 }, null],
  [{ wantedMs: 10, missingMs: 0 }, 'good'],
  [{ wantedMs: 10, missingMs: 1 }, 'warn'],
  [{ wantedMs: 10, missingMs: 5 }, 'bad'],
])('%j looks %s', (step, tone) => expect(toneOf(step)).toBe(tone));

it('says why in words, also for causes that it does not know', () => {
  expect(causesText(addUp([{ causes: { camera_unreachable: 720_000, process_down: 400, operator: 0 } }]))).toBe('12 min: the camera did not answer; under 1 s: the box was not running');
  expect(causeText('some_new_cause')).toBe('some new cause');
  expect(length(0)).toBe('0 s');
});

describe('the call', () => {
  const filter = { site: '', camera: '', from: Date.UTC(2026, 10, 20), to: Date.UTC(2026, 10, 21), step: 'hour' as const };
  it('asks for nothing that nobody chose', () => expect(coveragePath(filter, null)).toBe('/api/v1/coverage?from=2026-11-20T00%3A00%3A00.000Z&to=2026-11-21T00%3A00%3A00.000Z&step=hour&limit=1000'));
  it('asks for what was chosen', () => expect(coveragePath({ ...filter, site: 'depot', camera: 'c1' }, 'x&y')).toMatch(/&sites=depot&cameras=c1&cursor=x%26y$/));
  const wire = { site: 'depot', camera: 'a', cameraName: 'Gate', from: '2026-11-21T04:00:00Z', wantedMs: 10, presentMs: 9, missingMs: 1, causes: { stalled: 1 } };
  it('reads an answer', () => expect(coveragePage({ items: [wire] }, '$').items[0]?.causes).toEqual({ stalled: 1 }));
  it.each([[{ ...wire, causes: { stalled: 'long' } }], [{ ...wire, causes: null }], [{ ...wire, causes: [1] }]])('refuses %j', (bad) => expect(() => coveragePage({ items: [bad] }, '$')).toThrow(ShapeError));
});
