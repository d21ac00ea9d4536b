import { expect, it } from 'vitest';
import { passwordFault } from './password';

it.each([
  ['short', 'short', 'at least 12'],
  ['a'.repeat(257), 'a'.repeat(257), 'at most 256'],
  ['correct horse battery', 'correct horse batterz', 'differ'],
])('refuses %s', (password, again, words) => expect(passwordFault(password, again)).toContain(words));

it('takes twelve characters twice', () => expect(passwordFault('a'.repeat(12), 'a'.repeat(12))).toBeNull());
