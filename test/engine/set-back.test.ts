import {
  createMemoryStore,
  type OrderEvent,
  type OrderStore,
  PermanentHandlerError,
} from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { place, sharedStore, testEngine, turns } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';
import { SettableClock } from './settable-clock.ts';

const second = 1000;
const hour = 3_600_000;

/** Engines on one store and one true time; the time of day of each can be set by itself. */
function machines(store: OrderStore) {
  const time = createMovableClock();
  return {
    add: async () => {
      const clock = new SettableClock(time);
      return { ...(await testEngine({ store, clock: clock as never })), clock };
    },
    pass: (durationMs: number) => time.runTo(time.now() + durationMs, () => turns()),
  };
}

const subscribed = (handler: (event: OrderEvent) => void) =>
  ({ name: 'one', from: 'beginning', handler }) as const;

describe('while the time of day is set back by an hour', () => {
  it('a checkpoint is written a second after the event was handled', async () => {
    const store = partitionedStore(1);
    const { add, pass } = machines(store);
    const { engine, clock } = await add();
    await engine.subscribe(subscribed(() => {}));
    await engine.execute(place('order-1'));
    await pass(100);
    expect(await store.subscriptions.checkpoints('one')).toMatchObject([{ position: 0 }]);
    clock.set(-hour);
    await pass(second);
    expect(await store.subscriptions.checkpoints('one')).toMatchObject([{ position: 1 }]);
  });

  it('a feed that could not be read is read again after the first pause', async () => {
    // Nobody else writes to this one, so nothing but the pause makes it look again.
    const inner = sharedStore(createMemoryStore());
    let failures = 0;
    const feed: OrderStore['feed'] = async (partition, after, limit) => {
      if (failures === 1) {
        failures += 1;
        throw new Error('away');
      }
      return inner.feed(partition, after, limit);
    };
    const { add, pass } = machines(changed(inner, { feed }));
    const { engine, clock } = await add();
    const told: string[] = [];
    await engine.subscribe(subscribed(({ orderId }) => void told.push(orderId)));
    await pass(100);
    failures = 1;
    await engine.execute(place('order-1'));
    await turns();
    expect(failures).toBe(2);
    expect(told).toEqual([]);
    clock.set(-hour);
    await pass(second);
    expect(told).toEqual(['order-1']);
  });

  it('an engine goes on saying that it takes part', async () => {
    const inner = partitionedStore(1);
    const joins: string[] = [];
    const join: OrderStore['subscriptions']['join'] = (request) => {
      joins.push(request.owner);
      return inner.subscriptions.join(request);
    };
    const { add, pass } = machines(changed(inner, {}, { join }));
    const { engine, clock } = await add();
    await engine.subscribe(subscribed(() => {}));
    await pass(3 * second);
    clock.set(-hour);
    joins.length = 0;
    await pass(3 * second);
    expect(joins.length).toBeGreaterThanOrEqual(2);
  });

  it('an engine finds out how far another one has come', async () => {
    const { add, pass } = machines(partitionedStore(1));
    const worker = await add();
    await worker.engine.subscribe(subscribed(() => {}));
    await pass(100);
    const other = await add();
    const subscription = await other.engine.subscribe(subscribed(() => {}));
    await pass(3 * second);
    await worker.engine.execute(place('order-1'));
    let hasCaughtUp = false;
    const arrival = subscription.caughtUp().then(() => {
      hasCaughtUp = true;
    });
    await turns();
    expect(hasCaughtUp).toBe(false);
    other.clock.set(-hour);
    await pass(3 * second);
    expect(hasCaughtUp).toBe(true);
    await arrival;
  });

  it('an order that was retried elsewhere goes on within seconds', async () => {
    const store = partitionedStore(1);
    const { add, pass } = machines(store);
    const { engine, clock } = await add();
    const other = await add();
    let isBroken = true;
    const told: string[] = [];
    const handler = ({ orderId }: OrderEvent) => {
      if (isBroken) throw new PermanentHandlerError('never');
      told.push(orderId);
    };
    await engine.subscribe(subscribed(handler));
    await pass(100);
    await other.engine.subscribe(subscribed(handler));
    await engine.execute(place('order-1'));
    await pass(10 * second);
    isBroken = false;
    await store.subscriptions.requeue('one');
    clock.set(-hour);
    await pass(6 * second);
    expect(told).toEqual(['order-1']);
  });
});
