import type { ServerResponse } from 'node:http';
import { boxes, cameras, sites } from './world.ts';

const hour = 3_600_000;
const iso = (at: number) => new Date(at).toISOString();

function send(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** A pipeline with a little of everything that can be wrong. */
export function operation(response: ServerResponse): void {
  const now = Date.now();
  const names = ['segments', 'detections', 'snapshots', 'states', 'registrations', 'fanout', 'webhooks', 'archive', 'retention', 'holds', 'mended'];
  const queues = names.map((queue) => ({ queue, messages: queue === 'segments' ? 214 : queue === 'fanout' ? 3 : 0, poison: queue === 'holds' ? 1 : 0, ...(queue === 'segments' ? { waitingSince: iso(now - 8 * 60_000), attempts: 2 } : queue === 'fanout' ? { waitingSince: iso(now - 900), attempts: 0 } : {}) }));
  const timer = (name: string, everySeconds: number, agoMs: number, missed: number) => ({ timer: name, everySeconds, nextRun: iso(now - (now % (everySeconds * 1000)) + everySeconds * 1000), missed, running: false, lastRun: iso(now - agoMs) });
  send(response, {
    at: iso(now),
    healthy: false,
    causes: [
      { code: 'queue_lag', severity: 'bad', text: 'segments-0: 214 messages, the first waits since 2026-11-21 04:54 UTC and failed 2 times' },
      { code: 'poison', severity: 'bad', text: 'holds-0-poison: messages whose handler crashed and that nobody files' },
      { code: 'dead_letters', severity: 'warn', text: '1 dead letter is open' },
      { code: 'boxes_silent', severity: 'warn', text: '1 box is offline: what happened there since is not known yet' },
    ],
    boxes: { total: boxes().length, silent: 1, behind: 1 },
    letters: { open: 1, redriven: 0, atLeast: false, queues: [{ queue: 'segments-0', open: 1 }], oldestAt: iso(now - 600_000) },
    pipeline: {
      queuesAt: iso(now),
      shards: [{ shard: '0', served: true, boxes: boxes().length, queues }, { shard: '1', served: false, boxes: 0, queues: queues.map(({ queue }) => ({ queue, messages: 0, poison: 0 })) }],
      shardsLeftOut: 0,
      timers: [timer('FoldSpans', 60, 24_000, 0), timer('CountCoverage', 60, 31_000, 0), timer('BuildIndex', 60, 41_000, 0), timer('RequeueWebhooks', 15, 190_000, 11)],
      index: { current: 1, building: 2, written: 8123, due: 411, listed: true },
      schema: { database: 9, fleet: 9 },
      coverageThrough: iso(now - (now % hour)),
    },
  });
}

export function lags(response: ServerResponse): void {
  const now = Date.now();
  const items = boxes().map((box) => {
    const waitingSince = box.online && box.outboxBacklog > 0 ? iso(now - 7 * 60_000) : undefined;
    const behindSince = box.online ? waitingSince : box.lastSeenAt;
    return { box: box.box, name: box.name, site: box.site, shard: box.shard, online: box.online, backlog: box.outboxBacklog, missingBatches: box.outboxBacklog > 0 ? 2 : 0, lastSeenAt: box.lastSeenAt, appliedAt: box.lastSeenAt, waitingSince, behindSince };
  });
  send(response, { items: items.sort((a, b) => (a.behindSince ?? '9').localeCompare(b.behindSince ?? '9')) });
}

/** Every camera, with an hour that lacks something here and there. */
export function coverage(response: ServerResponse, url: URL): void {
  const from = Date.parse(url.searchParams.get('from') ?? '');
  const to = Math.min(Date.parse(url.searchParams.get('to') ?? ''), Date.now() - hour);
  const size = url.searchParams.get('step') === 'day' ? 24 * hour : hour;
  const [site, camera] = [url.searchParams.get('sites'), url.searchParams.get('cameras')];
  const items = cameras()
    .filter((one) => (site === null || one.site === site) && (camera === null || one.camera === camera) && sites.some((known) => known.site === one.site))
    .flatMap((one, n) =>
      Array.from({ length: Math.max(0, Math.floor((to - from) / size)) }, (_, i) => {
        const missingMs = n === 5 && i > 20 ? size : (i * 7 + n * 3) % 13 === 0 ? size / 6 : 0;
        const causes: Record<string, number> = missingMs === 0 ? {} : n === 5 ? { camera_unreachable: missingMs } : { stalled: missingMs - 90_000, process_down: 90_000 };
        return { site: one.site, camera: one.camera, cameraName: one.name, from: iso(from + i * size), wantedMs: size, presentMs: size - missingMs, missingMs, causes };
      }),
    );
  send(response, { items });
}
