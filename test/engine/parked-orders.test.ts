import { describe, expect, it } from 'vitest';
import type { ConsumerParts } from '../../src/engine/subscriptions/parts.ts';
import { ParkedOrders } from '../../src/engine/subscriptions/projections/parked-orders.ts';
import type { OrderKey, ParkedEvent, ParkedOrder } from '../../src/store/store.ts';
import { createMovableClock } from '../../src/testing/clock.ts';
import { eventOf, parkedEvent } from './lane-kit.ts';
import { keyOf } from './worker-kit.ts';

// The parked orders of partition 3, and which of them are tried again.

function parking() {
  const clock = createMovableClock(1000);
  const scheduled: number[] = [];
  const asked: unknown[] = [];
  const noting = {
    now: () => clock.now(),
    schedule: (at: number, callback: () => void) => {
      scheduled.push(at);
      return clock.schedule(at, callback);
    },
  };
  const test = { orders: [] as ParkedOrder[], lot: [] as ParkedEvent[], due: [] as unknown[] };
  const subscriptions = {
    parkedLanes: async ({ after, ...rest }: { readonly after?: OrderKey }) => {
      asked.push(rest);
      const from = test.orders.findIndex(({ orderId }) => orderId === after?.orderId) + 1;
      return test.orders.slice(from, from + 1000);
    },
    parked: async (name: string, limit: number, key: OrderKey) => {
      asked.push([name, limit, key]);
      return test.lot.filter(({ event }) => event.orderId === key.orderId).slice(0, limit);
    },
  };
  const parts = { clock: noting, settings: { name: 'mailer' }, store: { subscriptions } };
  const parked = new ParkedOrders(parts as unknown as ConsumerParts, 3, () => {
    test.due.push(parked.next);
  });
  return { parked, clock, scheduled, asked, test };
}

const a = keyOf('order-a');
const b = keyOf('order-b');
const orderAs = (orderId: string, rest: object = {}) =>
  ({ ...keyOf(orderId), error: 'poison', retryAt: null, ...rest }) as unknown as ParkedOrder;

describe('the parked orders of a projection', () => {
  it('are those of the partition, and what becomes of each depends on how it is parked', async () => {
    const { parked, asked, scheduled, test } = parking();
    test.orders = [
      orderAs('poison'),
      orderAs('free', { error: null }),
      orderAs('aside', { retryAt: 1500 }),
      orderAs('behind', { error: null, retryAt: 700 }),
    ];
    await parked.learn(async () => true);
    expect(asked).toEqual([{ subscription: 'mailer', partition: 3, limit: 1000 }]);
    expect([parked.size, parked.asideCount, parked.next]).toEqual([4, 2, keyOf('free')]);
    // Late ones at once, and never in the past.
    expect(scheduled).toEqual([1500, 1000]);
    expect(parked.isAside(keyOf('aside'))).toBe(true);
    expect(parked.isAside(keyOf('poison'))).toBe(false);
  });

  it('are learned page by page, until the lease is lost', async () => {
    const orders = Array.from({ length: 2500 }, (_, index) => orderAs(`order-${index}`));
    const held = parking();
    held.test.orders = orders;
    await held.parked.learn(async () => true);
    expect(held.parked.size).toBe(2500);
    const lost = parking();
    lost.test.orders = orders;
    await lost.parked.learn(async () => false);
    expect(lost.parked.size).toBe(1000);
  });

  it('are tried again when they are due, or somebody frees them, or asks for all', async () => {
    const { parked, test } = parking();
    for (const key of [a, b]) parked.add({ ...key, more: 1 } as OrderKey);
    expect(parked.next).toBeUndefined();
    test.orders = [orderAs('order-b')];
    await parked.refresh(1);
    // It is parked no more in the store.
    expect(parked.next).toEqual(a);
    parked.giveUp(a);
    expect(parked.next).toBeUndefined();
    test.orders = [orderAs('order-a'), orderAs('order-b', { error: null })];
    await parked.refresh(1);
    expect(parked.next).toEqual(b);
    parked.giveUp(b);
    parked.retryAll();
    expect(parked.next).toEqual(a);
    parked.free(a);
    expect(parked.next).toEqual(b);
    expect([parked.has(a), parked.has(b), parked.size]).toEqual([false, true, 1]);
  });

  it('are no others: these are not tried again', () => {
    const { parked } = parking();
    parked.retry(a);
    expect([parked.has(a), parked.next]).toEqual([false, undefined]);
    parked.add(b);
    parked.retry(a);
    expect([parked.has(a), parked.next]).toEqual([false, undefined]);
  });
});

describe('a parked order that is put aside', () => {
  it('is tried again after its delay, once', () => {
    const { parked, clock, test } = parking();
    parked.rest(a, 500);
    expect([parked.has(a), parked.isAside(a), parked.next]).toEqual([true, true, undefined]);
    clock.advanceTo(1499);
    expect(test.due).toEqual([]);
    clock.advanceTo(60_000);
    expect(test.due).toEqual([a]);
    expect([parked.isAside(a), parked.asideCount, parked.next]).toEqual([false, 0, a]);
  });

  it('waits anew when it is put aside again, and is not tried meanwhile', () => {
    const { parked, clock, test } = parking();
    parked.rest(a, 500);
    parked.retry(a);
    parked.rest(a, 800);
    expect([parked.asideCount, parked.next]).toEqual([1, undefined]);
    clock.advanceTo(1799);
    expect(test.due).toEqual([]);
    parked.rest(a, 800);
    clock.advanceTo(2000);
    expect(test.due).toEqual([]);
    clock.advanceTo(60_000);
    expect(test.due).toEqual([a]);
  });

  it.each([
    ['is tried at once', 'retry', a],
    ['is given up', 'giveUp', undefined],
    ['is free', 'free', undefined],
  ] as const)('has nothing to wait for when it %s', (_, method, next) => {
    const { parked, clock, test } = parking();
    parked.rest(a, 500);
    parked[method](a);
    expect([parked.asideCount, parked.next]).toEqual([0, next]);
    clock.advanceTo(60_000);
    expect(test.due).toEqual([]);
  });

  it('is tried no more after the end', () => {
    const { parked, clock, test } = parking();
    parked.rest(a, 500);
    parked.rest(b, 500);
    parked.stop();
    clock.advanceTo(60_000);
    expect([test.due, parked.asideCount, parked.size]).toEqual([[], 0, 2]);
  });
});

describe('the first parked event', () => {
  it('of an order is the one in the store', async () => {
    const { parked, asked, test } = parking();
    expect(await parked.headOf(eventOf(1))).toBeUndefined();
    test.lot = [parkedEvent(1), parkedEvent(2)];
    expect(await parked.headOf(eventOf(2))).toEqual(parkedEvent(1));
    expect(asked.at(-1)).toEqual(['mailer', 1, { tenantId: 'default', orderId: 'order-1' }]);
  });

  it('of several orders is asked for once each, and only where they are parked', async () => {
    const { parked, asked, test } = parking();
    const key = keyOf('order-1');
    for (const each of [key, a]) parked.add(each);
    test.lot = [parkedEvent(1), parkedEvent(2)];
    expect(await parked.headsOf([eventOf(1), eventOf(2), a, b])).toEqual(new Set(['e1']));
    expect(asked).toEqual([
      ['mailer', 1, key],
      ['mailer', 1, a],
    ]);
  });

  it('is tried again when that was asked for while it was tried, and only then', async () => {
    const { parked, test } = parking();
    parked.add(keyOf('order-1'));
    test.lot = [parkedEvent(1, { requeues: 1 })];
    await parked.honorRetry(parkedEvent(1, { requeues: 1 }));
    expect(parked.next).toBeUndefined();
    await parked.honorRetry(parkedEvent(1));
    expect(parked.next).toEqual(keyOf('order-1'));
  });
});
