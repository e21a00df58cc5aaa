import { createOrderEngine } from '../../src/index.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import type { OrderStore } from '../../src/store/store.ts';
import type { BenchmarkResult, BenchmarkSettings } from './benchmark.ts';
import { check } from './check.ts';
import { formatNumber } from './format.ts';
import { live, newLives } from './lives.ts';
import { Scratch } from './scratch.ts';
import { rounded } from './statistics.ts';

const cacheSize = 10_000;
const megabyte = 2 ** 20;
const per = 100_000;

interface HeapUse {
  readonly orders: number;
  /** Of an engine that has seen no order yet. */
  readonly before: number;
  /** When as many orders have passed as the cache holds. */
  readonly cacheFull: number;
  readonly after: number;
}

/** What 100,000 orders, each with its whole life, leave on the heap. */
export async function benchHeap(settings: BenchmarkSettings): Promise<BenchmarkResult> {
  const orders = settings.isQuick ? 20_000 : per;
  using scratch = new Scratch(settings.folder);
  const path = scratch.newPath();
  const sqlite = await measure(createSqliteStore({ path }), orders, 'sqlite', settings);
  scratch.remove(path);
  const memory = await measure(createMemoryStore(), orders, 'memory', settings);
  return report(sqlite, memory);
}

async function measure(
  store: OrderStore,
  orders: number,
  name: string,
  { progress }: BenchmarkSettings,
): Promise<HeapUse> {
  const engine = await createOrderEngine({ store, cacheSize });
  await live(engine, newLives(100));
  const before = heapUsed();
  let done = 0;
  let cacheFull = before;
  while (done < orders) {
    const count = Math.min(cacheSize, orders - done);
    await live(engine, newLives(count));
    done += count;
    progress(`heap: ${name}, ${done} of ${orders} orders`);
    if (done === cacheSize) cacheFull = heapUsed();
  }
  const after = heapUsed();
  const { orders: last } = await engine.list({ limit: 1, status: { lifecycle: 'completed' } });
  check('newest order', last[0]?.version, 6);
  check('orders in the cache at most', engine.stats().cached <= cacheSize, true);
  await engine.close();
  return { orders, before, cacheFull, after };
}

/** Twice, because finalizers free what a first collection only found. */
function heapUsed(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / megabyte;
}

function report(sqlite: HeapUse, memory: HeapUse): BenchmarkResult {
  const memoryStore = ((memory.after - memory.before) * per) / memory.orders;
  const afterCache = ((sqlite.after - sqlite.cacheFull) * per) / (sqlite.orders - cacheSize);
  const cache = sqlite.cacheFull - sqlite.before;
  return {
    data: {
      orders: sqlite.orders,
      cacheSize,
      sqliteMegabytes: {
        before: rounded(sqlite.before),
        cacheFull: rounded(sqlite.cacheFull),
        after: rounded(sqlite.after),
        per100000Orders: rounded(afterCache),
      },
      memoryMegabytes: {
        before: rounded(memory.before),
        after: rounded(memory.after),
        per100000Orders: rounded(memoryStore),
      },
    },
    figures: [
      {
        name: 'SQLite, once the cache is full',
        value: `${formatNumber(afterCache)} MB per 100,000 orders more`,
        note: 'aim: about none',
      },
      {
        name: `SQLite, cache of ${formatNumber(cacheSize)} orders`,
        value: `${formatNumber(cache)} MB, ${formatNumber(sqlite.after)} MB of heap in all`,
      },
      { name: 'memory store', value: `${formatNumber(memoryStore)} MB per 100,000 orders` },
    ],
    limits:
      'An order of two lines with its whole life: the order, six events, four answers to keys. The ' +
      'memory store keeps them all as objects; the engine on SQLite keeps its cache.',
  };
}
