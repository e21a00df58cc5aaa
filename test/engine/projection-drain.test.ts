import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import type { ParkedEvent } from '../../src/store/store.ts';
import { projectingAlone } from './projection-kit.ts';
import { entryOf, keyOf } from './worker-kit.ts';

// How a projection tries its parked orders again.

const order = keyOf('order-1');
const no = new Error('no');
const never = new PermanentHandlerError('never');

const parkedAt = (position: number, rest: Partial<ParkedEvent> = {}): ParkedEvent => ({
  ...{ subscription: 'counts', partition: 3, position, event: entryOf(position, 'order-1').event },
  ...{ error: 'poison', attempts: 4, retryAt: null, requeues: 0, parkedAt: 0, ...rest },
});

/** A worker with these events of order-1 parked. */
async function draining(lot: readonly ParkedEvent[]) {
  const all = projectingAlone();
  all.test.lot = [...lot];
  all.test.parkedOrders = [
    { ...order, partition: 3, eventId: 'e1', error: 'poison', attempts: 4, retryAt: null } as never,
  ];
  await all.worker.start();
  await all.news();
  return all;
}

describe('a parked order of a projection that is tried again', () => {
  it('is projected event by event, each in a transaction of its own, and then is free', async () => {
    const { worker, news, test, counters, contexts } = await draining([
      parkedAt(5),
      parkedAt(6, { error: null, attempts: 0 }),
    ]);
    worker.retry(order);
    expect(await news()).toEqual([
      ...['parked order-1', 'begin', 'handle e5', 'unpark e5', 'commit 10'],
      ...['parked order-1', 'begin', 'handle e6', 'unpark e6', 'commit 10', 'parked order-1'],
    ]);
    expect(contexts).toMatchObject([{ attempt: 5 }, { attempt: 1 }]);
    expect(contexts[0]).toMatchObject({ transaction: 'transaction 1', history: 7 });
    expect(test.lot).toEqual([]);
    expect(worker.status()).toMatchObject({ position: 10, parkedLanes: 0 });
    expect(counters).toMatchObject({ eventsHandled: 2, eventsParked: 0, eventsPutAside: 0 });
  });

  it('is the one that is named, or all of them', async () => {
    const { worker, news } = await draining([parkedAt(5)]);
    worker.retry(keyOf('order-2'));
    expect(await news()).toEqual([]);
    worker.retry();
    expect(await news()).toContain('handle e5');
  });

  it('is also one that another process freed', async () => {
    const { worker, news, test } = await draining([parkedAt(5)]);
    await worker.refreshParked(1);
    expect(await news()).toEqual(['learn']);
    test.parkedOrders = [{ ...test.parkedOrders[0], error: null } as never];
    await worker.refreshParked(1);
    expect((await news()).slice(0, 3)).toEqual(['learn', 'parked order-1', 'begin']);
  });

  it('takes turns with the pages', async () => {
    const { worker, news, test } = await draining([parkedAt(5), parkedAt(6), parkedAt(7)]);
    test.feed = [entryOf(11), entryOf(12)];
    worker.retry();
    worker.wake();
    const told = await news();
    const steps = told.filter((what) => /handle|read/.test(what));
    expect(steps).toEqual([
      'handle e5',
      'read after 10 4',
      'handle e6',
      'handle e11',
      'handle e12',
      'handle e7',
    ]);
  });

  it('is put aside again when it fails, for longer', async () => {
    const { worker, news, test, pass, logged, counters } = await draining([parkedAt(5)]);
    test.handle = async () => {
      throw no;
    };
    worker.retry();
    expect(await news()).toEqual([
      ...['parked order-1', 'begin', 'handle e5', 'rollback', 'park e5 no', 'parked order-1'],
    ]);
    expect(test.lot).toEqual([parkedAt(5, { error: 'no', attempts: 5, retryAt: 1600 })]);
    expect(logged).toMatchObject([
      [
        'warn',
        'An event failed; it is tried again later.',
        { eventId: 'e5', attempts: 5, error: no },
      ],
    ]);
    expect(counters).toEqual({
      ...{ eventsHandled: 0, handlerRetries: 1, eventsParked: 0, eventsPutAside: 1 },
    });
    expect(worker.status()).toMatchObject({ parkedLanes: 1, asideLanes: 1 });
    await pass(1599);
    expect(await news()).toEqual([]);
    test.handle = async () => {};
    await pass(1);
    expect(await news()).toContain('unpark e5');
  });

  it('stays parked when it is refused for good', async () => {
    const { worker, news, test, pass, logged, counters } = await draining([parkedAt(5)]);
    test.handle = async () => {
      throw never;
    };
    worker.retry();
    expect(await news()).toContain('park e5 never');
    expect(test.lot).toEqual([parkedAt(5, { error: 'never', attempts: 5 })]);
    expect(logged).toMatchObject([
      ...[['error', 'An event failed permanently and is parked.', { attempts: 5, error: never }]],
    ]);
    expect(counters).toEqual({
      ...{ eventsHandled: 0, handlerRetries: 0, eventsParked: 1, eventsPutAside: 0 },
    });
    await pass(600_000);
    expect(await news()).toEqual([]);
  });

  it('is tried once more when somebody asked for it meanwhile', async () => {
    const { worker, news, test } = await draining([parkedAt(5)]);
    let tries = 0;
    test.handle = async () => {
      tries += 1;
      if (tries === 1) throw never;
    };
    test.beforePark = async () => {
      test.lot = [parkedAt(5, { requeues: 1 })];
    };
    worker.retry();
    expect(await news()).toContain('unpark e5');
    expect(tries).toBe(2);
  });

  it('is tried again in its time although it could not be written that it failed', async () => {
    const { worker, news, test, pass, logged, ended } = await draining([parkedAt(5)]);
    test.handle = async () => {
      throw no;
    };
    test.beforePark = async () => {
      throw new Error('away');
    };
    worker.retry();
    expect((await news()).slice(-2)).toEqual(['park e5 no', 'parked order-1']);
    expect(logged.at(-1)).toEqual([
      ...['warn', 'Events could not be put aside; trying again.'],
      { subscription: 'counts', error: new Error('away') },
    ]);
    expect(ended).toEqual([]);
    await pass(1600);
    expect(await news()).toContain('handle e5');
  });

  it.each([
    ['before it is parked again', 2, []],
    ['while it is parked again', 3, ['park e5 no']],
  ])('does nothing more when the lease is lost %s', async (_, holds, parks) => {
    const { worker, news, test, pass, ended, counters } = await draining([parkedAt(5)]);
    let held = 0;
    test.hold = async () => {
      held += 1;
      return held < holds;
    };
    test.handle = async () => {
      throw no;
    };
    test.beforePark = async () => {
      test.isOurs = false;
    };
    if (parks.length > 0)
      test.handle = async () => {
        test.isOurs = false;
        throw no;
      };
    worker.retry();
    expect((await news()).slice(3)).toEqual(['rollback', ...parks]);
    expect(ended).toEqual([true]);
    expect(counters.eventsPutAside).toBe(0);
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('is not unparked when the lease is lost in the transaction', async () => {
    const { worker, news, test, logged } = await draining([parkedAt(5)]);
    test.isOursWithin = false;
    worker.retry();
    expect((await news()).slice(0, 5)).toEqual([
      ...['parked order-1', 'begin', 'handle e5', 'unpark e5', 'rollback'],
    ]);
    expect(logged[0]?.[2]).toMatchObject({ error: { code: 'storeUnavailable' } });
    expect(test.lot.map(({ position }) => position)).toEqual([5]);
  });
});
