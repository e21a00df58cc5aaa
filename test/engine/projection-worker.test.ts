import { describe, expect, it } from 'vitest';
import { OrderchartError } from '../../src/errors.ts';
import { parkedEvent } from './lane-kit.ts';
import { projectingAlone } from './projection-kit.ts';
import { gate, turns } from './turns.ts';
import { away, entries, entryOf, parkedOrder } from './worker-kit.ts';

// The worker of a projection for as long as nothing fails.

describe('the worker of a projection that starts', () => {
  it('learns what is parked before it reads anything', async () => {
    const { worker, test, news } = projectingAlone();
    const hold = gate();
    test.beforeLearn = () => hold.opened;
    test.feed = entries(11, 1);
    test.parkedOrders = [parkedOrder('order-a'), parkedOrder('order-b', { retryAt: 500 })];
    const starting = worker.start();
    worker.wake();
    worker.retry();
    expect(await news()).toEqual(['learn']);
    hold.open();
    await starting;
    expect(await news()).toEqual(['read after 10 4', 'begin', 'handle e11', 'commit 11']);
    expect(worker.status()).toEqual({
      ...{ position: 11, readPosition: 11, unfinished: 0, parkedLanes: 2, asideLanes: 1 },
    });
  });

  it('learns no further when the lease is lost meanwhile, and reads nothing', async () => {
    const { worker, test, news, ended } = projectingAlone();
    test.parkedOrders = Array.from({ length: 1500 }, (_, index) => parkedOrder(`order-${index}`));
    test.isOurs = false;
    await worker.start();
    expect(await news()).toEqual(['learn']);
    expect(ended).toEqual([true]);
  });
});

describe('the worker of a projection', () => {
  it('takes a page in one transaction, which writes its place, and then the next', async () => {
    const { worker, test, news, counters, contexts } = projectingAlone();
    test.feed = entries(11, 6);
    await worker.start();
    expect(await news()).toEqual([
      ...['learn', 'read after 10 4', 'begin', 'handle e11', 'handle e12', 'handle e13'],
      ...['handle e14', 'commit 14', 'read after 14 4', 'begin', 'handle e15', 'handle e16'],
      'commit 16',
    ]);
    expect(worker.position).toBe(16);
    expect(counters).toMatchObject({ eventsHandled: 6, eventsParked: 0, eventsPutAside: 0 });
    expect(contexts[0]).toMatchObject({ attempt: 1, history: 7, transaction: 'transaction 1' });
    expect(contexts[5]).toMatchObject({ attempt: 1, transaction: 'transaction 2' });
    expect(test.progress).toBe(2);
  });

  it('tells how many events it has read and not projected yet', async () => {
    const { worker, test } = projectingAlone();
    const hold = gate();
    test.handle = () => hold.opened;
    test.feed = entries(11, 3);
    await worker.start();
    await turns();
    expect(worker.status()).toMatchObject({ position: 10, readPosition: 13, unfinished: 3 });
    let isIdle = false;
    void worker.handlers.idle().then(() => {
      isIdle = true;
    });
    await turns();
    expect(isIdle).toBe(false);
    hold.open();
    await turns();
    expect([isIdle, worker.status().unfinished]).toEqual([true, 0]);
  });

  it('reads again when it is woken, also while it reads, and not otherwise', async () => {
    const { worker, test, news, pass } = projectingAlone();
    const hold = gate();
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 4']);
    worker.retry();
    await worker.refreshParked(1);
    expect(await news()).toEqual(['learn']);
    test.beforeRead = () => hold.opened;
    worker.wake();
    worker.wake();
    expect(await news()).toEqual(['read after 10 4']);
    worker.wake();
    hold.open();
    expect(await news()).toEqual(['read after 10 4']);
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('lets others have its slot after each step', async () => {
    const { worker, test, parts, told, news } = projectingAlone(1);
    test.feed = entries(11, 2);
    const other = { run: async () => void told.push('other') };
    test.handle = async ({ id }) => {
      if (id === 'e11') parts.slots.request(other);
    };
    await worker.start();
    expect(await news()).toEqual([
      ...['learn', 'read after 10 1', 'begin', 'handle e11', 'commit 11', 'other'],
      ...['read after 11 1', 'begin', 'handle e12', 'commit 12'],
    ]);
  });

  it('tries again later when the feed cannot be read, and says so', async () => {
    const { worker, test, news, pass, logged, ended } = projectingAlone();
    test.feed = entries(11, 1);
    test.beforeRead = away;
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 4']);
    expect(logged).toEqual([
      [
        ...['warn', 'The feed could not be read; trying again.'],
        { subscription: 'counts', error: new Error('away') },
      ],
    ]);
    test.beforeRead = async () => {};
    worker.wake();
    await pass(99);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['read after 10 4', 'begin', 'handle e11', 'commit 11']);
    expect(ended).toEqual([]);
  });

  it('ends when the history has changed', async () => {
    const { worker, test, news, ended, pass } = projectingAlone();
    test.beforeRead = async () => {
      throw new OrderchartError('historyChanged', 'changed');
    };
    await worker.start();
    expect(ended).toEqual([]);
    expect(await news()).toEqual(['learn', 'read after 10 4']);
    expect(ended).toEqual([false]);
    worker.wake();
    await pass(60_000);
    expect(await news()).toEqual([]);
  });
});

describe('the worker of a projection, of events of other types,', () => {
  it('needs no transaction, and writes its place after five seconds', async () => {
    const { worker, test, news, pass } = projectingAlone();
    test.feed = entries(11, 2);
    test.matches = () => false;
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 4']);
    expect(worker.status()).toMatchObject({ position: 12, readPosition: 12, unfinished: 0 });
    expect(test.progress).toBe(1);
    await pass(4999);
    expect(await news()).toEqual([]);
    await pass(1);
    expect(await news()).toEqual(['checkpoint 12']);
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('writes its place at once when it is 256 behind', async () => {
    const { worker, test, news } = projectingAlone(256);
    test.feed = entries(11, 300);
    test.matches = () => false;
    await worker.start();
    expect(await news()).toEqual([
      'learn',
      'read after 10 256',
      'checkpoint 266',
      'read after 266 256',
    ]);
  });

  it('passes over those of a page, and counts none of them', async () => {
    const { worker, test, news, counters } = projectingAlone();
    test.feed = entries(11, 3);
    test.matches = (type) => type === 'order.noted';
    test.feed[1] = {
      ...entryOf(12),
      event: { ...entryOf(12).event, type: 'order.noted' } as never,
    };
    await worker.start();
    expect(await news()).toEqual(['learn', 'read after 10 4', 'begin', 'handle e12', 'commit 13']);
    expect(counters.eventsHandled).toBe(1);
  });
});

describe('the worker of a projection with parked orders', () => {
  it('parks the later events behind them, which have not failed', async () => {
    const { worker, test, news, counters } = projectingAlone();
    test.parkedOrders = [parkedOrder('order-1')];
    test.lot = [parkedEvent(1)];
    test.feed = [entryOf(11, 'order-1'), entryOf(12)];
    await worker.start();
    expect(await news()).toEqual([
      ...['learn', 'read after 10 4', 'parked order-1', 'begin', 'park e11 behind', 'handle e12'],
      'commit 12',
    ]);
    expect(test.lot[1]).toEqual({
      ...{
        subscription: 'counts',
        partition: 3,
        position: 11,
        event: entryOf(11, 'order-1').event,
      },
      ...{ error: null, attempts: 0, retryAt: null, requeues: 0, parkedAt: 0 },
    });
    expect(counters).toMatchObject({ eventsHandled: 1, eventsParked: 1, eventsPutAside: 0 });
  });

  it('counts those behind an order that was put aside as put aside', async () => {
    const { worker, test, news, counters } = projectingAlone();
    test.parkedOrders = [parkedOrder('order-1', { retryAt: 5000 })];
    test.feed = [entryOf(11, 'order-1')];
    await worker.start();
    await news();
    expect(counters).toMatchObject({ eventsHandled: 0, eventsParked: 0, eventsPutAside: 1 });
  });

  it('passes over the event that the others wait behind when it comes again', async () => {
    const { worker, test, news } = projectingAlone();
    test.parkedOrders = [parkedOrder('order-11')];
    test.lot = [parkedEvent(11, { event: entryOf(11).event })];
    test.feed = entries(11, 2);
    await worker.start();
    expect(await news()).toEqual([
      ...['learn', 'read after 10 4', 'parked order-11', 'begin', 'handle e12', 'commit 12'],
    ]);
  });

  it('does nothing more when its lease is lost within the transaction', async () => {
    const { worker, test, news, logged, pass } = projectingAlone();
    test.parkedOrders = [parkedOrder('order-1')];
    test.feed = [entryOf(11, 'order-1')];
    test.isOursWithin = false;
    await worker.start();
    expect(await news()).toContain('rollback');
    expect(logged[0]?.[2]).toMatchObject({
      error: { code: 'storeUnavailable', message: expect.stringContaining('The lease was lost') },
    });
    test.isOurs = false;
    await pass(60_000);
    expect((await news()).filter((what) => what.startsWith('commit'))).toEqual([]);
  });
});
