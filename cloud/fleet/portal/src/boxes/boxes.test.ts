import { expect, it } from 'vitest';
import { slugOf } from './slug';
import { boxLines, scalar } from './yaml';

it.each([
  ['Depot Süd 2', 'depot-sud-2'],
  ['  Straße / Tor  ', 'strasse-tor'],
  ['東京', ''],
  ['a'.repeat(60), 'a'.repeat(40)],
])('makes %s into the slug %s', (name, slug) => expect(slugOf(name)).toBe(slug));

it.each([
  ['Depot North', 'Depot North'],
  ['Europe/Berlin', 'Europe/Berlin'],
  ['yes', '"yes"'],
  ['a: b', '"a: b"'],
  ['#1', '"#1"'],
  ['say "hi"\n', '"say \\"hi\\"\\n"'],
])('writes %s safely', (value, written) => expect(scalar(value)).toBe(written));

it('writes the lines that a box needs', () =>
  expect(boxLines({ name: 'Depot', timeZone: 'UTC', fleetUrl: 'https://fleet.example', token: 'abc' })).toBe(
    'box:\n  name: Depot\n  timeZone: UTC\nfleet:\n  url: https://fleet.example\n  enrolmentToken: abc\n',
  ));
