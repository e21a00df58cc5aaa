import { createOrderEngine } from '../../../src/index.ts';
import { createSqliteStore } from '../../../src/store/sqlite/index.ts';

// Places large orders, changes each, reads them all and has all events handled, in a process of its
// own whose heap is smaller than the orders together. Its one argument is JSON; it tells a
// LargeOrdersReport on standard output, as JSON. A heap that is full ends the process.

export interface LargeOrdersOptions {
  readonly path: string;
  readonly orders: number;
  readonly textLength: number;
  /** Overrides the engine's bounds, for the control. */
  readonly cacheBytes?: number;
}

export interface LargeOrdersReport {
  readonly changed: number;
  readonly read: number;
  readonly handled: number;
  readonly cachedBytes: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as LargeOrdersOptions;
const { path, orders, textLength, cacheBytes } = options;
const engine = await createOrderEngine({ store: createSqliteStore({ path }), cacheBytes });
const ids = Array.from({ length: orders }, (_, index) => `order-${index}`);

/** Eight at a time, as a server would. */
async function each(work: (orderId: string) => Promise<void>): Promise<void> {
  const left = ids.values();
  const worker = async () => {
    for (const orderId of left) await work(orderId);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

let [changed, read, handled] = [0, 0, 0];
await each(async (orderId) => {
  const lines = [{ id: 'a', quantity: 1, unitPrice: 100 }];
  // Not one text that all orders share.
  const metadata = { text: orderId.padEnd(textLength, String(Math.random())) };
  await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines, metadata });
});
await each(async (orderId) => {
  const result = await engine.execute({ type: 'order.annotate', orderId, metadata: { note: 'x' } });
  if (result.status === 'accepted') changed += 1;
});
await each(async (orderId) => {
  for await (const _ of engine.history(orderId)) read += 1;
});
const subscription = await engine.subscribe({
  name: 'reader',
  from: 'beginning',
  handler: async () => {
    await new Promise((resolve) => setImmediate(resolve));
    handled += 1;
  },
});
await subscription.caughtUp();
const { cachedBytes } = engine.stats();
await engine.close();
process.stdout.write(JSON.stringify({ changed, read, handled, cachedBytes }));
