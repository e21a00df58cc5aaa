import { createEngine } from '../../src/engine/create.ts';
import { systemClock } from '../../src/engine/kernel/clock.ts';
import { createMemoryStore } from '../../src/store/memory.ts';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';

// An engine in which something of the host's never answers. Says `ready` once that is under way, and
// on SIGTERM how the call ended, one line of JSON, when `close` has resolved.
//
//   node hanging-process.ts <path> numbers|export|handler

const [path = '', what = ''] = process.argv.slice(2);
let aheadMs = 0;

/** Says that it is under way now, and never answers. */
function never(): Promise<never> {
  process.stdout.write('ready\n');
  return new Promise(() => {});
}

const engine = await createEngine(
  {
    store: createSqliteStore({ path }),
    policy: { retentionMs: 0 },
    commandRetentionMs: 0,
    clock: { ...systemClock, now: () => Date.now() + aheadMs },
    numbers: { next: () => (what === 'numbers' ? never() : 'N-1') },
  },
  createMemoryStore,
);

const order = {
  type: 'order.place',
  orderId: 'order-1',
  currency: 'EUR',
  lines: [{ id: 'line-1', quantity: 1, unitPrice: 100 }],
};

async function begin(): Promise<unknown> {
  if (what === 'numbers') return engine.execute(order);
  await engine.execute(order);
  if (what === 'handler') {
    const subscription = await engine.subscribe({
      name: 'one',
      from: 'beginning',
      handler: () => never(),
    });
    return subscription.caughtUp();
  }
  await engine.execute({ type: 'order.cancel', orderId: 'order-1' });
  await engine.execute({ type: 'order.archive', orderId: 'order-1' });
  aheadMs = 1000;
  return engine.purge({ archivedRetentionMs: 0, exportOrder: () => never() });
}

// Before anything is under way: order numbers are asked for at once.
process.once('SIGTERM', () => {
  void engine.close().then(async () => {
    process.stdout.write(`${JSON.stringify(await outcome)}\n`);
  });
});

// Something else keeps a host alive: a socket that it listens on. It lets go of it at the end.
process.stdin.resume();
process.once('SIGTERM', () => process.stdin.pause());

const outcome = begin().then(
  (result) => ({ result }),
  (error: { code?: string }) => ({ code: error.code }),
);
