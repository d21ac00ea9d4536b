import { describe, expect, it } from 'vitest';
import type { Recording } from '../api/types';
import { firstToPlay, following, mergeRecordings, preceding, recordingAt } from './selection';

const item = (start: number, end: number, open = false): Recording => ({ camera: 'c', start, end, bytes: open ? 0 : 1, open, segment: null, playUrl: `/media/c/${start}.mp4`, holds: null, deleted: null, provenance: null });
const items = [item(0, 30_000), item(30_000, 60_000), item(90_000, 120_000), item(120_000, 125_000, true)];

describe('recordingAt', () => {
  it('takes the start and leaves the end to the next', () => {
    expect(recordingAt(items, 0)).toBe(items[0]);
    expect(recordingAt(items, 30_000)).toBe(items[1]);
    expect(recordingAt(items, 60_000)).toBeNull();
  });

  it('reaches beyond the reported end of an open one only', () => {
    expect(recordingAt(items, 127_000)).toBeNull();
    expect(recordingAt(items, 127_000, 5000)).toBe(items[3]);
    expect(recordingAt(items, 62_000, 5000)).toBeNull();
  });

  it('prefers the later of two that overlap', () => {
    const overlapping = [item(0, 30_000), item(20_000, 50_000)];
    expect(recordingAt(overlapping, 25_000)).toBe(overlapping[1]);
  });
});

describe('following and preceding', () => {
  it('step over gaps and stop at the ends', () => {
    expect(following(items, 30_000)).toBe(items[2]);
    expect(following(items, 120_000)).toBeNull();
    expect(preceding(items, 90_000)).toBe(items[1]);
    expect(preceding(items, 0)).toBeNull();
  });

  it('do not take the same recording for its neighbour when its start was rounded', () => {
    expect(following([item(1000.4, 2000), item(1001, 2000), item(2000, 3000)], 1000.4)?.start).toBe(2000);
    expect(preceding([item(0, 1000), item(1000, 2000), item(1000.4, 2000)], 1000.4)?.start).toBe(0);
  });
});

describe('firstToPlay', () => {
  it('plays what is there, or what begins soon', () => {
    expect(firstToPlay(items, 100_000, 5000)).toBe(items[2]);
    expect(firstToPlay(items, 88_000, 5000)).toBe(items[2]);
    expect(firstToPlay(items, 70_000, 5000)).toBeNull();
    expect(firstToPlay([], 0, 5000)).toBeNull();
  });
});

describe('mergeRecordings', () => {
  it('lets the fresh one win and sorts', () => {
    const closed = item(120_000, 150_000);
    expect(mergeRecordings(items, [closed, item(60_000, 90_000)]).map((one) => [one.start, one.end])).toEqual([
      [0, 30_000],
      [30_000, 60_000],
      [60_000, 90_000],
      [90_000, 120_000],
      [120_000, 150_000],
    ]);
  });
});
