import { describe, expect, it } from 'vitest';
import { ticks } from './ticks';

const hour = 3_600_000;
const berlin = 'Europe/Berlin';

describe('ticks', () => {
  it('are round on the wall clock of the site', () => {
    const from = Date.UTC(2026, 10, 21, 12, 3);
    const result = ticks({ from, to: from + 6 * hour }, 1000, berlin);
    expect(result.map((t) => t.label)).toEqual(['14:00', '15:00', '16:00', '17:00', '18:00', '19:00']);
  });

  it('follow a zone with an odd offset', () => {
    const from = Date.UTC(2026, 10, 21, 0, 10);
    const result = ticks({ from, to: from + 3 * hour }, 400, 'Asia/Kathmandu');
    expect(result.map((t) => t.label)).toEqual(['06:00', '07:00', '08:00']);
  });

  it('name the day at midnight', () => {
    const from = Date.UTC(2026, 10, 21, 20);
    const result = ticks({ from, to: from + 6 * hour }, 1000, berlin);
    expect(result.find((t) => t.newDay)?.label).toBe('Sun 22 Nov');
  });

  it('leave out the hour that summer time skips, and go on', () => {
    const from = Date.UTC(2026, 2, 29, 0);
    const result = ticks({ from, to: from + 3 * hour }, 400, berlin);
    expect(result.map((t) => t.label)).toEqual(['01:00', '03:00', '04:00', '05:00']);
  });

  it('have room for their labels at every zoom', () => {
    const from = Date.UTC(2026, 10, 21, 3, 14, 15);
    for (let length = 20_000; length < 40 * 24 * hour; length *= 1.7) {
      const result = ticks({ from, to: from + length }, 1200, berlin);
      expect(result.length).toBeLessThan(16);
    }
  });
});
