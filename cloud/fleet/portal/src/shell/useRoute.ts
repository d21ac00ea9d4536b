import { useSyncExternalStore } from 'react';

export type Screen = 'recordings' | 'boxes' | 'coverage' | 'webhooks' | 'letters' | 'operations';

export interface Route {
  screen: Screen;
  /** Camera uid that a link names. */
  camera: string | null;
  /** Moment that a link names, ms since 1970 UTC. */
  at: number | null;
}

const screens = new Map<string, Screen>([
  ['boxes', 'boxes'],
  ['coverage', 'coverage'],
  ['webhooks', 'webhooks'],
  ['dead-letters', 'letters'],
  ['operations', 'operations'],
]);

/** Reads `#/recordings?camera=…&at=…`; anything unknown is the recordings screen. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const values = new URLSearchParams(query);
  const at = Number(values.get('at') ?? Number.NaN);
  return {
    screen: screens.get(path) ?? 'recordings',
    camera: values.get('camera'),
    at: Number.isFinite(at) && at > 0 ? at : null,
  };
}

/** The link that opens a camera at a moment. */
export function recordingLink(camera: string, at: number): string {
  return `#/recordings?${new URLSearchParams({ camera, at: String(Math.round(at)) }).toString()}`;
}

const subscribe = (changed: () => void) => {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
};

/** The address's hash, re-read on each change. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
