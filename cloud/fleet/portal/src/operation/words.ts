import type { BoxLag, LetterNumbers, QueueState, TimerState } from '../api/operation';
import type { Tone } from '../fleet/condition';
import { span } from '../time/text';

/** Events that wait longer are behind; the fleet judges alike. */
export const lagLimitMs = 300_000;

/** What to do first about a cause; the operations guide has the rest. */
const advice: Record<string, string> = {
  storage: 'See whether the storage account is reachable and its key is valid. Nothing is lost meanwhile: boxes keep their events.',
  queue_unseen: 'Restart the fleet service: it makes the queues that are missing.',
  queue_lag: 'See whether the functions of this shard are running and what they log.',
  poison: 'See whether the functions are running: they file such messages as dead letters.',
  breaker_open: 'See what they log, and whether database and storage account answer. Messages come again by themselves.',
  conflicts: 'Find out which box sent the second form, and why: a restored disk, a fault, or somebody with its key.',
  webhook_disabled: 'See what the receiver answers, enable it, then replay what was missed.',
  timer_never: 'Start the functions of any shard.',
  timer_late: 'See whether the functions are running and what they log.',
  fold_behind: 'See what the functions log of FoldSpans, and whether database and storage are slow.',
  fold_failing: 'The functions log names the hours and why; mostly a manifest has to be restored in the storage account.',
  shard_leaving: 'Remove its functions only when all its queues are empty.',
  index_differs: 'Look at it with “heldar-fleet index status”, then accept or abandon it.',
  schema: 'Update the older one of fleet and functions.',
  dead_letters: 'Look at the reason, mend the cause or the letter, then send it again.',
  boxes_behind: 'See which boxes, and what their uplink says in their health.',
  boxes_silent: 'See which boxes, and whether they have power and a network.',
};

/** A sentence begins with a capital letter, the name of a queue as it is. */
export const causeText = (text: string) => (/^[a-z]+-/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1));

export const adviceFor = (code: string) => advice[code] ?? null;

const timers: Record<string, string> = {
  FoldSpans: 'Fold footage into the index',
  CountCoverage: 'Count coverage',
  BuildIndex: 'Build a new index',
  RequeueWebhooks: 'Send webhooks that are due',
  DrainPoison: 'File messages that crash',
};

/** A shard's own timer is named with its shard: `DrainPoison/0`. */
export function timerName(timer: string): string {
  const [name = timer, shard] = timer.split('/');
  const words = timers[name] ?? name;
  return shard === undefined ? words : `${words}, shard ${shard}`;
}

/** How a timer is: a run that is a little late is none to look at. */
export function timerState(timer: TimerState): { tone: Tone; label: string } {
  if (timer.running) return { tone: 'good', label: 'Running' };
  if (timer.lastRun === null) return { tone: 'bad', label: 'Never ran' };
  return timer.missed >= 3 ? { tone: 'bad', label: `Missed ${timer.missed} runs` } : { tone: 'good', label: 'On time' };
}

/** `15 s`, `1 min` */
export const every = (seconds: number) => span(seconds * 1000);

/** How long the first message of a queue waits. */
export function queueLag(queue: QueueState, at: number): { tone: Tone; label: string } {
  if (queue.fault !== null) return { tone: 'bad', label: queue.fault };
  if (queue.messages === 0) return { tone: 'good', label: 'Empty' };
  if (queue.waitingSince === null) return { tone: 'idle', label: 'In work, or waiting for another try' };
  const lag = Math.max(0, at - queue.waitingSince);
  const tries = queue.attempts !== null && queue.attempts > 0 ? `, failed ${queue.attempts} ${queue.attempts === 1 ? 'time' : 'times'}` : '';
  return { tone: lag > lagLimitMs ? 'bad' : 'good', label: `${span(lag)}${tries}` };
}

/** How far the cloud is behind a box. */
export function boxLag(box: BoxLag, at: number): { tone: Tone; label: string } {
  if (box.behindSince === null) return box.backlog > 0 ? { tone: 'good', label: 'Sending' } : { tone: 'good', label: 'Up to date' };
  const lag = span(Math.max(0, at - box.behindSince));
  if (!box.online) return { tone: 'bad', label: `Unknown for ${lag}` };
  return { tone: at - box.behindSince > lagLimitMs ? 'bad' : 'warn', label: `${lag} behind` };
}

/** Open letters of a queue, by its full name. */
export const lettersOf = (letters: LetterNumbers, queue: string) => letters.queues.find((one) => one.queue === queue)?.open ?? 0;

/** Busy and faulty queues first, as they stand; the idle rest is counted. */
export function splitQueues(queues: readonly QueueState[], shard: string, letters: LetterNumbers): { busy: QueueState[]; idle: number } {
  const busy = queues.filter((one) => one.messages !== 0 || one.poison !== 0 || lettersOf(letters, `${one.queue}-${shard}`) > 0);
  return { busy, idle: queues.length - busy.length };
}

/** `1 box`, `3 boxes` */
export const boxesText = (count: number) => `${count} ${count === 1 ? 'box' : 'boxes'}`;
