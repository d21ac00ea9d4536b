import { letters } from './letters.ts';
import { coverage, lags, operation } from './operation.ts';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { makeFootage } from './footage.ts';
import { boxes, cameras, sites, spansOf, segmentMs, type MockCamera } from './world.ts';

/** Answers the portal's calls from canned data, so that it can be worked on without a fleet. Serves `npm run dev:mock` only. */
export function mockFleet(): Plugin {
  const state = { setupNeeded: process.env.HELDAR_MOCK_SETUP === '1', signedIn: process.env.HELDAR_MOCK_SIGNED_IN === '1' };
  return {
    name: 'heldar-mock-fleet',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? '/', 'http://mock');
        if (!url.pathname.startsWith('/api/') && !url.pathname.startsWith('/media/')) {
          next();
          return;
        }

        void answer(request, response, url, state).catch((error: unknown) => json(response, 500, { error: String(error), code: 'unavailable' }));
      });
    },
  };
}

interface MockState {
  setupNeeded: boolean;
  signedIn: boolean;
}

async function answer(request: IncomingMessage, response: ServerResponse, url: URL, state: MockState): Promise<void> {
  const path = url.pathname;
  const user = { id: 'f0000000-0000-7000-8000-000000000001', name: 'Ada', role: 'admin' };
  if (path === '/api/v1/auth/state') {
    json(response, 200, { setupNeeded: state.setupNeeded, user: state.signedIn ? user : null });
    return;
  }

  if (request.method === 'POST' && request.headers['x-heldar-csrf'] !== '1') {
    json(response, 403, { error: 'the header X-Heldar-Csrf is missing', code: 'forbidden' });
    return;
  }

  if (path === '/api/v1/auth/setup' || path === '/api/v1/auth/login') {
    const body = JSON.parse(await bodyOf(request)) as { password: string };
    if (body.password.startsWith('wrong')) {
      json(response, 401, { error: 'the name or password is wrong', code: 'unauthenticated' });
      return;
    }

    state.setupNeeded = false;
    state.signedIn = true;
    json(response, 200, { user });
    return;
  }

  if (path === '/api/v1/auth/logout') {
    state.signedIn = false;
    response.writeHead(204).end();
    return;
  }

  if (!state.signedIn) {
    json(response, 401, { error: 'sign in first', code: 'unauthenticated' });
    return;
  }

  if (path === '/api/v1/sites') json(response, request.method === 'POST' ? 201 : 200, request.method === 'POST' ? {} : sites);
  else if (path === '/api/v1/boxes') json(response, 200, boxes());
  else if (path === '/api/v1/cameras') json(response, 200, cameras());
  else if (path === '/api/v1/enrolment-tokens') json(response, 200, { token: 'hel1_7Qm2xK9vTzRb4nYd8sWc3fLg6hJp0aVe', expiresAt: new Date(Date.now() + 15 * 60_000).toISOString() });
  else if (path === '/api/v1/webhooks' && request.method === 'GET') json(response, 200, []);
  else if (path === '/api/v1/operation') operation(response);
  else if (path === '/api/v1/operation/boxes') lags(response);
  else if (path === '/api/v1/coverage') coverage(response, url);
  else if (path === '/api/v1/timeline') timeline(response, url);
  else if (path === '/api/v1/recordings') recordings(response, url);
  else if (path.endsWith('/proof')) await proof(response, path);
  else if (path.endsWith('/poster')) await poster(response, path);
  else if (path.startsWith('/api/v1/dead-letters')) await letters(request, response, path);
  else if (path.startsWith('/media/')) await media(request, response, path);
  else json(response, 404, { error: 'there is no such path', code: 'not_found' });
}

const range = (url: URL) => ({ from: Date.parse(url.searchParams.get('from') ?? ''), to: Math.min(Date.parse(url.searchParams.get('to') ?? ''), Date.now()) });

function timeline(response: ServerResponse, url: URL): void {
  const { from, to } = range(url);
  const inside = (camera: MockCamera) => spansOf(camera).map(([a, b]) => [Math.max(a, from), Math.min(b, to)]).filter(([a = 0, b = 0]) => b > a);
  json(response, 200, { from: url.searchParams.get('from'), to: url.searchParams.get('to'), cameras: cameras().map((camera) => ({ camera: camera.camera, spans: inside(camera) })) });
}

function recordings(response: ServerResponse, url: URL): void {
  const { from, to } = range(url);
  const limit = Number(url.searchParams.get('limit') ?? 200);
  const camera = cameras().find((one) => one.camera === url.searchParams.get('cameras'));
  const items: unknown[] = [];
  for (const [a, b] of camera ? spansOf(camera) : []) {
    for (let start = Math.max(a, Math.floor(from / segmentMs) * segmentMs); start < Math.min(b, to) && items.length < limit; start += segmentMs) {
      const open = start + segmentMs > Date.now();
      const iso = new Date(start).toISOString();
      items.push({
        site: camera?.site, camera: camera?.camera, cameraName: camera?.name, box: camera?.box, start: iso, end: new Date(Math.min(start + segmentMs, b)).toISOString(),
        bytes: open ? 0 : 4_200_000, open, playUrl: `/media/${camera?.camera ?? ''}/${iso}.mp4`,
      });
    }
  }

  json(response, 200, { items });
}

async function proof(response: ServerResponse, path: string): Promise<void> {
  const [, , , , camera = '', start = ''] = path.split('/');
  const { mp4 } = await makeFootage();
  const sha256 = createHash('sha256').update(mp4).digest('hex');
  const at = Date.parse(decodeURIComponent(start));
  json(response, 200, {
    camera, segment: '019aa3c5-1f2e-7b44-9c1d-2a6b7c8d9e0f', revision: 0, start: new Date(at).toISOString(), end: new Date(at + segmentMs).toISOString(),
    bytes: mp4.length, sha256, root: sha256, hashOrigin: 'recorded', codec: 'avc1.640028',
  });
}

async function poster(response: ServerResponse, path: string): Promise<void> {
  const camera = cameras().find((one) => path.includes(one.camera));
  if (camera?.slug === 'cam09') json(response, 404, { error: 'no picture was ever taken', code: 'not_found' });
  else response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end((await makeFootage()).poster);
}

async function media(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const [, , uid = '', name = ''] = path.split('/');
  const camera = cameras().find((one) => one.camera === uid);
  if (!camera?.boxOnline) {
    json(response, 503, { error: 'the box is offline', code: 'box_offline' });
    return;
  }

  const { mp4 } = await makeFootage();
  const start = Date.parse(decodeURIComponent(name.replace(/\.mp4$/, '')));
  const known = Math.min(mp4.length, Math.floor((mp4.length * (Date.now() - start)) / segmentMs));
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from >= known) {
    response.writeHead(416, { 'Content-Range': `bytes */${known}` }).end();
    return;
  }

  response.writeHead(request.headers.range ? 206 : 200, { 'Content-Type': 'video/mp4', 'Content-Length': known - from, 'Content-Range': `bytes ${from}-${known - 1}/${known}` });
  response.end(mp4.subarray(from, known));
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
