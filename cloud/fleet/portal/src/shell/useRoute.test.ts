import { expect, it } from 'vitest';
import { parseRoute, recordingLink } from './useRoute';

it('reads back what it writes', () => expect(parseRoute(recordingLink('c-1', 1234.6))).toEqual({ screen: 'recordings', camera: 'c-1', at: 1235 }));

it.each(['', '#', '#/nowhere', '#/recordings?at=x', '#/recordings?at=-5'])('takes %s as the recordings', (hash) => expect(parseRoute(hash)).toEqual({ screen: 'recordings', camera: null, at: null }));

it('knows the dead letters', () => expect(parseRoute('#/dead-letters').screen).toBe('letters'));

it.each(['boxes', 'coverage', 'operations'])('knows the %s', (screen) => expect(parseRoute(`#/${screen}`).screen).toBe(screen));
