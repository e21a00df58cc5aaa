import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^orderchart$/, replacement: source('index.ts') },
      { find: /^orderchart\/(sqlite|postgres)$/, replacement: source('store/$1/index.ts') },
      {
        find: /^orderchart\/(nats|rabbitmq|redis|kafka|webhook)$/,
        replacement: source('transport/$1/index.ts'),
      },
      { find: /^orderchart\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['test/postgres/global-setup.ts'],
    // Most files wait, for a server or for time to pass; one worker would leave the machine idle.
    maxWorkers: 3,
    // Only to end a test that hangs; no test asserts how long anything takes.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
