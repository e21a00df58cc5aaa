import { describe, expect, it } from 'vitest';
import { working } from './handler-worker-kit.ts';
import { gate } from './turns.ts';
import { entryOf } from './worker-kit.ts';

// A window that is full of events that fail: four of a megabyte each fill it.

const large = { note: 'x'.repeat(1_000_000) };

function largeEntry(position: number) {
  const entry = entryOf(position, `bad-${position}`);
  return { ...entry, event: { ...entry.event, data: large } };
}

/** The orders `bad-11` to `bad-14` fail and fill the window; behind it is the order `good`. */
async function stuck() {
  const world = working();
  const { test, worker, news } = world;
  const failing = { is: (orderId: string): boolean => orderId.startsWith('bad') };
  test.feed = [11, 12, 13, 14].map(largeEntry);
  test.handle = async ({ orderId }) => {
    if (failing.is(orderId)) throw new Error('away');
  };
  await worker.start();
  await news();
  test.feed.push(entryOf(15, 'good'));
  return { ...world, failing };
}

const looksIn = (told: readonly string[]) => told.filter((what) => what.startsWith('look'));

describe('a window full of events that fail', () => {
  it('is left for a look ahead, and what fails alone is put aside', async () => {
    const { worker, news, pass, counters, activity } = await stuck();
    worker.wake();
    expect(await news()).toEqual([]);
    expect(worker.status()).toMatchObject({ readPosition: 14, unfinished: 4 });
    expect(worker.lookAhead.isStuck).toBe(true);
    await pass(300);
    const told = await news();
    expect(looksIn(told)).toEqual(['look after 14']);
    expect(told.filter((what) => what.endsWith('good'))).toEqual(['handle good']);
    // Room for one is enough to read on.
    expect(told.slice(-2)).toEqual(['park bad-11', 'read after 14 256']);
    expect(worker.status()).toMatchObject({ position: 11, readPosition: 15, unfinished: 3 });
    expect(worker.status()).toMatchObject({ parkedLanes: 1, asideLanes: 1 });
    expect(worker.lookAhead.isStuck).toBe(false);
    expect(counters).toMatchObject({ eventsHandled: 1, eventsPutAside: 1 });
    await activity.idle();
  });

  it('is not left while one of them is still being tried', async () => {
    const { worker, test, news, pass } = working();
    const hold = gate();
    test.feed = [11, 12, 13, 14].map(largeEntry);
    test.handle = async ({ orderId }) => {
      if (orderId === 'bad-12') await hold.opened;
      throw new Error('away');
    };
    await worker.start();
    worker.wake();
    await pass(10_000);
    expect(worker.status()).toMatchObject({ unfinished: 4 });
    expect(worker.lookAhead.isStuck).toBe(false);
    expect(looksIn(await news())).toEqual([]);
    hold.open();
    await news();
    expect(worker.lookAhead.isStuck).toBe(true);
  });

  it('is not left when it is not full', async () => {
    const { worker, test, news, pass } = working();
    test.feed = [11, 12, 13].map(largeEntry);
    test.handle = async () => {
      throw new Error('away');
    };
    await worker.start();
    worker.wake();
    await pass(10_000);
    expect(worker.lookAhead.isStuck).toBe(false);
    expect(looksIn(await news())).toEqual([]);
  });

  it('is left by nobody who stops', async () => {
    const { worker, news, pass, timers } = await stuck();
    worker.wake();
    await news();
    await worker.stop(new Promise(() => {}));
    expect(worker.lookAhead.isStuck).toBe(false);
    expect(timers()).toBe(0);
    await pass(10_000);
    expect(await news()).toEqual([]);
  });

  it('goes on without a look when its events are handled, and then reads on', async () => {
    const { worker, failing, news, pass } = await stuck();
    worker.wake();
    failing.is = () => false;
    await pass(99);
    await news();
    await pass(1);
    const told = await news();
    expect(looksIn(told)).toEqual([]);
    expect(told).toContain('read after 14 256');
    expect(told).toContain('handle good');
    expect(worker.status()).toMatchObject({ position: 15, unfinished: 0, parkedLanes: 0 });
  });

  it('has what is tried ahead handled once when reading comes to it meanwhile', async () => {
    const { worker, test, failing, news, pass } = await stuck();
    const hold = gate();
    const { handle } = test;
    test.handle = (event, context) =>
      event.orderId === 'good' ? hold.opened : handle(event, context);
    failing.is = () => true;
    worker.wake();
    await pass(150);
    expect((await news()).at(-1)).toBe('handle good');
    failing.is = () => false;
    await pass(1000);
    const told = await news();
    expect(told.filter((what) => what.startsWith('read'))).not.toEqual([]);
    expect(told).not.toContain('handle good');
    expect(worker.status()).toMatchObject({ position: 14, readPosition: 15, unfinished: 1 });
    hold.open();
    expect(await news()).toEqual([]);
    expect(worker.status()).toMatchObject({ position: 15, unfinished: 0 });
  });
});
