import { afterEach, expect, it, vi } from 'vitest';
import { canDecode, codecName, fullCodec } from './codecs';
import { downloadName } from './downloadName';

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['h265', 'H.265'],
  ['hev1.1.6.L93.B0', 'H.265'],
  ['H.264', 'H.264'],
  ['avc1.42E01E', 'H.264'],
  ['mp4a.40.2', 'AAC'],
  ['vp8', 'vp8'],
])('calls %s %s', (codec, name) => expect(codecName(codec)).toBe(name));

it('leaves a full name alone', () => expect(fullCodec('avc1.640028')).toBe('avc1.640028'));

it('asks the browser, and tries what is not known', () => {
  vi.stubGlobal('MediaSource', { isTypeSupported: (type: string) => type.includes('avc1') });
  expect(canDecode('avc1.640028')).toBe(true);
  expect(canDecode('h265')).toBe(false);
  expect(canDecode(null)).toBe(true);
});

it('decodes nothing without Media Source Extensions', () => {
  vi.stubGlobal('MediaSource', undefined);
  expect(canDecode('avc1.640028')).toBe(false);
});

it('names a download by the wall clock of its site', () =>
  expect(downloadName({ site: 'depot', slug: 'cam00' }, Date.UTC(2026, 10, 21, 13, 3, 7), 'Europe/Berlin')).toBe('depot_cam00_2026-11-21_14-03-07.mp4'));
