import { describe, expect, it } from 'vitest';
import { ago, byteSize, clock, fullDay, moment, offsetName, span } from './text';
import { isZone, momentOf, zoneOffsetMs } from './zone';

const berlin = 'Europe/Berlin';
const hour = 3_600_000;

describe('zoneOffsetMs', () => {
  it('follows summer time to the minute', () => {
    const springs = Date.UTC(2026, 2, 29, 1);
    expect(zoneOffsetMs(berlin, springs - 1)).toBe(hour);
    expect(zoneOffsetMs(berlin, springs)).toBe(2 * hour);
  });

  it('knows quarter-hour zones and old times', () => {
    expect(zoneOffsetMs('Asia/Kathmandu', Date.UTC(2026, 0, 1))).toBe(5.75 * hour);
    expect(zoneOffsetMs('America/St_Johns', Date.UTC(2026, 0, 1))).toBe(-3.5 * hour);
    expect(zoneOffsetMs('UTC', -1)).toBe(0);
  });

  it('takes an unknown zone as UTC', () => {
    expect(isZone('Mars/Olympus')).toBe(false);
    expect(isZone('')).toBe(false);
    expect(zoneOffsetMs('Mars/Olympus', 0)).toBe(0);
  });
});

describe('momentOf', () => {
  it('is the inverse of the wall clock', () => {
    const at = Date.UTC(2026, 6, 1, 10);
    expect(momentOf(berlin, at + 2 * hour)).toBe(at);
  });

  it('has no moment in the skipped hour, and the first of a doubled one', () => {
    expect(momentOf(berlin, Date.UTC(2026, 2, 29, 2, 30))).toBeNull();
    expect(momentOf(berlin, Date.UTC(2026, 9, 25, 2, 30))).toBe(Date.UTC(2026, 9, 25, 0, 30));
  });
});

describe('text', () => {
  const at = Date.UTC(2026, 10, 21, 23, 30, 7);

  it('shows the wall clock of the site', () => {
    expect(clock(berlin, at)).toBe('00:30:07');
    expect(fullDay(berlin, at)).toBe('Sun 22 Nov 2026');
    expect(offsetName(berlin, at)).toBe('UTC+01:00');
    expect(offsetName('America/St_Johns', at)).toBe('UTC−03:30');
  });

  it('names the day only when it is another one', () => {
    expect(moment(berlin, at, at + hour)).toBe('00:30');
    expect(moment(berlin, at, at + 24 * hour)).toBe('Sun 22 Nov, 00:30');
  });

  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [61_000, '1 min'],
    [hour, '1 h'],
    [1.5 * hour, '1 h 30 min'],
    [47 * hour, '47 h'],
    [49 * hour, '2 days'],
  ])('says %d ms as %s', (ms, said) => expect(span(ms)).toBe(said));

  it('says how long ago', () => {
    expect(ago(at, at + 3000)).toBe('just now');
    expect(ago(at, at + 120_000)).toBe('2 min ago');
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1500, '1.5 kB'],
    [250e9, '250 GB'],
    [1.44e12, '1.4 TB'],
  ])('says %d bytes as %s', (bytes, said) => expect(byteSize(bytes)).toBe(said));
});
