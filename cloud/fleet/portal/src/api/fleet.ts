import { call, send } from './http';
import * as types from './types';

/** Every call that the portal makes, one function each. Paths: the fleet's HTTP API. */

export const readAuth = (signal?: AbortSignal) => call('/api/v1/auth/state', types.authState, { signal });

export const setUp = (code: string, name: string, password: string) =>
  call('/api/v1/auth/setup', types.signedIn, { method: 'POST', body: { code, name, password } });

export const signIn = (name: string, password: string) =>
  call('/api/v1/auth/login', types.signedIn, { method: 'POST', body: { name, password } });

export const signOut = () => send('/api/v1/auth/logout', { method: 'POST' });

export const readSites = (signal?: AbortSignal) => call('/api/v1/sites', types.sites, { signal });

export const readBoxes = (signal?: AbortSignal) => call('/api/v1/boxes', types.boxes, { signal });

export const removeBox = (box: string) => send(`/api/v1/boxes/${encodeURIComponent(box)}`, { method: 'DELETE' });

export const readCameras = (signal?: AbortSignal) => call('/api/v1/cameras', types.cameras, { signal });

export const addSite = (site: string, name: string, timeZone: string) =>
  send('/api/v1/sites', { method: 'POST', body: { site, name, timeZone } });

export const makeEnrolmentToken = (site: string, minutes: number) =>
  call('/api/v1/enrolment-tokens', types.enrolmentToken, { method: 'POST', body: { site, minutes } });

/** Footage of all cameras in a range, as merged spans. */
export const readTimeline = (from: number, to: number, signal?: AbortSignal) =>
  call(`/api/v1/timeline?${new URLSearchParams({ from: iso(from), to: iso(to) }).toString()}`, types.timelineAnswer, { signal });

/** One page of the recordings of a camera that touch the range, oldest first. */
export const readRecordings = (camera: string, from: number, to: number, limit: number, signal?: AbortSignal) =>
  call(
    `/api/v1/recordings?${new URLSearchParams({ cameras: camera, from: iso(from), to: iso(to), limit: String(limit) }).toString()}`,
    types.recordingsPage,
    { signal },
  );

/** What a sealed recording must hash to; `playUrl` names it exactly. */
export const readProof = (playUrl: string, signal?: AbortSignal) => call(proofPath(playUrl), types.proof, { signal });

export const posterPath = (camera: string) => `/api/v1/cameras/${encodeURIComponent(camera)}/poster`;

/** `/media/{camera}/{start}.mp4` names the camera and the start as exactly as the fleet does; the proof hangs on the same words. */
export function proofPath(playUrl: string): string {
  const match = /^\/media\/([^/]+)\/([^/]+)\.mp4$/.exec(playUrl);
  if (!match) throw new Error(`not a recording's path: ${playUrl}`);
  return `/api/v1/recordings/${match[1] ?? ''}/${match[2] ?? ''}/proof`;
}

function iso(ms: number): string {
  return new Date(Math.floor(ms)).toISOString();
}
