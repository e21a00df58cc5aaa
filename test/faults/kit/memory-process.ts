import { setTimeout as delay } from 'node:timers/promises';
import { createOrderEngine } from '../../../src/index.ts';
import type { StoreAddress } from './engine-process-options.ts';
import { connectStore } from './target.ts';
import { Workload } from './workload.ts';

// Leads many orders through their lives, with a subscription running, and compares the heap before
// and after. In a process of its own, started with --expose-gc. Its one argument is JSON; it tells
// the MemoryReport on standard output, as JSON.

export interface MemoryOptions {
  readonly store: StoreAddress;
  readonly seed: number;
  /** How many orders are led through their lives between the two looks at the heap. */
  readonly lives: number;
}

export interface MemoryReport {
  readonly before: number;
  readonly after: number;
  readonly lives: number;
  readonly commands: number;
  readonly handled: number;
}

const { store: address, seed, lives } = JSON.parse(process.argv[2] ?? '{}') as MemoryOptions;
const { store, end } = connectStore(address);
const engine = await createOrderEngine({ store, cacheSize: 500 });
let [placed, commands, handled] = [0, 0, 0];
await engine.subscribe({
  name: 'reactor',
  from: 'beginning',
  handler: () => {
    handled += 1;
  },
});

async function live(name: string, count: number): Promise<void> {
  const { promise: isEnough, resolve } = Promise.withResolvers<void>();
  const goal = placed + count;
  const workload = new Workload({
    engine,
    name,
    seed,
    clients: 64,
    sharedOrders: 0,
    onAnswer: ({ key }) => {
      commands += 1;
      if (key.endsWith('/place')) placed += 1;
      if (placed >= goal) resolve();
    },
    onDefect: (error) => {
      throw error;
    },
  });
  await isEnough;
  await workload.stop();
}

/** What is alive on the heap and beside it, in bytes. */
async function memoryInUse(): Promise<number> {
  // What was just finished may hold on to something until the next turns.
  for (let turn = 0; turn < 3; turn += 1) {
    await delay(50);
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// The cache is full, the chart learned and the code compiled after this.
await live('warm', Math.max(700, lives / 10));
const before = await memoryInUse();
const [placedBefore, commandsBefore] = [placed, commands];
await live('measured', lives);
const after = await memoryInUse();
const report: MemoryReport = {
  before,
  after,
  lives: placed - placedBefore,
  commands: commands - commandsBefore,
  handled,
};
await engine.close();
await end();
process.stdout.write(JSON.stringify(report));
