import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import './test/require-node.js';
import { halfNamed, halfVariable } from './test/mutation/halves.ts';
import { checkNamedFiles } from './test/named-files.ts';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// What starts a process, needs a server, makes faults or takes long. docs/internals/tests.md says more.
const faults = ['test/faults/**/*.test.ts', 'test/**/*.faults.test.ts'];

const mutatedName = process.env[halfVariable];
/** What `npm run mutate` changes, in the processes that it starts. */
const mutated = mutatedName === undefined ? undefined : halfNamed(mutatedName);

checkNamedFiles(process.argv.slice(2), fileURLToPath(new URL('.', import.meta.url)));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^orderchart$/, replacement: source('index.ts') },
      { find: /^orderchart\/(sqlite|postgres)$/, replacement: source('store/$1/index.ts') },
      {
        find: /^orderchart\/(nats|rabbitmq|redis|kafka)$/,
        replacement: source('transport/$1/index.ts'),
      },
      { find: /^orderchart\/webhook$/, replacement: source('webhook/index.ts') },
      { find: /^orderchart\/testing$/, replacement: source('testing/index.ts') },
    ],
  },
  test: {
    environment: 'node',
    // Most files wait, for a server or for time to pass; one worker would leave the machine idle.
    maxWorkers: 3,
    // Only to end a test that hangs; no test asserts how long anything takes. What StrykerJS changes
    // makes many hang, and to kill the process for each takes minutes.
    testTimeout: mutated ? 30_000 : 1_200_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 600_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          // StrykerJS runs tests many times over, in a copy of the tree without the docs: those of what
          // it changes alone.
          include: [...(mutated?.tests ?? ['test/**/*.test.ts'])],
          isolate: mutated?.isShared !== true,
          exclude: [...faults, ...(mutated?.without ?? [])],
          // Refuses processes, and servers that the test has not opened itself.
          setupFiles: mutated ? ['test/mutation/seed.ts'] : ['test/alone.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'faults',
          include: mutated ? [] : faults,
          globalSetup: ['test/postgres/global-setup.ts'],
        },
      },
    ],
  },
});
