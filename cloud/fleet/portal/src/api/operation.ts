import { call } from './http';
import { count, fields, flag, instant, list, maybe, text } from './shape';

/** How the pipeline is. Field meanings: cloud/fleet/Heldar.Fleet/Operation. */
export interface Cause {
  code: string;
  severity: string;
  text: string;
}

export interface QueueState {
  queue: string;
  messages: number | null;
  poison: number | null;
  waitingSince: number | null;
  attempts: number | null;
  fault: string | null;
}

/** Functions of a shard that put messages back, because too many failed. */
export interface Breaker {
  instances: number;
  since: number;
  cause: string;
}

export interface ShardState {
  shard: string;
  served: boolean;
  boxes: number;
  queues: QueueState[];
  breaker: Breaker | null;
}

export interface TimerState {
  timer: string;
  everySeconds: number;
  nextRun: number;
  missed: number;
  running: boolean;
  lastRun: number | null;
}

export interface IndexState {
  current: number;
  building: number | null;
  written: number | null;
  due: number | null;
  listed: boolean | null;
  differences: string | null;
}

export interface Pipeline {
  queuesAt: number;
  shards: ShardState[];
  shardsLeftOut: number;
  timers: TimerState[];
  index: IndexState;
  schema: { database: number; fleet: number };
  storageFault: string | null;
  coverageThrough: number | null;
}

export interface LetterNumbers {
  open: number;
  redriven: number;
  atLeast: boolean;
  queues: { queue: string; open: number }[];
  oldestAt: number | null;
}

export interface Operation {
  at: number;
  healthy: boolean;
  causes: Cause[];
  boxes: { total: number; silent: number; behind: number };
  letters: LetterNumbers;
  pipeline: Pipeline | null;
}

export interface BoxLag {
  box: string;
  name: string;
  site: string;
  shard: string;
  online: boolean;
  backlog: number;
  missingBatches: number;
  lastSeenAt: number | null;
  waitingSince: number | null;
  behindSince: number | null;
  appliedAt: number | null;
}

export interface BoxLagsPage {
  items: BoxLag[];
  cursor: string | null;
}

const queue = fields<QueueState>({ queue: text, messages: maybe(count), poison: maybe(count), waitingSince: maybe(instant), attempts: maybe(count), fault: maybe(text) });

const timer = fields<TimerState>({ timer: text, everySeconds: count, nextRun: instant, missed: count, running: flag, lastRun: maybe(instant) });

const pipeline = fields<Pipeline>({
  queuesAt: instant,
  shards: list(fields<ShardState>({ shard: text, served: flag, boxes: count, queues: list(queue), breaker: maybe(fields<Breaker>({ instances: count, since: instant, cause: text })) })),
  shardsLeftOut: count,
  timers: list(timer),
  index: fields<IndexState>({ current: count, building: maybe(count), written: maybe(count), due: maybe(count), listed: maybe(flag), differences: maybe(text) }),
  schema: fields<Pipeline['schema']>({ database: count, fleet: count }),
  storageFault: maybe(text),
  coverageThrough: maybe(instant),
});

export const operation = fields<Operation>({
  at: instant,
  healthy: flag,
  causes: list(fields<Cause>({ code: text, severity: text, text })),
  boxes: fields<Operation['boxes']>({ total: count, silent: count, behind: count }),
  letters: fields<LetterNumbers>({ open: count, redriven: count, atLeast: flag, queues: list(fields<LetterNumbers['queues'][number]>({ queue: text, open: count })), oldestAt: maybe(instant) }),
  pipeline: maybe(pipeline),
});

export const boxLagsPage = fields<BoxLagsPage>({
  items: list(
    fields<BoxLag>({
      box: text, name: text, site: text, shard: text, online: flag, backlog: count, missingBatches: count,
      lastSeenAt: maybe(instant), waitingSince: maybe(instant), behindSince: maybe(instant), appliedAt: maybe(instant),
    }),
  ),
  cursor: maybe(text),
});

export const readOperation = (signal?: AbortSignal) => call('/api/v1/operation', operation, { signal });

/** The boxes that are furthest behind, as many as are wanted. */
export const readLags = (limit: number, signal?: AbortSignal) => call(`/api/v1/operation/boxes?limit=${limit}`, boxLagsPage, { signal });
