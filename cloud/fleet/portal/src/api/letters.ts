import { call } from './http';
import { count, fields, flag, instant, list, maybe, text } from './shape';

/** Dead letters: what the pipeline could not apply. Field meanings: cloud/fleet/Heldar.Fleet/DeadLetters. */
export interface Letter {
  letter: string;
  at: number;
  queue: string;
  reason: string;
  detail: string;
  proven: boolean;
  status: string;
  isEvent: boolean;
  mended: boolean;
  rounds: number;
  bytes: number;
  box: string | null;
  boxName: string | null;
  site: string | null;
  eventId: string | null;
  eventType: string | null;
  mendedBy: string | null;
  mendedAt: number | null;
  changedBy: string | null;
  changedAt: number | null;
}

export interface LettersPage {
  items: Letter[];
  cursor: string | null;
}

export interface Change {
  path: string;
  before: string | null;
  after: string | null;
}

export interface LetterView {
  letter: Letter;
  form: string;
  original: string;
  sha256: string;
  edited: string | null;
  changes: Change[];
}

export interface LettersAnswer {
  done: string[];
  refused: { letter: string; error: string }[];
}

/** What the list shows; an empty text is everything. */
export interface LetterFilter {
  status: string;
  reason: string;
  type: string;
  site: string;
  box: string;
  /** Only those that arrived within this many hours; 0 for all. */
  hours: number;
}

export const letter = fields<Letter>({
  letter: text,
  at: instant,
  queue: text,
  reason: text,
  detail: text,
  proven: flag,
  status: text,
  isEvent: flag,
  mended: flag,
  rounds: count,
  bytes: count,
  box: maybe(text),
  boxName: maybe(text),
  site: maybe(text),
  eventId: maybe(text),
  eventType: maybe(text),
  mendedBy: maybe(text),
  mendedAt: maybe(instant),
  changedBy: maybe(text),
  changedAt: maybe(instant),
});

export const lettersPage = fields<LettersPage>({ items: list(letter), cursor: maybe(text) });

export const letterView = fields<LetterView>({
  letter,
  form: text,
  original: text,
  sha256: text,
  edited: maybe(text),
  changes: list(fields<Change>({ path: text, before: maybe(text), after: maybe(text) })),
});

export const lettersAnswer = fields<LettersAnswer>({ done: list(text), refused: list(fields<{ letter: string; error: string }>({ letter: text, error: text })) });

const root = '/api/v1/dead-letters';

/** The address of one page of the list. */
export function lettersPath(filter: LetterFilter, cursor: string | null, now: number): string {
  const query = new URLSearchParams({ status: filter.status });
  if (filter.reason !== '') query.set('reasons', filter.reason);
  if (filter.type !== '') query.set('types', filter.type);
  if (filter.site !== '') query.set('sites', filter.site);
  if (filter.box !== '') query.set('boxes', filter.box);
  if (filter.hours > 0) query.set('from', new Date(now - filter.hours * 3_600_000).toISOString());
  if (cursor !== null) query.set('cursor', cursor);
  return `${root}?${query.toString()}`;
}

export const readLetters = (filter: LetterFilter, cursor: string | null, signal?: AbortSignal) => call(lettersPath(filter, cursor, Date.now()), lettersPage, { signal });

export const readLetter = (id: string, signal?: AbortSignal) => call(`${root}/${encodeURIComponent(id)}`, letterView, { signal });

/** Keeps the mended event; null takes the mending back. */
export const mendLetter = (id: string, body: string | null) => call(`${root}/${encodeURIComponent(id)}/mend`, letterView, { method: 'PUT', body: { body } });

export const redriveLetters = (letters: string[]) => call(`${root}/redrive`, lettersAnswer, { method: 'POST', body: { letters } });

export const dropLetters = (letters: string[]) => call(`${root}/drop`, lettersAnswer, { method: 'POST', body: { letters } });
