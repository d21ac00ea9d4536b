import { describe, expect, it } from 'vitest';
import { lettersPath, letterView, type Letter } from '../api/letters';
import { ShapeError } from '../api/shape';
import { canMend, canSend, countText, reasonText, refusalText, textFault } from './words';

const all = { status: 'open', reason: '', type: '', site: '', box: '', hours: 0 };

describe('lettersPath', () => {
  it('asks for nothing that nobody chose', () => expect(lettersPath(all, null, 0)).toBe('/api/v1/dead-letters?status=open'));

  it('asks for what was chosen, safely written', () =>
    expect(lettersPath({ status: 'all', reason: 'bad_data', type: 'heldar.gap.v1', site: 'depot', box: 'b&1', hours: 24 }, 'c', Date.UTC(2026, 10, 21))).toBe(
      '/api/v1/dead-letters?status=all&reasons=bad_data&types=heldar.gap.v1&sites=depot&boxes=b%261&from=2026-11-20T00%3A00%3A00.000Z&cursor=c',
    ));
});

const item = { letter: 'l', at: '2026-11-21T04:00:00Z', queue: 'segments-0', reason: 'bad_data', detail: 'why', proven: true, status: 'open', isEvent: true, mended: false, rounds: 0, bytes: 10 };

describe('letterView', () => {
  it('reads an answer without its empty fields', () => {
    const view = letterView({ letter: item, form: 'event', original: '{}', sha256: 'ab', changes: [{ path: 'data.bytes', before: '-1' }] }, '$');
    expect(view.edited).toBeNull();
    expect(view.changes[0]).toEqual({ path: 'data.bytes', before: '-1', after: null });
    expect(view.letter.boxName).toBeNull();
  });

  it('refuses what it does not know', () => expect(() => letterView({ letter: { ...item, isEvent: 'yes' } }, '$')).toThrow(ShapeError));
});

describe('what may be done', () => {
  const one = (change: Partial<Letter>) => ({ ...item, at: 0, ...change }) as Letter;
  it.each([
    ['open', true, true, true],
    ['redriven', true, true, false],
    ['applied', true, false, false],
    ['dropped', true, false, false],
    ['open', false, true, false],
  ])('%s, event %s: send %s, mend %s', (status, isEvent, send, mend) => {
    expect(canSend(one({ status, isEvent }))).toBe(send);
    expect(canMend(one({ status, isEvent }))).toBe(mend);
  });
});

it('has words for reasons, also for those it does not know', () => {
  expect(reasonText('bad_data')).toBe('The data is out of range');
  expect(reasonText('some_new_thing')).toBe('some new thing');
});

describe('refusalText', () => {
  it('says nothing when all is done', () => expect(refusalText({ done: ['a'], refused: [] })).toBeNull());
  it('says why one was refused', () => expect(refusalText({ done: [], refused: [{ letter: 'a', error: 'it is dropped' }] })).toBe('Not done: it is dropped.'));
  it('counts when there are more', () => expect(refusalText({ done: ['b', 'c'], refused: [{ letter: 'a', error: 'it is dropped' }] })).toBe('1 letter of 3 not done. The first: it is dropped.'));
});

it.each([
  ['{"a":1}', null],
  ['[]', 'An event is a JSON object.'],
  ['null', 'An event is a JSON object.'],
])('takes %s with %s', (body, fault) => expect(textFault(body)).toBe(fault));

it('says where JSON breaks', () => expect(textFault('{"a":}')).toContain('not JSON'));

it('counts letters', () => expect([countText(1), countText(3)]).toEqual(['1 letter', '3 letters']));
