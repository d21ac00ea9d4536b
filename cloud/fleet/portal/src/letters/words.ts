import type { Letter, LettersAnswer } from '../api/letters';

/** Reasons that the pipeline gives, in words for people. */
export const reasons: Record<string, string> = {
  bad_data: 'The data is out of range',
  unknown_camera: 'Nobody registered the camera',
  foreign_source: 'It speaks for another box',
  unknown_type: 'The event type is not known',
  wrong_queue: 'It came through the wrong queue',
  not_an_envelope: 'It is no Heldar message',
  too_large: 'It is too large',
  unknown_key: 'The key is not registered',
  revoked_key: 'The key was revoked',
  bad_signature: 'The signature does not fit',
  header_differs: 'Header and signed content differ',
  bad_staged_body: 'Its stored body is missing or wrong',
  bad_body: 'Its content cannot be read',
  dequeued_too_often: 'Its handler crashed again and again',
  gave_up: 'It failed for too long',
};

export const states: Record<string, string> = { open: 'Open', redriven: 'On its way', applied: 'Applied', dropped: 'Dropped', all: 'All' };

export const reasonText = (reason: string) => reasons[reason] ?? reason.replaceAll('_', ' ');

export const stateText = (status: string) => states[status] ?? status;

/** What may be done with a letter in its state. */
export const canSend = (letter: Letter) => letter.status === 'open' || letter.status === 'redriven';

/** Longer events are shown from their beginning alone, so what is shown cannot be written back. */
const longestShown = 524_288;

export const canMend = (letter: Letter) => letter.isEvent && letter.status === 'open' && letter.bytes <= longestShown;

/** `1 letter`, `3 letters` */
export const countText = (count: number) => `${count} ${count === 1 ? 'letter' : 'letters'}`;

/** What to say about refused letters; null when all went well. */
export function refusalText(answer: LettersAnswer): string | null {
  const [first] = answer.refused;
  if (first === undefined) return null;
  return answer.refused.length === 1 && answer.done.length === 0 ? `Not done: ${first.error}.` : `${countText(answer.refused.length)} of ${answer.refused.length + answer.done.length} not done. The first: ${first.error}.`;
}

/** Why a text cannot be saved as an event; null when it can be tried. */
export function textFault(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'An event is a JSON object.';
  } catch (error) {
    return `This is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
