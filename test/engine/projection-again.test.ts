import { describe, expect, it } from 'vitest';
import { projectingAlone } from './projection-kit.ts';
import { entryOf, keyOf } from './worker-kit.ts';

// What a projection does after its parked orders, and after those put aside, are projected.

const no = new Error('no');

const parkedAt = (position: number, orderId: string) => ({
  ...{ subscription: 'counts', partition: 3, position, event: entryOf(position, orderId).event },
  ...{ error: 'poison', attempts: 4, retryAt: null, requeues: 0, parkedAt: 0 },
});

async function draining(...orderIds: readonly string[]) {
  const all = projectingAlone();
  all.test.lot = orderIds.map((orderId, index) => parkedAt(index, orderId));
  all.test.parkedOrders = orderIds.map((orderId) => ({
    ...{ ...keyOf(orderId), partition: 3, eventId: 'e0', error: 'poison', attempts: 4 },
    ...{ retryAt: null, requeues: 0 },
  }));
  await all.worker.start();
  await all.news();
  return all;
}

describe('parked orders of a projection that are tried again', () => {
  it('are all tried, one after the other', async () => {
    const { worker, news, test } = await draining('order-1', 'order-2', 'order-3');
    worker.retry();
    expect((await news()).filter((what) => what.startsWith('handle'))).toEqual([
      ...['handle e0', 'handle e1', 'handle e2'],
    ]);
    expect(test.lot).toEqual([]);
    expect(worker.status().parkedLanes).toBe(0);
  });

  it.each([
    ['before', ['parked order-1']],
    ['when it is committed', ['parked order-1', 'begin', 'handle e0', 'unpark e0', 'commit 10']],
  ])('have not failed when the lease is lost %s', async (when, told) => {
    const { worker, news, test, logged, ended, counters } = await draining('order-1', 'order-2');
    if (when === 'before') test.hold = async () => false;
    test.handle = async () => {
      test.isOurs = false;
    };
    worker.retry();
    expect(await news()).toEqual(told);
    expect([logged, ended]).toEqual([[], [true]]);
    expect(counters).toMatchObject({ eventsHandled: 0, handlerRetries: 0 });
  });
});

describe('an order that was put aside by a projection', () => {
  it('has its new events projected once its old ones are', async () => {
    const { worker, news, test, pass } = projectingAlone();
    let isFailing = true;
    test.feed = [entryOf(11, 'order-1'), entryOf(12, 'order-2'), entryOf(13)];
    test.handle = async ({ id }) => {
      if (isFailing && id !== 'e13') throw no;
    };
    await worker.start();
    await pass(100);
    expect(worker.status()).toMatchObject({ position: 13, asideLanes: 2 });
    isFailing = false;
    await pass(1000);
    expect(worker.status()).toMatchObject({ parkedLanes: 0 });
    await news();
    test.feed.push(entryOf(14, 'order-1'), entryOf(15, 'order-2'));
    worker.wake();
    expect(await news()).toEqual([
      ...['read after 13 4', 'begin', 'handle e14', 'handle e15', 'commit 15'],
    ]);
  });
});

it('an event that fails is not tried later because new ones fail as well', async () => {
  const { worker, news, test, pass } = projectingAlone();
  test.feed = [entryOf(11)];
  test.handle = async () => {
    throw no;
  };
  await worker.start();
  // Its second failure; the third attempt is due at 300.
  await pass(250);
  test.feed.push(entryOf(12));
  worker.wake();
  expect(await news()).toContain('handle e12');
  await pass(50);
  expect(await news()).toContain('handle e11');
});
