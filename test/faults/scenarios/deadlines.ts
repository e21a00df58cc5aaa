import { createOrderEngine, type OrderEngine } from '../../../src/index.ts';
import { checkBooks } from '../kit/books.ts';
import { chanceOf } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { startEngine } from '../kit/finish.ts';
import { connectStore, postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 11, a slice of real time: orders with deadlines of 1 ms to some seconds, and of 400 days.
// Two processes fire them whose machines' clocks are five minutes apart, and one of them is killed
// and started again. Each deadline fires once, none before its time by the machine's own clock
// here, and none that is 400 days away.

export const deadlines: FaultTest = {
  name: 'postgres-deadlines',
  promise: 'deadlines fire once and never early from two processes with clocks 5 minutes apart',
  run,
};

const minute = 60_000;
const day = 1440 * minute;

interface Placed {
  /** The earliest time at which it may expire, by the machine's clock. */
  readonly notBefore: number;
  readonly timeoutMs: number;
}

async function run({ seed, scale, url }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = postgresTarget(url);
  const { store, end } = connectStore(target.address);
  const engine = await createOrderEngine({ store, timers: false });
  const expiredAt = new Map<string, number[]>();
  await engine.subscribe({
    name: 'watch',
    from: 'beginning',
    types: ['order.expired'],
    handler: ({ orderId }) => {
      expiredAt.set(orderId, [...(expiredAt.get(orderId) ?? []), Date.now()]);
    },
  });
  await using processes = new AsyncDisposableStack();
  const fire = async (name: string, clockOffsetMs: number) =>
    processes.use(await startEngine(target, { name, seed, clients: 0, clockOffsetMs }));
  const right = await fire('right', 0);
  let ahead = await fire('ahead', 5 * minute);
  const placed = new Map<string, Placed>();
  for (let turn = 0; turn < 12 * scale; turn += 1) {
    const timeouts = Array.from({ length: 10 }, () => chance.pick([1, 30, 300, 1000, 2000]));
    const placing = [...timeouts, 400 * day].map((timeoutMs, index) =>
      place(engine, placed, `order-${turn}-${index}`, timeoutMs),
    );
    await Promise.all(placing);
    if (turn % 6 !== 3) continue;
    await ahead.kill();
    ahead = await fire('ahead', 5 * minute);
  }
  const due = [...placed.values()].filter(({ timeoutMs }) => timeoutMs < day).length;
  await until(() => expiredAt.size >= due, 'every deadline to fire').catch(() => {});
  await Promise.all([right.terminate(), ahead.terminate()]);
  await engine.close();
  await end();
  await target.quiet();
  const { losses, events } = await checkBooks(await target.open(), []);
  const fired = events.filter(({ type }) => type === 'order.expired');
  return {
    faults: { 'processes killed': 2 * scale, 'clocks five minutes ahead': 1 },
    load: { 'deadlines fired': fired.length, 'deadlines far away': placed.size - due },
    peaks: { 'ms late': latestMs(placed, expiredAt) },
    losses: [
      ...losses,
      ...right.defects,
      ...ahead.defects,
      ...[...placed].flatMap(([orderId, order]) =>
        problems(orderId, order, expiredAt.get(orderId), fired),
      ),
    ],
  };
}

function latestMs(
  placed: ReadonlyMap<string, Placed>,
  expiredAt: ReadonlyMap<string, readonly number[]>,
): number {
  const late = [...expiredAt].map(
    ([orderId, [at = 0]]) => at - (placed.get(orderId)?.notBefore ?? at),
  );
  return Math.max(0, ...late);
}

async function place(
  engine: OrderEngine,
  placed: Map<string, Placed>,
  orderId: string,
  timeoutMs: number,
): Promise<void> {
  placed.set(orderId, { notBefore: Date.now() + timeoutMs, timeoutMs });
  await engine.execute({
    type: 'order.place',
    orderId,
    currency: 'EUR',
    lines: [{ id: 'line-1', quantity: 1, unitPrice: 1000 }],
    policy: { unpaidTimeoutMs: timeoutMs },
  });
}

function problems(
  orderId: string,
  { notBefore, timeoutMs }: Placed,
  seenAt: readonly number[] | undefined,
  fired: readonly { readonly orderId: string }[],
): string[] {
  const losses: string[] = [];
  const times = fired.filter((event) => event.orderId === orderId).length;
  const wanted = timeoutMs < day ? 1 : 0;
  if (times !== wanted) losses.push(`${orderId}: its deadline fired ${times} times, not ${wanted}`);
  const earlyMs = notBefore - (seenAt?.[0] ?? notBefore);
  if (earlyMs > 0) losses.push(`${orderId}: its deadline fired ${earlyMs} ms too early`);
  return losses;
}
