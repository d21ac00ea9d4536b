import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockFleet } from './dev/mockFleet.ts';

// `npm run dev` talks to a running fleet; `npm run dev:mock` answers from canned data instead (dev/, never part of the build).
const fleet = process.env.HELDAR_FLEET_URL ?? 'http://127.0.0.1:5080';
const mock = process.env.HELDAR_PORTAL_MOCK === '1';

export default defineConfig(({ command }) => ({
  plugins: [react(), ...(mock && command === 'serve' ? [mockFleet()] : [])],
  build: {
    outDir: 'dist',
    // Everything is served from our own origin under a strict content security policy: nothing is inlined as a data: URI.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: '127.0.0.1',
    ...(mock ? {} : { proxy: { '/api': fleet, '/media': fleet } }),
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}));
