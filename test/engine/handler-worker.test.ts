import { describe, expect, it } from 'vitest';
import { PermanentHandlerError } from '../../src/engine/subscriptions/permanent-error.ts';
import { OrderchartError } from '../../src/errors.ts';
import { working } from './handler-worker-kit.ts';
import { eventOf, parkedEvent } from './lane-kit.ts';
import { gate, turns } from './turns.ts';
import { away, entries, keyOf, parkedOrder } from './worker-kit.ts';

// The worker of one partition, for as long as its lease is ours.

describe('a worker that starts', () => {
  it('learns what is parked before it reads anything', async () => {
    const { worker, test, news } = working();
    const hold = gate();
    test.beforeLearn = () => hold.opened;
    test.feed = entries(11, 1);
    test.parkedOrders = [parkedOrder('order-a')];
    const starting = worker.start();
    worker.wake();
    expect(await news()).toEqual(['learn']);
    hold.open();
    await starting;
    expect(await news()).toEqual(['read after 10 256', 'handle order-11']);
    expect(worker.status()).toMatchObject({ parkedLanes: 1, asideLanes: 0 });
  });

  it('learns no further when the lease is lost meanwhile, and reads nothing', async () => {
    const { worker, test, news, ended } = working();
    test.parkedOrders = Array.from({ length: 1500 }, (_, index) => parkedOrder(`order-${index}`));
    test.isOurs = false;
    await worker.start();
    expect(await news()).toEqual(['learn']);
    expect(ended).toEqual([true]);
  });

  it('knows of the orders put aside, and tries them when their time has come', async () => {
    const { worker, test, news, pass } = working();
    test.parkedOrders = [parkedOrder('order-1', { retryAt: 500 }), parkedOrder('order-2')];
    test.lot = [parkedEvent(1)];
    await worker.start();
    expect(worker.status()).toMatchObject({ parkedLanes: 2, asideLanes: 1 });
    expect(await news()).toEqual(['learn', 'read after 10 256']);
    await pass(500);
    expect((await news()).slice(0, 3)).toEqual([
      ...['parked mailer 64 order-1 1000000', 'handle order-1', 'unpark e1'],
    ]);
    expect(worker.status()).toMatchObject({ parkedLanes: 1, asideLanes: 0 });
  });
});

describe('a worker that reads', () => {
  it('reads page by page to the end, and notes how far it came', async () => {
    const { worker, test, news, counters, parts, activity } = working();
    test.feed = entries(11, 300);
    await worker.start();
    await activity.idle();
    const reads = (await news()).filter((what) => what.startsWith('read'));
    expect(reads).toEqual(['read after 10 256', 'read after 266 256']);
    expect(worker.status()).toMatchObject({ position: 310, readPosition: 310, unfinished: 0 });
    expect(counters.eventsHandled).toBe(300);
    // Nothing is kept of orders that are done with.
    expect(worker.lanes.get(keyOf('order-11'))).toBeUndefined();
    expect(parts.outlook.handled).toBe(300);
    // Twice for the pages.
    expect(test.progress).toBe(302);
  });

  it('reads again when it is woken, also while it reads, and not otherwise', async () => {
    const { worker, test, news } = working();
    const hold = gate();
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 256']);
    test.beforeRead = () => hold.opened;
    worker.wake();
    worker.wake();
    expect(await news()).toEqual(['read after 10 256']);
    hold.open();
    expect(await news()).toEqual(['read after 10 256']);
    test.feed = entries(11, 1);
    expect(await news()).toEqual([]);
  });

  it('passes over events of other types, which are done at once', async () => {
    const { worker, test, news, pass } = working();
    test.feed = entries(11, 2);
    test.matches = () => false;
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 256']);
    expect(worker.status()).toMatchObject({ position: 12, readPosition: 12, unfinished: 0 });
    expect(test.progress).toBe(1);
    await pass(4999);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['checkpoint 12']);
  });

  it('writes its checkpoint a second after an event was handled', async () => {
    const { worker, test, news, pass } = working();
    test.feed = entries(11, 1);
    await worker.start();
    await news();
    await pass(1000);
    expect(await news()).toEqual(['checkpoint 11']);
  });

  it('reads no more than a thousand that are not done, and goes on when some are', async () => {
    const { worker, test, news } = working(1);
    const hold = gate();
    test.feed = entries(11, 1300);
    test.handle = () => hold.opened;
    await worker.start();
    const reads = (await news()).filter((what) => what.startsWith('read'));
    expect(reads).toEqual([
      ...['read after 10 256', 'read after 266 256', 'read after 522 256', 'read after 778 232'],
    ]);
    expect(worker.status()).toMatchObject({ position: 10, readPosition: 1010, unfinished: 1000 });
    test.handle = async () => undefined;
    hold.open();
    const more = (await news()).filter((what) => what.startsWith('read'));
    expect(more[0]).toBe('read after 1010 1');
    await turns(3000);
    expect(worker.status()).toMatchObject({ position: 1310, readPosition: 1310, unfinished: 0 });
  });

  it('tries later again when the feed cannot be read, and warns', async () => {
    const { worker, test, news, logged, pass } = working();
    test.beforeRead = away;
    await worker.start();
    await news();
    const fields = { subscription: 'mailer', error: expect.objectContaining({ message: 'away' }) };
    expect(logged).toEqual([['warn', 'The feed could not be read; trying again.', fields]]);
    test.beforeRead = async () => {};
    await pass(99);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['read after 10 256']);
  });

  it('ends when its history is another by now, and tries nothing again', async () => {
    const { worker, test, news, ended, pass } = working();
    test.beforeRead = async () => {
      throw new OrderchartError('historyChanged', 'It was set back.');
    };
    await worker.start();
    await news();
    expect(ended).toEqual([false]);
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('does not wait for another try once it stops', async () => {
    const { worker, test, news, timers } = working();
    test.beforeRead = away;
    await worker.start();
    await news();
    expect(timers()).toBe(1);
    await worker.stop(Promise.resolve());
    expect(timers()).toBe(0);
    expect(await news()).toEqual([]);
  });

  it('tries nothing again when it failed to read while it stopped', async () => {
    const { worker, test, news, timers } = working();
    const hold = gate();
    test.beforeRead = () => hold.opened.then(away);
    await worker.start();
    const stopping = worker.stop(new Promise(() => {}));
    await news();
    hold.open();
    await stopping;
    expect(timers()).toBe(0);
  });

  it('counts as work of the engine and of its own while it reads', async () => {
    const { worker, test, activity } = working();
    const hold = gate();
    test.beforeRead = () => hold.opened;
    await worker.start();
    let idle = 0;
    for (const one of [activity, worker.lease.work])
      void one.idle().then(() => {
        idle += 1;
      });
    await turns();
    expect(idle).toBe(0);
    hold.open();
    await turns();
    expect(idle).toBe(2);
  });
});

describe('what handlers do', () => {
  it('is told which event and history it is about', async () => {
    const { worker, test, news } = working();
    const told: unknown[] = [];
    test.handle = async (event, { attempt, history }) => void told.push([event, attempt, history]);
    test.feed = entries(11, 1);
    await worker.start();
    await news();
    expect(told).toEqual([[eventOf(11, keyOf('order-11')), 1, 7]]);
  });

  it('has commands executed under a key of the subscription, the event and their place', async () => {
    const { worker, test, news, counters } = working();
    test.feed = entries(11, 1);
    test.handle = async () => ['one', 'other'];
    test.result = { status: 'rejected', rejection: {} };
    await worker.start();
    expect((await news()).slice(3)).toEqual([
      ...['execute one e11 mailer/e11/0', 'execute other e11 mailer/e11/1'],
    ]);
    expect(counters.handlerCommandsRejected).toBe(2);
  });

  it('that fails is tried again after growing waits, which are counted', async () => {
    const { worker, test, news, counters, pass } = working();
    test.feed = entries(11, 1);
    test.handle = away;
    await worker.start();
    await news();
    expect(counters.handlerRetries).toBe(1);
    await pass(99);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['handle order-11']);
    await pass(199);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['handle order-11']);
    expect(counters).toMatchObject({ handlerRetries: 3, eventsHandled: 0 });
    expect(worker.status()).toMatchObject({ position: 10, readPosition: 11, unfinished: 1 });
  });

  it('that refuses an event for good has it parked, and it is done', async () => {
    const { worker, test, news, counters } = working();
    test.feed = entries(11, 1);
    test.handle = async () => {
      throw new PermanentHandlerError('poison');
    };
    await worker.start();
    expect((await news()).slice(2)).toEqual(['handle order-11', 'park order-11']);
    expect(worker.status()).toMatchObject({
      position: 11,
      unfinished: 0,
      parkedLanes: 1,
      asideLanes: 0,
    });
    expect(counters).toMatchObject({ eventsParked: 1, eventsHandled: 0 });
    expect(worker.lanes.get(keyOf('order-11'))).toBeDefined();
    expect(worker.lanes.get(keyOf('order-12'))).toBeUndefined();
  });
});
