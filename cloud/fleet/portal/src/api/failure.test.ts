import { describe, expect, it } from 'vitest';
import { ApiFailure, failureOf, isAbort, tell } from './failure';
import { ShapeError } from './shape';

describe('failureOf', () => {
  it('passes on what the fleet says, as a sentence', () => {
    const failure = failureOf(409, { error: 'the site exists already', code: 'conflict' });
    expect(failure).toMatchObject({ message: 'The site exists already.', code: 'conflict', status: 409 });
  });

  it('has own words for a code without text', () => expect(failureOf(503, { code: 'box_offline' }).message).toContain('The box is offline'));

  it.each([undefined, null, 'oops', [], {}, { error: 'x' }])('copes with the body %j', (body) => {
    expect(failureOf(500, body).code).toBe('unavailable');
    expect(failureOf(404, body).message).toContain('404');
  });

  it('knows when nobody is signed in', () => {
    expect(failureOf(401, null).signedOut).toBe(true);
    expect(failureOf(403, null).signedOut).toBe(false);
  });
});

describe('tell', () => {
  it('never shows raw errors', () => {
    expect(tell(new TypeError('x is undefined'))).not.toContain('undefined');
    expect(tell(new ApiFailure('Do this.', 'x', 1))).toBe('Do this.');
    expect(tell(new ShapeError('$.a', 'text', 1))).toContain('$.a');
  });
});

describe('isAbort', () => {
  it('sees an abort only', () => {
    expect(isAbort(new DOMException('', 'AbortError'))).toBe(true);
    expect(isAbort(new Error('AbortError'))).toBe(false);
  });
});
