import { call, send } from './http';
import { count, fields, flag, instant, list, maybe, text } from './shape';

/** Times are milliseconds since 1970 UTC. Field meanings: cloud/fleet/Heldar.Fleet/Webhooks. */

export interface WeekWindow {
  /** 1 (Monday) to 7 (Sunday). */
  days: number[];
  from: string;
  to: string;
}

/** What is null passes everything; what is there must all be met. */
export interface EventFilter {
  types: string[] | null;
  sites: string[] | null;
  cameras: string[] | null;
  labels: string[] | null;
  zones: string[] | null;
  minSeverity: string | null;
  schedule: { windows: WeekWindow[] } | null;
}

export interface Endpoint {
  endpoint: string;
  name: string;
  url: string;
  ordered: boolean;
  enabled: boolean;
  subscriptions: EventFilter[];
  credential: { kind: string; about: string | null } | null;
  /** Failures in a row. */
  failures: number;
  pending: number;
  failingSince: number | null;
  disabledAt: number | null;
  disabledReason: string | null;
}

/** What the receiver is shown besides the signature; the fleet takes it and never gives it out. */
export type Credential = { kind: 'none' } | { kind: 'bearer'; token: string } | { kind: 'certificate'; certificate: string; password?: string };

export interface EndpointRequest {
  name: string;
  url: string;
  ordered: boolean;
  enabled: boolean;
  subscriptions: Partial<EventFilter>[];
  /** Absent leaves it as it is. */
  credential?: Credential;
}

export interface Attempt {
  attempt: number;
  at: number;
  durationMs: number;
  status: number | null;
  failure: string | null;
  detail: string | null;
}

export interface Delivery {
  delivery: string;
  type: string;
  at: number;
  state: string;
  attempts: number;
  createdAt: number;
  log: Attempt[];
  dueAt: number | null;
  finishedAt: number | null;
}

export interface DeliveryPage {
  items: Delivery[];
  cursor: string | null;
}

const filter = fields<EventFilter>({
  types: maybe(list(text)),
  sites: maybe(list(text)),
  cameras: maybe(list(text)),
  labels: maybe(list(text)),
  zones: maybe(list(text)),
  minSeverity: maybe(text),
  schedule: maybe(fields<{ windows: WeekWindow[] }>({ windows: list(fields<WeekWindow>({ days: list(count), from: text, to: text })) })),
});

const endpoints = list(
  fields<Endpoint>({
    endpoint: text,
    name: text,
    url: text,
    ordered: flag,
    enabled: flag,
    subscriptions: list(filter),
    credential: maybe(fields<{ kind: string; about: string | null }>({ kind: text, about: maybe(text) })),
    failures: count,
    pending: count,
    failingSince: maybe(instant),
    disabledAt: maybe(instant),
    disabledReason: maybe(text),
  }),
);

const secretShown = fields<{ endpoint: string; secret: string }>({ endpoint: text, secret: text });

const deliveryPage = fields<DeliveryPage>({
  items: list(
    fields<Delivery>({
      delivery: text,
      type: text,
      at: instant,
      state: text,
      attempts: count,
      createdAt: instant,
      log: list(fields<Attempt>({ attempt: count, at: instant, durationMs: count, status: maybe(count), failure: maybe(text), detail: maybe(text) })),
      dueAt: maybe(instant),
      finishedAt: maybe(instant),
    }),
  ),
  cursor: maybe(text),
});

const root = '/api/v1/webhooks';
const path = (endpoint: string, rest = '') => `${root}/${encodeURIComponent(endpoint)}${rest}`;

export const readEndpoints = (signal?: AbortSignal) => call(root, endpoints, { signal });

/** The only time that the secret is shown. */
export const addEndpoint = (request: EndpointRequest) => call(root, secretShown, { method: 'POST', body: request });

export const changeEndpoint = (endpoint: string, request: EndpointRequest) => send(path(endpoint), { method: 'PUT', body: request });

export const deleteEndpoint = (endpoint: string) => send(path(endpoint), { method: 'DELETE' });

/** The old secret signs beside the new one for the hours. */
export const rotateSecret = (endpoint: string, overlapHours: number) => call(path(endpoint, '/secret'), secretShown, { method: 'POST', body: { overlapHours } });

export const sendTest = (endpoint: string) => call(path(endpoint, '/test'), fields<{ delivery: string }>({ delivery: text }), { method: 'POST' });

export const replayRange = (endpoint: string, from: number, to: number, all: boolean) =>
  call(path(endpoint, '/replay'), fields<{ deliveries: number; next: number | null }>({ deliveries: count, next: maybe(instant) }), {
    method: 'POST',
    body: { from: new Date(from).toISOString(), to: new Date(to).toISOString(), all },
  });

export const readDeliveries = (endpoint: string, state: string | null, cursor: string | null, signal?: AbortSignal) => {
  const query = new URLSearchParams({ limit: '20' });
  if (state !== null) query.set('state', state);
  if (cursor !== null) query.set('cursor', cursor);
  return call(path(endpoint, `/deliveries?${query.toString()}`), deliveryPage, { signal });
};
