import { describe, expect, it } from 'vitest';
import { projectingAlone } from './projection-kit.ts';
import { gate, turns } from './turns.ts';
import { entryOf, keyOf } from './worker-kit.ts';

// How the worker of a projection ends.

const order = keyOf('order-1');
const no = new Error('no');

describe('the worker of a projection that stops', () => {
  it('ends its transaction, and begins nothing more', async () => {
    const { worker, test, news, ended, pass } = projectingAlone(1);
    const hold = gate();
    test.handle = () => hold.opened;
    test.feed = [entryOf(11), entryOf(12)];
    await worker.start();
    await news();
    let isStopped = false;
    void worker.stop(new Promise(() => {})).then(() => {
      isStopped = true;
    });
    await turns();
    expect(isStopped).toBe(false);
    hold.open();
    expect(await news()).toEqual(['commit 11']);
    expect(isStopped).toBe(true);
    worker.wake();
    await pass(60_000);
    expect([await news(), ended]).toEqual([[], []]);
  });

  it('aborts its handler when there is no more patience, and its transaction with it', async () => {
    const { worker, test, news, contexts, ended, logged } = projectingAlone();
    const [hold, patience] = [gate(), gate()];
    test.handle = () => hold.opened;
    test.feed = [entryOf(11)];
    await worker.start();
    await news();
    const stopping = worker.stop(patience.opened);
    await turns();
    expect(contexts[0]).toMatchObject({ signal: { aborted: false } });
    patience.open();
    await stopping;
    expect(contexts[0]).toMatchObject({ signal: { aborted: true } });
    // It has not failed: it was interrupted.
    expect([await news(), ended, logged]).toEqual([['rollback'], [], []]);
    expect(worker.status()).toMatchObject({ position: 10 });
    hold.open();
  });

  it('writes its place behind events of other types, once', async () => {
    const { worker, test, news, pass, ended } = projectingAlone();
    test.matches = () => false;
    test.feed = [entryOf(11)];
    await worker.start();
    await news();
    await worker.stop(Promise.resolve());
    expect(await news()).toEqual(['checkpoint 11']);
    worker.abandon();
    await pass(60_000);
    expect([await news(), ended]).toEqual([[], []]);
  });

  it('writes nothing when the lease is lost', async () => {
    const { worker, test, news, ended } = projectingAlone();
    test.matches = () => false;
    test.feed = [entryOf(11)];
    await worker.start();
    await news();
    worker.abandon();
    await worker.stop(Promise.resolve());
    expect([await news(), ended]).toEqual([[], [false]]);
  });

  it.each(['stop', 'abandon'] as const)('waits for nothing more: %s', async (method) => {
    const { worker, test, news, pass } = projectingAlone();
    test.feed = [entryOf(11), entryOf(12, 'order-2')];
    test.parkedOrders = [
      { ...order, partition: 3, eventId: 'e1', error: 'no', attempts: 1, retryAt: 50 } as never,
    ];
    test.handle = async () => {
      throw no;
    };
    await worker.start();
    await news();
    await worker[method](Promise.resolve());
    await pass(60_000);
    expect(await news()).toEqual([]);
    expect(worker.status()).toMatchObject({ asideLanes: 0 });
  });

  it('aborts its handler at once when it is abandoned', async () => {
    const { worker, test, contexts, ended } = projectingAlone();
    test.handle = () => new Promise(() => {});
    test.feed = [entryOf(11)];
    await worker.start();
    await turns();
    worker.abandon();
    expect(contexts[0]).toMatchObject({ signal: { aborted: true } });
    expect(ended).toEqual([false]);
    worker.abandon();
    expect(ended).toEqual([false]);
  });

  it.each(['stop', 'abandon'] as const)('leaves no timer behind: %s', async (method) => {
    const { worker, test, news, timers } = projectingAlone(1);
    const types = ['other', 'order.annotated'];
    test.feed = [11, 12].map((position, index) => {
      const entry = entryOf(position);
      return { ...entry, event: { ...entry.event, type: types[index] } as never };
    });
    test.matches = (type) => type !== 'other';
    test.parkedOrders = [
      { ...order, partition: 3, eventId: 'e1', error: 'no', attempts: 1, retryAt: 50 } as never,
    ];
    test.handle = async () => {
      throw no;
    };
    await worker.start();
    await news();
    // For the order that is put aside, the event that failed, and the place.
    expect(timers()).toBe(3);
    await worker[method](Promise.resolve());
    expect(timers()).toBe(0);
  });

  it('begins to wait for nothing when its event fails meanwhile', async () => {
    const { worker, test, news, timers } = projectingAlone();
    const hold = gate();
    test.feed = [entryOf(11)];
    test.beforeRead = async () => {
      await hold.opened;
      throw no;
    };
    await worker.start();
    await news();
    const stopping = worker.stop(Promise.resolve());
    hold.open();
    await stopping;
    await news();
    expect(timers()).toBe(0);
  });

  it('has its lease no more', async () => {
    const { worker } = projectingAlone();
    await worker.start();
    expect(await worker.hold()).toBe(true);
    await worker.stop(Promise.resolve());
    expect(await worker.hold()).toBe(false);
  });
});
