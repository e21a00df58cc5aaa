import type { OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import {
  annotate,
  createStore,
  gate,
  place,
  sharedStore,
  testEngine,
  turns,
  until,
} from './kit.ts';

const second = 1000;

describe('the place of a subscription', () => {
  it('is written now and then, not for every event, and at the end', async () => {
    const inner = createStore();
    const written: number[] = [];
    const store: OrderStore = {
      ...delegateStore(inner),
      subscriptions: {
        ...delegateStore(inner).subscriptions,
        checkpoint: async (lease, position) => {
          written.push(position);
          return inner.subscriptions.checkpoint(lease, position);
        },
      },
    };
    const { engine, clock } = await testEngine({ store });
    await engine.subscribe({ name: 'all', from: 'beginning', handler: () => {} });
    for (let index = 0; index < 10; index += 1) await engine.execute(place(`order-${index}`));
    await engine.idle();
    expect(written).toEqual([]);
    clock.advanceBy(second);
    await engine.idle();
    expect(written).toEqual([10]);
    await Promise.all(
      Array.from({ length: 1000 }, (_, index) => engine.execute(place(`more-${index}`))),
    );
    await engine.idle();
    expect(written.length).toBeLessThan(12);
    await engine.close();
    expect(written.at(-1)).toBe(1010);
  });

  it('is taken over when its owner is gone, and the owner that wakes up cannot move it', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const asleep = createMovableClock();
    const hold = gate();
    const first = await testEngine({ store, clock: asleep });
    const told: string[] = [];
    const sleeper = await first.engine.subscribe({
      name: 'one',
      from: 'beginning',
      types: ['order.placed'],
      handler: async () => {
        told.push('first');
        await hold.opened;
        return annotate('order-1', 'too late');
      },
    });
    const other = await testEngine({ store, clock });
    await other.engine.subscribe({
      name: 'one',
      from: 'beginning',
      types: ['order.placed'],
      handler: () => {
        told.push('second');
      },
    });
    await first.engine.execute(place('order-1'));
    await until(() => told.length > 0);
    // The first one's clock stands still: it sleeps. Its lease ends by the other's clock.
    await clock.runTo(clock.now() + 60_000, () => other.engine.idle());
    expect(told).toEqual(['first', 'second']);
    expect(await store.subscriptions.checkpoints('one')).toEqual([{ partition: 0, position: 1 }]);
    asleep.advanceBy(60_000);
    hold.open();
    await first.engine.idle();
    expect(sleeper.status().partitions[0]).toMatchObject({ isOurs: false });
    expect(await first.engine.get('order-1')).toMatchObject({ version: 1 });
    expect(first.log).toContainEqual(
      expect.objectContaining({
        message: 'A lease was lost to another owner; no longer working on its partition.',
      }),
    );
    // When the second one ends, the first one takes over without waiting for a lease to expire.
    await other.engine.close();
    await first.engine.execute(place('order-2'));
    asleep.advanceBy(5000);
    await first.engine.idle();
    expect(sleeper.status().partitions[0]).toMatchObject({ isOurs: true });
  });

  it('is left to the other owner when it slept, before anything is handled twice', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const asleep = createMovableClock();
    const { engine: sleeper } = await testEngine({ store, clock: asleep });
    const { engine: other } = await testEngine({ store, clock });
    const told: string[] = [];
    const options = (name: string) => ({
      name: 'one',
      from: 'beginning' as const,
      handler: ({ orderId }: { orderId: string }) => {
        told.push(`${name} ${orderId}`);
      },
    });
    await sleeper.subscribe(options('sleeper'));
    await other.subscribe(options('other'));
    await clock.runTo(clock.now() + 60_000, () => other.idle());
    asleep.advanceBy(60_000);
    await sleeper.execute(place('order-1'));
    await sleeper.idle();
    expect(told).toEqual([]);
    await clock.runTo(clock.now() + 1000, () => other.idle());
    expect(told).toEqual(['other order-1']);
  });

  it('sees the events of other engines on a shared store without being woken', async () => {
    const inner = sharedStore();
    const store: OrderStore = { ...inner, features: { ...inner.features, shared: true } };
    const { engine, clock } = await testEngine({ store });
    const { engine: other } = await testEngine({ store, clock });
    const told: string[] = [];
    await engine.subscribe({
      name: 'all',
      from: 'beginning',
      handler: ({ orderId }) => {
        told.push(orderId);
      },
    });
    await other.execute(place('order-1'));
    clock.advanceBy(25);
    await engine.idle();
    expect(told).toEqual(['order-1']);
    // It looks less often when it is quiet, down to once a second.
    for (let look = 0; look < 100; look += 1) {
      clock.advanceBy(25);
      await engine.idle();
    }
    await other.execute(place('order-2'));
    clock.advanceBy(1000);
    await engine.idle();
    expect(told).toEqual(['order-1', 'order-2']);
  });
});

describe('close', () => {
  it('waits for handlers, then tells them that nobody waits any more', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store, closeGraceMs: 5000 });
    const signals: AbortSignal[] = [];
    const hold = gate();
    await engine.subscribe({
      name: 'slow',
      from: 'beginning',
      handler: async ({ orderId }, { signal }) => {
        signals.push(signal);
        if (orderId === 'hangs') await new Promise(() => {});
        await hold.opened;
      },
    });
    await engine.execute(place('ends'));
    await engine.execute(place('hangs'));
    await until(() => signals.length === 2);
    const closing = engine.close();
    hold.open();
    await turns();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    clock.advanceBy(5000);
    await closing;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(await store.subscriptions.checkpoints('slow')).toEqual([{ partition: 0, position: 1 }]);
  });

  it('gives the place back at once', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.subscribe({ name: 'one', from: 'beginning', handler: () => {} });
    await engine.close();
    const { engine: next } = await testEngine({ store, clock });
    const subscription = await next.subscribe({
      name: 'one',
      from: 'beginning',
      handler: () => {},
    });
    expect(subscription.status().partitions[0]).toMatchObject({ isOurs: true });
  });
});
