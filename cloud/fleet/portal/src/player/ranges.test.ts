import { describe, expect, it } from 'vitest';
import { heldAfter, holds, jumpTarget, neighbourFrame } from './ranges';

const ranges = [
  { from: 0, to: 10_000 },
  { from: 20_000, to: 25_000 },
];

describe('heldAfter', () => {
  it('leaves gaps out', () => {
    expect(heldAfter(ranges, 4000)).toBe(11_000);
    expect(heldAfter(ranges, 15_000)).toBe(5000);
    expect(heldAfter([], 0)).toBe(0);
  });
});

describe('jumpTarget', () => {
  it('stays while there is footage', () => expect(jumpTarget(ranges, 9000)).toBeNull());
  it('jumps at the end of it, and in a gap', () => {
    expect(jumpTarget(ranges, 9990)).toBe(20_000);
    expect(jumpTarget(ranges, 15_000)).toBe(20_000);
  });
  it('waits at the very end', () => expect(jumpTarget(ranges, 24_990)).toBeNull());
});

describe('holds', () => {
  it('includes starts and not ends', () => {
    expect(holds(ranges, 20_000)).toBe(true);
    expect(holds(ranges, 10_000)).toBe(false);
  });
});

describe('neighbourFrame', () => {
  const frames = [0, 40, 80, 160];
  it('finds the picture beside the one shown, also across a lost one', () => {
    expect(neighbourFrame(frames, 80.3, 1)).toBe(160);
    expect(neighbourFrame(frames, 79.8, -1)).toBe(40);
    expect(neighbourFrame(frames, 160, 1)).toBeNull();
    expect(neighbourFrame(frames, 0, -1)).toBeNull();
  });
});
