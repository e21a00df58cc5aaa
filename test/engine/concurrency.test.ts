import type { OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { faultyStore } from '../../src/testing/faults.ts';
import {
  all,
  annotate,
  captured,
  createStore,
  gate,
  place,
  sharedStore,
  testEngine,
} from './kit.ts';

const notes = (count: number) => Array.from({ length: count }, (_, index) => `note-${index}`);

/** The notes in an order's history, in its order; checks that versions have no gap. */
async function notesOf(engine: OrderEngine): Promise<readonly unknown[]> {
  const events = await all(engine.history('order-1'));
  expect(events.map(({ version }) => version)).toEqual(events.map((_, index) => index + 1));
  return events
    .filter(({ type }) => type === 'order.annotated')
    .map(({ data }) => (data as { metadata: { note: string } }).metadata.note);
}

describe('20 commands at once on one order', () => {
  it('run one after the other, in the order of the calls', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    const results = await Promise.all(
      notes(20).map((note) => engine.execute(annotate('order-1', note))),
    );
    expect(results.map((result) => result.status === 'accepted' && result.version)).toEqual(
      notes(20).map((_, index) => index + 2),
    );
    expect(await notesOf(engine)).toEqual(notes(20));
  });

  it('run one after the other also when they come while others run', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    const later: Promise<unknown>[] = [];
    // Each one that is done brings another: the lane is never empty, and never starts again.
    engine.on('order.annotated', ({ version }) => {
      if (version < 30) later.push(engine.execute(annotate('order-1', `later-${version}`)));
    });
    await Promise.all(notes(5).map((note) => engine.execute(annotate('order-1', note))));
    await engine.idle();
    await Promise.all(later);
    expect(engine.stats()).toMatchObject({ conflicts: 0, events: 34 });
  });

  it('succeed if and only if they are stored, from two engines', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const options = { store, clock, maximumAttempts: 3 };
    const engines = [await testEngine(options), await testEngine(options)];
    await engines[0]?.engine.execute(place('order-1'));
    // Now the first engine's cache is one version behind. Alone it must conflict; among the twenty
    // it could meet the lock of the other engine first, wait, and find that it was behind.
    await engines[1]?.engine.execute(annotate('order-1', 'before'));
    await engines[0]?.engine.execute(annotate('order-1', 'behind'));
    expect(engines[0]?.engine.stats().conflicts).toBe(1);
    const results = await Promise.all(
      notes(20).map(async (note, index) => {
        const { engine } = engines[index % 2] ?? { engine: undefined };
        return engine?.execute(annotate('order-1', note)).then(
          () => note,
          (error: unknown) => {
            // Nothing but a typed conflict may keep a command from success.
            expect(error).toMatchObject({ code: 'contention', retryable: true });
            return undefined;
          },
        );
      }),
    );
    const stored = await notesOf((await testEngine(options)).engine);
    const accepted = results.filter((note) => note !== undefined);
    expect(stored.toSorted()).toEqual(['before', 'behind', ...accepted].toSorted());
    expect(accepted.length).toBeGreaterThan(0);
  });

  it('hold nobody up on other orders', async () => {
    const store = createStore();
    const hold = gate();
    const slow: OrderStore = {
      ...delegateStore(store),
      load: async (keys) => {
        if (keys.some(({ orderId }) => orderId === 'slow')) await hold.opened;
        return store.load(keys);
      },
    };
    const { engine } = await testEngine({ store: slow });
    const waiting = engine.execute(annotate('slow', 'x'));
    expect(await engine.execute(place('fast'))).toMatchObject({ status: 'accepted' });
    hold.open();
    expect(await waiting).toMatchObject({ status: 'rejected' });
  });
});

describe('a conflict', () => {
  it('is decided again on what the other engine wrote', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const { engine: one } = await testEngine({ store, clock });
    const { engine: other } = await testEngine({ store, clock });
    await one.execute(place('order-1'));
    await other.execute(annotate('order-1', 'from the other'));
    // The first one still has version 1 in its cache.
    expect(await one.execute(annotate('order-1', 'from the first'))).toMatchObject({
      status: 'accepted',
      version: 3,
    });
    expect(one.stats().conflicts).toBe(1);
    expect(await notesOf(one)).toEqual(['from the other', 'from the first']);
  });

  it('does not hide behind an old cache when nothing is written', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const { engine: one } = await testEngine({ store, clock });
    const { engine: other } = await testEngine({ store, clock });
    await one.execute(place('order-1'));
    await other.execute({ type: 'order.hold', orderId: 'order-1', reason: 'fraud' });
    // Legal only since the other engine held it.
    expect(
      await one.execute({ type: 'order.release', orderId: 'order-1', reason: 'fraud' }),
    ).toMatchObject({ status: 'accepted' });
    // Known only since the other engine recorded it.
    await other.execute(captured('order-1'));
    expect(await one.execute(captured('order-1'))).toMatchObject({
      status: 'accepted',
      events: [],
    });
    expect(await one.execute(annotate('order-1', 'x'), { expectedVersion: 5 })).toMatchObject({
      status: 'accepted',
    });
    expect(await one.get('order-1')).toMatchObject({ version: 6 });
  });

  it('ends in contention when it does not end', async () => {
    const { engine, store } = await testEngine({
      store: faultyStore(createStore(), {
        plan: [undefined, ...Array.from({ length: 5 }, () => 'conflict' as const)],
      }),
      maximumAttempts: 5,
    });
    await engine.execute(place('order-1'));
    const before = await store.feedEnd(0);
    await expect(engine.execute(annotate('order-1', 'x'))).rejects.toMatchObject({
      code: 'contention',
      retryable: true,
      details: { orderId: 'order-1', attempts: 5 },
    });
    expect(await store.feedEnd(0)).toBe(before);
    expect(await engine.execute(annotate('order-1', 'x'))).toMatchObject({ status: 'accepted' });
  });
});

describe('a store that fails', () => {
  it('says that nothing was written, and is tried again by the next call', async () => {
    const { engine } = await testEngine({
      store: faultyStore(createStore(), { plan: [undefined, 'unavailable'] }),
    });
    await engine.execute(place('order-1'));
    const key = { idempotencyKey: 'key-1' };
    await expect(engine.execute(annotate('order-1', 'x'), key)).rejects.toMatchObject({
      code: 'storeUnavailable',
      retryable: true,
    });
    expect(await engine.execute(annotate('order-1', 'x'), key)).toMatchObject({
      status: 'accepted',
      version: 2,
      replayed: false,
    });
  });

  it.each(['requestLost', 'answerLost'] as const)(
    'leaves the outcome unknown (%s), and the same key resolves it',
    async (fault) => {
      const { engine } = await testEngine({
        store: faultyStore(createStore(), { plan: [undefined, fault] }),
      });
      await engine.execute(place('order-1'));
      const key = { idempotencyKey: 'key-1' };
      await expect(engine.execute(annotate('order-1', 'x'), key)).rejects.toMatchObject({
        code: 'outcomeUnknown',
        retryable: true,
      });
      expect(await engine.execute(annotate('order-1', 'x'), key)).toMatchObject({
        status: 'accepted',
        version: 2,
        replayed: fault === 'answerLost',
      });
      expect(await notesOf(engine)).toEqual(['x']);
    },
  );

  it('applies every key once, whatever goes wrong, and tells no lie', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const store = faultyStore(createStore(), { seed, rate: 0.4 });
      const { engine } = await testEngine({ store, batchSize: 4 });
      await retried(() => engine.execute(place('order-1'), { idempotencyKey: 'place' }));
      await Promise.all(
        notes(30).map((note) =>
          retried(() => engine.execute(annotate('order-1', note), { idempotencyKey: note })),
        ),
      );
      expect((await notesOf(engine)).toSorted()).toEqual(notes(30).toSorted());
    }
  });

  it('that throws something of its own is told as a failure of the store', async () => {
    const store = createStore();
    const broken = (): never => {
      throw new RangeError('a bug in the adapter');
    };
    const { engine: writing } = await testEngine({
      store: { ...delegateStore(store), commit: broken },
    });
    await expect(writing.execute(place('order-1'))).rejects.toMatchObject({
      code: 'outcomeUnknown',
      cause: { message: 'a bug in the adapter' },
    });
    const { engine: reading } = await testEngine({
      store: { ...delegateStore(store), load: broken, list: broken, history: broken },
    });
    for (const call of [
      () => reading.execute(annotate('order-1', 'x')),
      () => reading.get('order-1'),
      () => reading.list(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'storeUnavailable' });
    }
  });

  it('that answers fewer commits than it got leaves the rest unknown', async () => {
    const store = createStore();
    const { engine } = await testEngine({
      store: {
        ...delegateStore(store),
        commit: async (commits) => (await store.commit(commits)).slice(1),
      },
    });
    await expect(engine.execute(place('order-1'))).rejects.toMatchObject({
      code: 'outcomeUnknown',
    });
  });
});

/** What a caller does with errors that say so: calls again. */
async function retried<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if ((error as { retryable?: boolean }).retryable !== true) throw error;
    }
  }
}
