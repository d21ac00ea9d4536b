import type { CoverageItem } from '../api/coverage';
import type { Tone } from '../fleet/condition';
import { span } from '../time/text';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Ranges that can be chosen; by days where hours would be too many to see. */
export const ranges = [
  { key: '24h', name: 'Last 24 hours', hours: 24, step: 'hour' },
  { key: '3d', name: 'Last 3 days', hours: 72, step: 'hour' },
  { key: '7d', name: 'Last 7 days', hours: 168, step: 'day' },
  { key: '31d', name: 'Last 31 days', hours: 744, step: 'day' },
] as const;

export type Range = (typeof ranges)[number];

/** The whole steps of a range that ends with the one that `now` lies in. */
export function bounds(range: Range, now: number): { from: number; to: number; steps: number[] } {
  const size = stepMs(range.step);
  const to = Math.floor(now / size) * size + size;
  const from = to - range.hours * hourMs;
  return { from, to, steps: Array.from({ length: (to - from) / size }, (_, i) => from + i * size) };
}

export const stepMs = (step: Range['step']) => (step === 'hour' ? hourMs : dayMs);

/** One camera's part of a range. */
export interface CameraCoverage {
  camera: string;
  name: string;
  site: string;
  wantedMs: number;
  missingMs: number;
  causes: [string, number][];
  /** By the start of each step. */
  steps: ReadonlyMap<number, CoverageItem>;
}

/** Adds items up by camera; those that lack the most come first. */
export function byCamera(items: readonly CoverageItem[]): CameraCoverage[] {
  const cameras = new Map<string, CoverageItem[]>();
  for (const item of items) cameras.set(item.camera, [...(cameras.get(item.camera) ?? []), item]);
  return [...cameras.entries()]
    .map(([camera, parts]) => ({
      camera,
      name: parts[0]?.cameraName ?? '',
      site: parts[0]?.site ?? '',
      wantedMs: sum(parts.map((part) => part.wantedMs)),
      missingMs: sum(parts.map((part) => part.missingMs)),
      causes: addUp(parts),
      steps: new Map(parts.map((part) => [part.from, part])),
    }))
    .sort((a, b) => b.missingMs - a.missingMs || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** Missing time by cause, the longest first. */
export function addUp(items: readonly Pick<CoverageItem, 'causes'>[]): [string, number][] {
  const total = new Map<string, number>();
  for (const item of items) for (const [cause, ms] of Object.entries(item.causes)) total.set(cause, (total.get(cause) ?? 0) + ms);
  return [...total.entries()].filter(([, ms]) => ms > 0).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
}

/** `98.7 %`; never 100 while anything is missing, and never 0 while anything is there. A dash where nothing was wanted. */
export function percent(wantedMs: number, missingMs: number): string {
  if (wantedMs <= 0) return '–';
  if (missingMs <= 0) return '100 %';
  if (missingMs >= wantedMs) return '0 %';
  const tenths = Math.min(999, Math.max(1, Math.floor(((wantedMs - missingMs) * 1000) / wantedMs)));
  return `${(tenths / 10).toFixed(1)} %`;
}

/** How a step looks; `null` is one of which nothing is counted. */
export function toneOf(item: Pick<CoverageItem, 'wantedMs' | 'missingMs'> | undefined): Tone | null {
  if (item === undefined || item.wantedMs <= 0) return null;
  if (item.missingMs <= 0) return 'good';
  return item.missingMs >= item.wantedMs / 2 ? 'bad' : 'warn';
}

const words: Record<string, string> = {
  camera_unreachable: 'the camera did not answer',
  auth_failed: 'the camera refused name or password',
  network: 'the connection to the camera broke',
  stalled: 'the camera sent no picture',
  disk_full: 'the disk was full',
  disk_full_held: 'the disk was full of held evidence',
  disk_error: 'the disk failed or was too slow',
  process_down: 'the box was not running',
  operator: 'somebody switched it off',
  clock_step: 'the clock of the box was moved',
  deleted: 'it was deleted since',
  not_reported: 'nothing was heard of the box yet',
};

export const causeText = (cause: string) => words[cause] ?? cause.replaceAll('_', ' ');

/** `12 min: the camera did not answer; 4 s: the box was not running` */
export const causesText = (causes: readonly [string, number][]) => causes.map(([cause, ms]) => `${length(ms)}: ${causeText(cause)}`).join('; ');

/** A length of time that is not nothing. */
export const length = (ms: number) => (ms > 0 && ms < 1000 ? 'under 1 s' : span(ms));

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
