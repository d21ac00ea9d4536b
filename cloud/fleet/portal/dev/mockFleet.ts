import type { Plugin } from 'vite';

export function mockFleet(): Plugin {
  return { name: 'heldar-mock-fleet', apply: 'serve' };
}
