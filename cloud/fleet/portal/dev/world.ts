/** A made-up fleet: three sites, four boxes, one of them away. `HELDAR_MOCK_CAMERAS` sets the number of cameras. */
export const segmentMs = 30_000;

const hour = 3_600_000;
const started = Date.now();
const uid = (kind: number, n: number) => `0000000${kind}-0000-7000-8000-${String(n).padStart(12, '0')}`;

export const sites = [
  { site: 'depot-berlin', name: 'Depot Berlin', timeZone: 'Europe/Berlin', boxes: 2, cameras: 6 },
  { site: 'harbour-lisbon', name: 'Harbour Lisbon', timeZone: 'Europe/Lisbon', boxes: 1, cameras: 3 },
  { site: 'mill-reykjavik', name: 'Mill Reykjavík', timeZone: 'Atlantic/Reykjavik', boxes: 1, cameras: 2 },
];

const named = [
  { name: 'Depot North', site: 'depot-berlin', online: true, free: 812e9, total: 4e12, backlog: 0 },
  { name: 'Depot Yard', site: 'depot-berlin', online: true, free: 41e9, total: 2e12, backlog: 0 },
  { name: 'Harbour Gatehouse', site: 'harbour-lisbon', online: false, free: 1.2e12, total: 4e12, backlog: 0 },
  { name: 'Mill', site: 'mill-reykjavik', online: true, free: 300e9, total: 1e12, backlog: 214 },
];

const cameraNames = ['Main gate', 'Loading bay 1', 'Loading bay 2', 'Forecourt', 'Yard east', 'Fuel station', 'Quay 3', 'Crane', 'Weighbridge', 'Turbine hall', 'Intake'];
const boxOf = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3];

export interface MockCamera {
  camera: string;
  box: string;
  site: string;
  slug: string;
  name: string;
  enabled: boolean;
  codec: string;
  width: number;
  height: number;
  condition: string;
  cause?: string;
  since: string;
  recordedThrough?: string;
  boxOnline: boolean;
}

export const boxes = () =>
  named.map(({ name, site, online, free, total, backlog }, i) => ({
    box: uid(1, i),
    site,
    name,
    version: '0.1.0',
    shard: '0',
    online,
    lastSeenAt: new Date(online ? Date.now() - 2000 : started - 47 * 60_000).toISOString(),
    diskFreeBytes: free,
    diskTotalBytes: total,
    outboxBacklog: backlog,
  }));

const count = Number(process.env.HELDAR_MOCK_CAMERAS ?? cameraNames.length);

export function cameras(): MockCamera[] {
  return Array.from({ length: count }, (_, i) => {
    const box = boxOf[i % boxOf.length] ?? 0;
    const { site = '', online = false } = named[box] ?? {};
    const stalled = i === 5;
    return {
      camera: uid(2, i),
      box: uid(1, box),
      site,
      slug: `cam${String(i).padStart(2, '0')}`,
      name: i < cameraNames.length ? (cameraNames[i] ?? '') : `${cameraNames[i % cameraNames.length] ?? ''} ${Math.floor(i / cameraNames.length) + 1}`,
      enabled: i !== 10,
      codec: i === 3 ? 'hvc1.1.6.L120.90' : 'avc1.640028',
      width: 1280,
      height: 720,
      condition: i === 10 ? 'disabled' : stalled ? 'offline' : 'recording',
      ...(stalled ? { cause: 'no answer from 192.168.4.27' } : {}),
      since: new Date(stalled ? started - 22 * 60_000 : started - 5 * hour).toISOString(),
      recordedThrough: new Date(lastOf(i)).toISOString(),
      boxOnline: online,
    };
  });
}

const lastOf = (i: number) => (i === 5 ? started - 22 * 60_000 : i === 10 ? started - 3 * hour : boxOf[i % boxOf.length] === 2 ? started - 47 * 60_000 : Date.now() - 1000);

/** Footage since 26 hours ago with a few gaps, on the grid of the segments; the same at each call. */
export function spansOf(camera: MockCamera): [number, number][] {
  const n = Number(camera.slug.slice(3));
  const grid = (at: number) => Math.floor(at / segmentMs) * segmentMs;
  const end = n === 5 || n === 10 || !camera.boxOnline ? grid(lastOf(n)) : lastOf(n);
  const holes = [0.9 + n * 0.37, 4.2 + ((n * 1.7) % 5), 13 + (n % 7)].map((h, i): [number, number] => [grid(started - h * hour), grid(started - h * hour) + ([90_000, 11 * 60_000, 37 * 60_000][i % 3] ?? 0) * (1 + (n % 3))]);
  const result: [number, number][] = [];
  let from = grid(started - 26 * hour);
  for (const [a, b] of holes.sort((x, y) => x[0] - y[0])) {
    if (a > from && a < end) result.push([from, a]);
    from = Math.max(from, b);
  }

  if (end > from) result.push([from, end]);
  return result;
}
