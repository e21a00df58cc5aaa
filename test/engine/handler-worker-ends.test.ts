import { describe, expect, it } from 'vitest';
import { working } from './handler-worker-kit.ts';
import { parkedEvent } from './lane-kit.ts';
import { gate, turns } from './turns.ts';
import { away, entryOf, keyOf } from './worker-kit.ts';

// How the worker of a partition ends, and what others ask of it.

const never = new Promise<void>(() => {});

/** Begun with one event, whose handler is waiting. */
async function busy() {
  const world = working();
  const hold = gate();
  const signals: AbortSignal[] = [];
  world.test.feed = [entryOf(11), entryOf(12, 'order-11')];
  world.test.handle = (_, { signal }) => {
    signals.push(signal);
    return hold.opened;
  };
  await world.worker.start();
  await world.news();
  return { ...world, hold, isAborted: () => signals[0]?.aborted };
}

describe('a worker that stops', () => {
  it('waits for what was begun, begins nothing more, and writes how far it came', async () => {
    const { worker, hold, news, ended, isAborted } = await busy();
    let isStopped = false;
    const stopping = worker.stop(never).then(() => {
      isStopped = true;
    });
    worker.wake();
    expect(await news()).toEqual([]);
    expect([isStopped, isAborted()]).toEqual([false, false]);
    hold.open();
    await stopping;
    expect(await news()).toEqual(['checkpoint 11']);
    expect(worker.lease.isOver).toBe(true);
    expect(isAborted()).toBe(true);
    expect(ended).toEqual([]);
  });

  it('waits no longer than there is patience, and aborts what is running', async () => {
    const { worker, news, isAborted } = await busy();
    await worker.stop(Promise.resolve());
    expect(isAborted()).toBe(true);
    expect(await news()).toEqual([]);
    let isIdle = false;
    void worker.handlers.idle().then(() => {
      isIdle = true;
    });
    await turns();
    expect(isIdle).toBe(false);
  });

  it('writes nothing when the lease is lost meanwhile', async () => {
    const { worker, test, news, ended } = working();
    const hold = gate();
    // One is done, and not written yet.
    test.feed = [entryOf(11), entryOf(12)];
    test.handle = ({ orderId }) => (orderId === 'order-12' ? hold.opened : Promise.resolve());
    await worker.start();
    await news();
    const stopping = worker.stop(never);
    worker.lease.end(true);
    hold.open();
    await stopping;
    expect(await news()).toEqual([]);
    expect(ended).toEqual([true]);
  });

  it('takes back the waits of what failed', async () => {
    const { worker, test, news, timers } = working();
    test.feed = [entryOf(11)];
    test.handle = away;
    await worker.start();
    await news();
    expect(timers()).toBe(1);
    await worker.stop(never);
    expect(timers()).toBe(0);
    expect(await news()).toEqual([]);
  });
});

describe('a worker whose lease is lost', () => {
  it('says so once, aborts what is running, and writes nothing more', async () => {
    const { worker, test, hold, news, ended, isAborted, pass } = await busy();
    test.isOurs = false;
    expect(await worker.hold()).toBe(false);
    expect(await worker.hold()).toBe(false);
    expect(ended).toEqual([true]);
    expect(isAborted()).toBe(true);
    expect(worker.lease).toMatchObject({ isOver: true, isStopping: true });
    hold.open();
    test.isOurs = true;
    expect(await worker.hold()).toBe(false);
    worker.wake();
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('writes no checkpoint that was due', async () => {
    const { worker, hold, news, pass } = await busy();
    hold.open();
    await news();
    worker.lease.end(true);
    await pass(60_000);
    expect(await news()).toEqual([]);
  });

  it('holds on while it is ours', async () => {
    const { worker, ended } = working();
    expect(await worker.hold()).toBe(true);
    expect(ended).toEqual([]);
    expect(worker.lease).toMatchObject({ isOver: false, isStopping: false });
  });

  it('is told so by a checkpoint that is refused', async () => {
    const { hold, test, ended, pass } = await busy();
    hold.open();
    await turns();
    test.isOurs = false;
    await pass(1000);
    expect(ended).toEqual([true]);
  });

  it('that is abandoned says that nobody has taken it, unless it was stopping anyway', async () => {
    const one = working();
    one.worker.abandon();
    one.worker.abandon();
    expect(one.ended).toEqual([false]);
    const { worker, ended, isAborted } = await busy();
    void worker.stop(never);
    worker.abandon();
    expect(ended).toEqual([]);
    expect(isAborted()).toBe(true);
  });

  it('takes back the waits of what failed', async () => {
    const { worker, test, news, timers } = working();
    test.feed = [entryOf(11)];
    test.handle = away;
    await worker.start();
    await news();
    worker.lease.end(true);
    expect(timers()).toBe(0);
    expect(await news()).toEqual([]);
  });
});

describe('parked orders', () => {
  const order = (orderId: string, error: string | null = 'poison') => ({
    ...{ ...keyOf(orderId), partition: 3, eventId: 'e1', error, attempts: 1 },
    ...{ retryAt: null, requeues: 0 },
  });

  async function parked() {
    const world = working();
    world.test.parkedOrders = [order('order-1'), order('order-2')];
    world.test.lot = [parkedEvent(1)];
    await world.worker.start();
    await world.news();
    return world;
  }

  it('are tried again when somebody asks, one or all', async () => {
    const { worker, news } = await parked();
    worker.retry(keyOf('order-1'));
    expect(await news()).toEqual([
      ...['parked mailer 64 order-1 1000000', 'handle order-1', 'unpark e1'],
      'parked mailer 64 order-1 1000000',
    ]);
    expect(worker.status().parkedLanes).toBe(1);
    worker.retry(keyOf('order-1'));
    expect(await news()).toEqual([]);
    worker.retry();
    expect(await news()).toEqual(['parked mailer 64 order-2 1000000']);
    expect(worker.status().parkedLanes).toBe(0);
  });

  it('do not move the checkpoint when they are handled', async () => {
    const { worker, counters, pass, news, test } = await parked();
    const before = test.progress;
    worker.retry(keyOf('order-1'));
    await pass(60_000);
    expect((await news()).filter((what) => what.startsWith('checkpoint'))).toEqual([]);
    expect(counters.eventsHandled).toBe(1);
    expect(test.progress).toBe(before);
  });

  it('go back when they fail for now, and rest', async () => {
    const { worker, test, news, counters } = await parked();
    test.handle = away;
    worker.retry(keyOf('order-1'));
    expect((await news()).slice(1, 3)).toEqual(['handle order-1', 'park order-1']);
    expect(counters).toMatchObject({ eventsPutAside: 1, handlerRetries: 0 });
    expect(worker.status()).toMatchObject({ parkedLanes: 2, asideLanes: 1 });
  });

  it('are tried again when somebody has asked elsewhere', async () => {
    const { worker, test, news } = await parked();
    test.parkedOrders = [order('order-1', null), order('order-2')];
    await worker.refreshParked(1);
    expect((await news()).slice(0, 3)).toEqual([
      ...['learn', 'parked mailer 64 order-1 1000000', 'handle order-1'],
    ]);
    expect(worker.status().parkedLanes).toBe(1);
    await worker.refreshParked(0);
    expect(await news()).toEqual([]);
  });

  it('end the worker when the lease turns out to be lost', async () => {
    const { worker, test, ended, news } = await parked();
    test.handle = async () => {
      test.isOurs = false;
    };
    worker.retry(keyOf('order-1'));
    await news();
    expect(ended).toEqual([true]);
  });
});
