import {
  createOrderEngine,
  type OrderEngine,
  type OrderEvent,
  PermanentHandlerError,
} from '../../../src/index.ts';
import { chanceOf } from '../kit/chance.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { connectStore, postgresTarget, type Target } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 9: among a thousand orders two have an event that the handler refuses for ever, and the
// handler fails now and then for all of them. The later events of the two wait behind, in order;
// all others are handled. Then the handler is mended: one lane is tried again, of the other the
// event is skipped, and nothing is left.

export const poison: FaultTest = {
  name: 'postgres-poison',
  promise: 'an event that is refused for ever parks its own order and holds up no other',
  run,
};

const name = 'reactor';
const mended = 'poison-mended';
const skipped = 'poison-skipped';
const poisoned = [mended, skipped];

async function run({ seed, scale, url }: Round): Promise<Findings> {
  const chance = chanceOf(seed);
  await using target = postgresTarget(url);
  const { store, end } = connectStore(target.address);
  const engine = await createOrderEngine({ store });
  const handled: OrderEvent[] = [];
  let isMended = false;
  let hiccups = 0;
  await engine.subscribe({
    name,
    from: 'beginning',
    concurrency: 50,
    retry: { initialDelayMs: 5, maximumDelayMs: 50 },
    handler: (event) => {
      if (!isMended && isPoison(event)) throw new PermanentHandlerError('cannot be handled');
      if (chance.is(0.02)) {
        hiccups += 1;
        throw new Error('not now');
      }
      handled.push(event);
    },
  });
  const orderIds = Array.from({ length: 1000 * scale }, (_, index) => `order-${index}`);
  await live(engine, [...orderIds, ...poisoned]);
  const losses: string[] = [];
  const lose = (error: Error): number => losses.push(error.message);
  // Each order has four events, and of the poisoned ones the first is handled.
  const sound = 4 * orderIds.length;
  const parked = async () => (await engine.subscriptions.parked(name)).length;
  await until(() => handled.length >= sound + 2, 'all others to be handled').catch(lose);
  await until(async () => (await parked()) >= 6, 'the two lanes to be parked').catch(lose);
  losses.push(...(await wronglyParked(engine)));

  isMended = true;
  await engine.subscriptions.retry(name, { orderId: mended });
  const [head] = (await engine.subscriptions.parked(name)).filter(
    ({ event, error }) => event.orderId === skipped && error !== null,
  );
  const isSkipped = await engine.subscriptions.skip(name, head?.event.id ?? '');
  if (!isSkipped) losses.push('the poison could not be skipped');
  await until(() => handled.length >= sound + 2 + 5, 'what was parked').catch(lose);
  await until(async () => (await parked()) === 0, 'nothing to be parked').catch(lose);
  losses.push(...outOfOrder(handled));
  await engine.close();
  await end();
  losses.push(...(await unfinished(target)));
  return {
    faults: { 'events refused for ever': poisoned.length, 'attempts that failed': hiccups },
    load: { 'events handled': handled.length },
    losses,
  };
}

function isPoison({ orderId, version }: OrderEvent): boolean {
  return poisoned.includes(orderId) && version === 2;
}

async function live(engine: OrderEngine, orderIds: readonly string[]): Promise<void> {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  for (let at = 0; at < orderIds.length; at += 200) {
    const some = orderIds.slice(at, at + 200).map(async (orderId) => {
      await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
      for (const note of ['one', 'two', 'three']) {
        await engine.execute({ type: 'order.annotate', orderId, metadata: { note } });
      }
    });
    await Promise.all(some);
  }
}

/** Parked must be the two events, each with the two later ones of its order, in their sequence. */
async function wronglyParked(engine: OrderEngine): Promise<string[]> {
  const parked = await engine.subscriptions.parked(name);
  const found = parked.map(({ event, error }) => [
    event.orderId,
    event.version,
    error === null ? 'waits' : 'refused',
  ]);
  const expected = poisoned.flatMap((orderId) => [
    [orderId, 2, 'refused'],
    [orderId, 3, 'waits'],
    [orderId, 4, 'waits'],
  ]);
  const isRight = JSON.stringify(found) === JSON.stringify(expected);
  return isRight ? [] : [`parked are ${JSON.stringify(found)}`];
}

/** Every order in the sequence of its versions, each once; but for the one that was skipped. */
function outOfOrder(handled: readonly OrderEvent[]): string[] {
  const losses: string[] = [];
  for (const [orderId, events] of Map.groupBy(handled, (event) => event.orderId)) {
    const versions = events.map(({ version }) => version).join();
    const expected = orderId === skipped ? '1,3,4' : '1,2,3,4';
    if (versions !== expected) losses.push(`${orderId}: handled were versions ${versions}`);
  }
  return losses;
}

/** The checkpoints must stand at the end: nothing was left behind, and nothing is waited for. */
async function unfinished(target: Target): Promise<string[]> {
  const store = await target.open();
  const losses: string[] = [];
  for (const { partition, position } of await store.subscriptions.checkpoints(name)) {
    const feedEnd = await store.feedEnd(partition);
    if (position !== feedEnd) {
      losses.push(`partition ${partition}: the checkpoint is ${position}, the end ${feedEnd}`);
    }
  }
  return losses;
}
