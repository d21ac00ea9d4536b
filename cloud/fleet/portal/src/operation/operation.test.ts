import { describe, expect, it } from 'vitest';
import { boxLagsPage, operation, type BoxLag, type QueueState, type TimerState } from '../api/operation';
import { ShapeError } from '../api/shape';
import { adviceFor, boxesText, boxLag, causeText, every, lettersOf, queueLag, splitQueues, timerName, timerState } from './words';

const at = Date.UTC(2026, 10, 21, 5);
const queue = (change: Partial<QueueState>): QueueState => ({ queue: 'segments', messages: 0, poison: 0, waitingSince: null, attempts: null, fault: null, ...change });
const letters = { open: 2, redriven: 0, atLeast: false, queues: [{ queue: 'holds-0', open: 2 }], oldestAt: null };

describe('queueLag', () => {
  it.each<[Partial<QueueState>, string, string]>([
    [{}, 'good', 'Empty'],
    [{ messages: 3, waitingSince: at - 4000 }, 'good', '4 s'],
    [{ messages: 3, waitingSince: at - 360_000, attempts: 2 }, 'bad', '6 min, failed 2 times'],
    [{ messages: 3, waitingSince: at + 500, attempts: 1 }, 'good', '0 s, failed 1 time'],
    [{ messages: 3 }, 'idle', 'In work, or waiting for another try'],
    [{ messages: null, fault: 'gone' }, 'bad', 'gone'],
  ])('%j is %s: %s', (change, tone, label) => expect(queueLag(queue(change), at)).toEqual({ tone, label }));
});

it('shows queues that hold something or whose letters are open, and counts the others', () => {
  const queues = [queue({ queue: 'segments', messages: 2 }), queue({ queue: 'states' }), queue({ queue: 'holds' }), queue({ queue: 'webhooks', poison: 1 }), queue({ queue: 'fanout', messages: null, poison: null, fault: 'gone' })];
  const { busy, idle } = splitQueues(queues, '0', letters);
  expect(busy.map((one) => one.queue)).toEqual(['segments', 'holds', 'webhooks', 'fanout']);
  expect(idle).toBe(1);
  expect([lettersOf(letters, 'holds-0'), lettersOf(letters, 'holds-1')]).toEqual([2, 0]);
});

describe('boxLag', () => {
  const box = (change: Partial<BoxLag>): BoxLag => ({ box: 'b', name: 'North', site: 's', shard: '0', online: true, backlog: 0, missingBatches: 0, lastSeenAt: null, waitingSince: null, behindSince: null, appliedAt: null, ...change });
  it.each<[Partial<BoxLag>, string, string]>([
    [{}, 'good', 'Up to date'],
    [{ backlog: 4 }, 'good', 'Sending'],
    [{ behindSince: at - 20_000 }, 'warn', '20 s behind'],
    [{ behindSince: at - 600_000 }, 'bad', '10 min behind'],
    [{ behindSince: at - 600_000, online: false }, 'bad', 'Unknown for 10 min'],
  ])('%j is %s: %s', (change, tone, label) => expect(boxLag(box(change), at)).toEqual({ tone, label }));
});

describe('timerState', () => {
  const timer = (change: Partial<TimerState>): TimerState => ({ timer: 'FoldSpans', everySeconds: 60, nextRun: at, missed: 0, running: false, lastRun: at, ...change });
  it.each<[Partial<TimerState>, string]>([
    [{}, 'On time'],
    [{ missed: 2 }, 'On time'],
    [{ missed: 3 }, 'Missed 3 runs'],
    [{ missed: 3, running: true }, 'Running'],
    [{ lastRun: null }, 'Never ran'],
  ])('%j: %s', (change, label) => expect(timerState(timer(change)).label).toBe(label));
});

it('has words, also for what it does not know', () => {
  expect(timerName('FoldSpans')).toBe('Fold footage into the index');
  expect([timerName('Other'), timerName('DrainPoison/0')]).toEqual(['Other', 'File messages that crash, shard 0']);
  expect(adviceFor('queue_lag')).toContain('functions');
  expect(adviceFor('something')).toBeNull();
  expect([causeText('the account is away'), causeText('segments-0: 3 messages')]).toEqual(['The account is away', 'segments-0: 3 messages']);
  expect([every(15), every(60), boxesText(1), boxesText(2)]).toEqual(['15 s', '1 min', '1 box', '2 boxes']);
});

describe('answers', () => {
  const least = { at: '2026-11-21T05:00:00Z', healthy: true, causes: [], boxes: { total: 1, silent: 0, behind: 0 }, letters: { open: 0, redriven: 0, atLeast: false, queues: [] } };
  const pipeline = { queuesAt: '2026-11-21T05:00:00Z', shards: [{ shard: '0', served: true, boxes: 1, queues: [{ queue: 'segments', messages: 1, poison: 0 }] }], shardsLeftOut: 0, timers: [], index: { current: 1 }, schema: { database: 9, fleet: 9 } };
  it('may leave the pipeline out', () => expect(operation(least, '$').pipeline).toBeNull());
  it('are read without their empty fields', () => expect(operation({ ...least, pipeline }, '$').pipeline?.shards[0]?.queues[0]).toEqual(queue({ messages: 1 })));
  it('are refused when they are of another form', () => expect(() => operation({ ...least, boxes: {} }, '$')).toThrow(ShapeError));
  it('page through boxes', () => expect(boxLagsPage({ items: [] }, '$')).toEqual({ items: [], cursor: null }));
});
