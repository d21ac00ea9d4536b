import { call } from './http';
import { count, fields, instant, list, maybe, text, type Shape } from './shape';

/** How much of a camera's hour or day was wanted, is there, and is missing, in milliseconds. Field meanings: cloud/fleet/Heldar.Contracts/Api. */
export interface CoverageItem {
  site: string;
  camera: string;
  cameraName: string;
  from: number;
  wantedMs: number;
  presentMs: number;
  missingMs: number;
  causes: Record<string, number>;
}

export interface CoveragePage {
  items: CoverageItem[];
  cursor: string | null;
}

/** What is asked for; an empty text is everything. */
export interface CoverageFilter {
  site: string;
  camera: string;
  from: number;
  to: number;
  step: 'hour' | 'day';
}

const causes: Shape<Record<string, number>> = (value, path) => {
  fields<object>({})(value, path);
  return Object.fromEntries(Object.entries(value as Record<string, unknown>).map(([cause, ms]) => [cause, count(ms, `${path}.${cause}`)]));
};

export const coveragePage = fields<CoveragePage>({
  items: list(fields<CoverageItem>({ site: text, camera: text, cameraName: text, from: instant, wantedMs: count, presentMs: count, missingMs: count, causes })),
  cursor: maybe(text),
});

const pageSize = 1000;
const mostPages = 6;

/** The address of one page. */
export function coveragePath(filter: CoverageFilter, cursor: string | null): string {
  const query = new URLSearchParams({ from: new Date(filter.from).toISOString(), to: new Date(filter.to).toISOString(), step: filter.step, limit: String(pageSize) });
  if (filter.site !== '') query.set('sites', filter.site);
  if (filter.camera !== '') query.set('cameras', filter.camera);
  if (cursor !== null) query.set('cursor', cursor);
  return `/api/v1/coverage?${query.toString()}`;
}

/** All pages, up to a bound; `cut` says that there is more. */
export async function readCoverage(filter: CoverageFilter, signal?: AbortSignal): Promise<{ items: CoverageItem[]; cut: boolean }> {
  const items: CoverageItem[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < mostPages; page++) {
    const answer: CoveragePage = await call(coveragePath(filter, cursor), coveragePage, { signal });
    items.push(...answer.items);
    cursor = answer.cursor;
    if (cursor === null) return { items, cut: false };
  }

  return { items, cut: true };
}
