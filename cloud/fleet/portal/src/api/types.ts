import { count, fields, flag, instant, list, maybe, ownPath, pair, text, type Shape } from './shape';

/** Times are milliseconds since 1970 UTC. Field meanings: cloud/fleet/Heldar.Contracts/Api. */

export interface Person {
  id: string;
  name: string;
  role: string;
}

export interface AuthState {
  setupNeeded: boolean;
  user: Person | null;
}

export interface Site {
  site: string;
  name: string;
  timeZone: string;
  boxes: number;
  cameras: number;
}

export interface Box {
  box: string;
  site: string;
  name: string;
  version: string | null;
  shard: string | null;
  online: boolean;
  lastSeenAt: number | null;
  diskFreeBytes: number | null;
  diskTotalBytes: number | null;
  outboxBacklog: number | null;
  /** When a person took it out; its footage stays known. */
  removedAt: number | null;
}

export interface Camera {
  camera: string;
  box: string;
  site: string;
  slug: string;
  name: string;
  enabled: boolean;
  codec: string | null;
  width: number | null;
  height: number | null;
  condition: string | null;
  cause: string | null;
  since: number | null;
  recordedThrough: number | null;
  boxOnline: boolean;
}

export interface Recording {
  camera: string;
  start: number;
  end: number;
  bytes: number;
  open: boolean;
  segment: string | null;
  playUrl: string;
  /** Ids of the evidence locks over it. */
  holds: string[] | null;
  /** Its box reported it as deleted while it was held. */
  deleted: boolean | null;
  /** `camera`: taken back from the camera's own storage. */
  provenance: string | null;
}

export interface RecordingsPage {
  items: Recording[];
  cursor: string | null;
}

export interface CameraSpans {
  camera: string;
  spans: [number, number][];
}

export interface TimelineAnswer {
  cameras: CameraSpans[];
}

export interface Proof {
  segment: string;
  revision: number;
  start: number;
  end: number;
  bytes: number;
  sha256: string;
  root: string;
  hashOrigin: string;
  codec: string;
}

export interface EnrolmentToken {
  token: string;
  expiresAt: number;
}

const person: Shape<Person> = fields<Person>({ id: text, name: text, role: text });

export const authState = fields<AuthState>({ setupNeeded: flag, user: maybe(person) });

export const signedIn = fields<{ user: Person }>({ user: person });

export const site = fields<Site>({ site: text, name: text, timeZone: text, boxes: count, cameras: count });

export const sites = list(site);

export const boxes = list(
  fields<Box>({
    box: text,
    site: text,
    name: text,
    version: maybe(text),
    shard: maybe(text),
    online: flag,
    lastSeenAt: maybe(instant),
    diskFreeBytes: maybe(count),
    diskTotalBytes: maybe(count),
    outboxBacklog: maybe(count),
    removedAt: maybe(instant),
  }),
);

export const cameras = list(
  fields<Camera>({
    camera: text,
    box: text,
    site: text,
    slug: text,
    name: text,
    enabled: flag,
    codec: maybe(text),
    width: maybe(count),
    height: maybe(count),
    condition: maybe(text),
    cause: maybe(text),
    since: maybe(instant),
    recordedThrough: maybe(instant),
    boxOnline: flag,
  }),
);

export const recordingsPage = fields<RecordingsPage>({
  items: list(
    fields<Recording>({
      camera: text,
      start: instant,
      end: instant,
      bytes: count,
      open: flag,
      segment: maybe(text),
      playUrl: ownPath,
      holds: maybe(list(text)),
      deleted: maybe(flag),
      provenance: maybe(text),
    }),
  ),
  cursor: maybe(text),
});

export const timelineAnswer = fields<TimelineAnswer>({
  cameras: list(fields<CameraSpans>({ camera: text, spans: list(pair(count, count)) })),
});

export const proof = fields<Proof>({
  segment: text,
  revision: count,
  start: instant,
  end: instant,
  bytes: count,
  sha256: text,
  root: text,
  hashOrigin: text,
  codec: text,
});

export const enrolmentToken = fields<EnrolmentToken>({ token: text, expiresAt: instant });
