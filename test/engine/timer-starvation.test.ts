import { type CommitOutcome, OrderchartError, type OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import {
  counted,
  due,
  expectNoStarvation,
  expiredAt,
  fillWithFailing,
  minute,
  second,
  start,
} from './failing-deadlines.ts';
import { annotate, createStore, place, sharedStore, testEngine } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';

const hour = 60 * minute;

async function openedStore(): Promise<OrderStore> {
  const store = sharedStore(createStore());
  await store.open();
  return store;
}

describe('deadlines that cannot be fired here, because an extension is missing', () => {
  it.each([10, 1000])('%d of them hold up no other', async (count) => {
    await expectNoStarvation(await openedStore(), count);
  });

  it.each([10, 4200])('%d of them fire once the extension is there', async (count) => {
    const inner = await openedStore();
    await fillWithFailing(inner, count, start + second);
    let isThere = false;
    const store = changed(inner, {
      load: async (keys) => {
        const records = await inner.load(keys);
        if (!isThere) return records;
        return records.map((record) => record && { ...record, status: known(record.status) });
      },
    });
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    const pass = (ms: number) => clock.runTo(clock.now() + ms, () => engine.idle());
    await pass(minute);
    expect(engine.stats()).toMatchObject({ timersFired: 0, timersFailing: count });
    isThere = true;
    await pass(10 * minute);
    expect(engine.stats()).toMatchObject({ timersFired: count, timersFailing: 0 });
    expect(await inner.due(clock.now(), 1)).toEqual([]);
  });

  it('are looked at no more than before once they are gone', async () => {
    const { store, counts } = counted(await openedStore());
    await fillWithFailing(store, 600, start + second);
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    await clock.runTo(start + minute, () => engine.idle());
    counts.pages = 0;
    for (let index = 0; index < 20; index += 1) {
      await engine.execute(place(`order-${index}`, due(100)));
      await clock.runTo(clock.now() + 100, () => engine.idle());
      expect(await expiredAt(engine, `order-${index}`)).toBe(clock.now());
    }
    // A page for each deadline, not one for each 256 that fail.
    expect(counts.pages).toBeLessThan(60);
  });

  it('an order among them whose deadline was moved is fired at its new time', async () => {
    const store = await openedStore();
    await fillWithFailing(store, 300, start + second);
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    await engine.execute(place('moved', due(2 * second)));
    await clock.runTo(start + minute, () => engine.idle());
    await engine.execute(place('in-the-past', due(1)));
    await clock.runTo(clock.now() + second, () => engine.idle());
    expect(await expiredAt(engine, 'in-the-past')).toBe(start + minute + 1);
  });
});

function known(status: Readonly<Record<string, unknown>>) {
  const { warehouse: _, ...rest } = status;
  return rest as never;
}

describe('orders that others hold', () => {
  it.each([
    ['in a transaction', { status: 'locked' }],
    ['by changing them all the time', { status: 'conflict' }],
  ] as const)('%s hold up no other, and fire when they are let go', async (_, outcome) => {
    const inner = await openedStore();
    let isHeld = true;
    const store = changed(inner, {
      commit: async (commits) => {
        const outcomes: CommitOutcome[] = [];
        for (const commit of commits) {
          const isStuck = isHeld && commit.orderId.startsWith('held') && commit.expectedVersion > 0;
          const answers = isStuck ? [outcome] : await inner.commit([commit]);
          outcomes.push(...answers);
        }
        return outcomes;
      },
    });
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    const pass = (ms: number) => clock.runTo(clock.now() + ms, () => engine.idle());
    const ids = Array.from({ length: 600 }, (_unused, index) => `held-${index}`);
    await Promise.all(ids.map((id) => engine.execute(place(id, due(second)))));
    await engine.execute(place('free', due(2 * second)));
    await pass(5 * second);
    expect(await expiredAt(engine, 'free')).toBe(start + 2 * second);
    expect(engine.stats().timersFailing).toBe(600);
    isHeld = false;
    // They were held for four seconds, so the pause that follows is eight at most.
    await pass(9 * second);
    expect(engine.stats()).toMatchObject({ timersFired: 601, timersFailing: 0 });
  });
});

describe('while the store is away', () => {
  it('no order is blamed, the pauses grow, and all fire when it is back', async () => {
    const inner = await openedStore();
    let isAway = false;
    let tried = 0;
    const store = changed(inner, {
      commit: async (commits) => {
        if (!isAway) return inner.commit(commits);
        tried += 1;
        throw new OrderchartError('storeUnavailable', 'away');
      },
    });
    const { engine, clock, log } = await testEngine({ store, clock: createMovableClock(start) });
    const ids = Array.from({ length: 600 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => engine.execute(place(id, due(second)))));
    isAway = true;
    await clock.runTo(start + 10 * minute, () => engine.idle());
    // At most one a look, which might have been to blame.
    expect(engine.stats().timersFailing).toBeLessThan(100);
    expect(tried).toBeGreaterThan(30);
    expect(tried).toBeLessThan(250);
    expect(log.length).toBeLessThan(250);
    isAway = false;
    await clock.runTo(clock.now() + 6 * minute, () => engine.idle());
    expect(engine.stats()).toMatchObject({ timersFired: 600, timersFailing: 0 });
  });

  it('one order that fails the batch it is in is found, and the others fire', async () => {
    const inner = await openedStore();
    const store = changed(inner, {
      commit: async (commits) => {
        const isPoisoned = commits.some(
          (each) => each.orderId === 'bad' && each.expectedVersion > 0,
        );
        if (isPoisoned) throw new OrderchartError('storeUnavailable', 'a batch failed');
        return inner.commit(commits);
      },
    });
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    const ids = Array.from({ length: 300 }, (_, index) => `order-${index}`);
    await engine.execute(place('bad', due(second)));
    await Promise.all(ids.map((id) => engine.execute(place(id, due(second)))));
    await clock.runTo(start + 5 * minute, () => engine.idle());
    expect(engine.stats()).toMatchObject({ timersFired: 300, timersFailing: 1 });
  });

  it('one order that cannot be read is left out of the page of the others', async () => {
    const inner = await openedStore();
    const store = changed(inner, {
      load: async (keys) => {
        if (keys.some(({ orderId }) => orderId === 'damaged')) {
          throw new OrderchartError('storeCorrupt', 'damaged');
        }
        return inner.load(keys);
      },
    });
    const { engine, clock } = await testEngine({
      store,
      clock: createMovableClock(start),
      cacheSize: 0,
    });
    const ids = Array.from({ length: 300 }, (_, index) => `order-${index}`);
    await Promise.all(['damaged', ...ids].map((id) => engine.execute(place(id, due(second)))));
    await clock.runTo(start + second, () => engine.idle());
    expect(engine.stats()).toMatchObject({ timersFired: 300, timersFailing: 1 });
    await expect(engine.get('damaged')).rejects.toMatchObject({ code: 'storeCorrupt' });
  });
});

describe('several engines', () => {
  it('go past deadlines that none of them can fire', async () => {
    const store = partitionedStore(1);
    await store.open();
    await fillWithFailing(store, 1000, start + second);
    const clock = createMovableClock(start);
    const engines = [
      (await testEngine({ store, clock })).engine,
      (await testEngine({ store, clock })).engine,
      (await testEngine({ store, clock })).engine,
    ] as const;
    const settle = async () => {
      for (const engine of engines) await engine.idle();
    };
    const ids = Array.from({ length: 90 }, (_, index) => `order-${index}`);
    await Promise.all(
      ids.map((id, index) => engines[0].execute(place(id, due(second * (1 + (index % 30)))))),
    );
    await clock.runTo(start + 40 * second, settle);
    for (const [index, id] of ids.entries()) {
      const lateMs =
        ((await expiredAt(engines[0], id)) ?? Number.POSITIVE_INFINITY) -
        start -
        second * (1 + (index % 30));
      expect(lateMs, id).toBeLessThanOrEqual(4 * second);
    }
    // One that is gone by then has set it, so nobody was told of it.
    const { engine: gone } = await testEngine({ store, clock: createMovableClock(clock.now()) });
    await gone.execute(place('left-behind', due(10)));
    await gone.close();
    await clock.runTo(clock.now() + 6 * second, settle);
    expect(await expiredAt(engines[0], 'left-behind')).toBeDefined();
  });

  it('a change of an order whose deadline fails does not make them look at all of them again', async () => {
    const { store, counts } = counted(await openedStore());
    await fillWithFailing(store, 600, start + second);
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(start) });
    await engine.execute(place('order-1', due(hour)));
    await clock.runTo(start + minute, () => engine.idle());
    counts.pages = 0;
    for (let index = 0; index < 20; index += 1) {
      await engine.execute(annotate('order-1', `note ${index}`));
      await engine.idle();
    }
    expect(counts.pages).toBe(0);
  });
});
