import type { EngineOptions, OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { type Hanging, hang, never } from './hanging.ts';
import { all, annotate, createStore, place, sharedStore, testEngine, turns, until } from './kit.ts';
import { changed, partitionedStore } from './partitioned-store.ts';

const second = 1000;
const day = 86_400_000;
const graceMs = 5 * second;

interface Hang {
  /** What of the store, or of the engine's options, never answers once `isHanging`. */
  readonly store?: (inner: OrderStore, hanging: Hanging) => OrderStore;
  readonly options?: EngineOptions<[]>;
  /** The call that waits for it, if there is one. */
  readonly call?: (engine: OrderEngine) => Promise<unknown>;
  readonly code?: string;
}

const hangs: Readonly<Record<string, Hang>> = {
  'the order numbers of the host': {
    options: { numbers: { next: () => never() } },
    call: (engine) => engine.execute(place('new')),
    code: 'engineClosed',
  },
  'a command that waits behind one that waits for its number': {
    options: { numbers: { next: () => never() } },
    call: (engine) => {
      engine.execute(place('new')).catch(() => {});
      return engine.execute(annotate('new', 'behind it'));
    },
    code: 'engineClosed',
  },
  'the function that exports an order': {
    call: (engine) => engine.purge({ archivedRetentionMs: 0, exportOrder: () => never() }),
    code: 'engineClosed',
  },
  'a commit of the store': {
    store: (inner, hanging) => changed(inner, { commit: hang(hanging, inner.commit) }),
    call: (engine) => engine.execute(annotate('old', 'x'), { idempotencyKey: 'k' }),
    code: 'outcomeUnknown',
  },
  'a load of the store for a command': {
    options: { cacheSize: 0 },
    store: (inner, hanging) => changed(inner, { load: hang(hanging, inner.load) }),
    call: (engine) => engine.execute(annotate('old', 'x')),
    code: 'engineClosed',
  },
  'a load of the store for a reader': {
    store: (inner, hanging) => changed(inner, { load: hang(hanging, inner.load) }),
    call: (engine) => engine.get('old'),
    code: 'engineClosed',
  },
  'a page of a history': {
    store: (inner, hanging) => changed(inner, { history: hang(hanging, inner.history) }),
    call: (engine) => all(engine.history('old')),
    code: 'engineClosed',
  },
  'a list of the store': {
    store: (inner, hanging) => changed(inner, { list: hang(hanging, inner.list) }),
    call: (engine) => engine.list(),
    code: 'engineClosed',
  },
  'the places of a subscription that starts': {
    store: (inner, hanging) =>
      changed(inner, {}, { checkpoints: hang(hanging, inner.subscriptions.checkpoints) }),
    call: (engine) => engine.subscribe({ name: 'late', from: 'now', handler: () => {} }),
    code: 'engineClosed',
  },
  'the end of the feed, of which a subscription asks how far it must come': {
    store: (inner, hanging) => changed(inner, { feedEnd: hang(hanging, inner.feedEnd) }),
    call: async (engine) => {
      const subscription = await engine.subscribe({
        name: 'one',
        from: 'beginning',
        handler: () => {},
      });
      return subscription.caughtUp();
    },
    code: 'aborted',
  },
  'what is due': {
    store: (inner, hanging) => changed(inner, { due: hang(hanging, inner.due) }),
  },
  'who takes part in a subscription, and its leases': {
    store: (inner, hanging) =>
      changed(
        inner,
        {},
        {
          leave: hang(hanging, inner.subscriptions.leave),
          release: hang(hanging, inner.subscriptions.release),
          checkpoint: hang(hanging, inner.subscriptions.checkpoint),
        },
      ),
  },
  'the store that is to be closed': {
    store: (inner) => ({ ...changed(inner, {}), close: () => never() }),
  },
  'the news of the store that are to be ended': {
    store: (inner) => ({ ...changed(inner, {}), listen: async () => () => never() }),
  },
};

describe('close ends within the time of grace and two seconds, although nothing answers:', () => {
  it.each(Object.entries(hangs))('%s', async (_, { store: wrap, options, call, code }) => {
    const hanging: Hanging = { is: false };
    const inner = partitionedStore(1);
    const store = wrap?.(inner, hanging) ?? inner;
    const clock = createMovableClock();
    const { engine: other } = await testEngine({ store: inner, clock, policy: { retentionMs: 0 } });
    await other.execute(place('old', { policy: { unpaidTimeoutMs: 20 * day } }));
    await other.execute(place('gone'));
    await other.execute({ type: 'order.cancel', orderId: 'gone' });
    await other.execute({ type: 'order.archive', orderId: 'gone' });
    clock.advanceBy(8 * day);
    const { engine } = await testEngine({
      ...options,
      store,
      clock,
      closeGraceMs: graceMs,
      numbers: options?.numbers,
    });
    await engine.subscribe({ name: 'mailer', from: 'beginning', handler: () => {} });
    await clock.runTo(clock.now() + 100, () => turns());
    hanging.is = true;
    let outcome: unknown;
    call?.(engine).then(
      (result) => {
        outcome = { result };
      },
      (error: unknown) => {
        outcome = error;
      },
    );
    await clock.runTo(clock.now() + 6 * second, () => turns());
    expect(outcome).toBeUndefined();
    let isClosed = false;
    void engine.close().then(() => {
      isClosed = true;
    });
    await clock.runTo(clock.now() + graceMs + 2 * second, () => turns());
    expect(isClosed).toBe(true);
    if (code !== undefined) expect(outcome).toMatchObject({ code });
  });
});

describe('close', () => {
  it('ends within ten seconds as long as nothing else is asked for, even if nothing answers', async () => {
    const inner = partitionedStore(1);
    const store = changed(
      { ...inner, listen: async () => () => never() },
      { commit: () => never(), due: () => never(), close: () => never() },
      { leave: () => never() },
    );
    const { engine, clock } = await testEngine({ store, numbers: { next: () => never() } });
    await engine.subscribe({ name: 'one', from: 'beginning', handler: () => never() });
    const calls = [engine.execute(place('one')), engine.execute(place('two', { number: 'N' }))];
    const outcomes = Promise.allSettled(calls);
    await turns();
    let isClosed = false;
    void engine.close().then(() => {
      isClosed = true;
    });
    await clock.runTo(clock.now() + 10 * second, () => turns());
    expect(isClosed).toBe(true);
    expect(await outcomes).toMatchObject([
      { reason: { code: 'engineClosed' } },
      { reason: { code: 'outcomeUnknown' } },
    ]);
  });

  it('finishes what was taken when it ends in time', async () => {
    const inner = sharedStore(createStore());
    const answer = Promise.withResolvers<void>();
    let isHeld = false;
    const store = changed(inner, {
      commit: async (commits) => {
        if (isHeld) await answer.promise;
        return inner.commit(commits);
      },
    });
    const { engine, clock } = await testEngine({ store, closeGraceMs: 0 });
    await engine.execute(place('order-1'));
    isHeld = true;
    const first = engine.execute(annotate('order-1', 'a'));
    const second = engine.execute(annotate('order-1', 'b'));
    await turns();
    const closing = engine.close();
    // Even with no time of grace, commands have a second.
    clock.advanceBy(999);
    await turns();
    answer.resolve();
    expect(await Promise.all([first, second])).toMatchObject([
      { status: 'accepted' },
      { status: 'accepted' },
    ]);
    await closing;
  });

  it('begins nothing that waits behind what it gives up', async () => {
    const inner = sharedStore(createStore());
    const written: string[] = [];
    const store = changed(inner, {
      commit: (commits) => {
        written.push(...commits.map(({ orderId }) => orderId));
        return inner.commit(commits);
      },
    });
    const numbers = { next: () => never<string>() };
    const { engine, clock } = await testEngine({ store, numbers, closeGraceMs: 0 });
    const waiting = [
      engine.execute(place('one')),
      engine.execute(place('one', { number: 'N-1' })),
      engine.execute(place('two'), { idempotencyKey: 'k' }),
      engine.execute(place('two'), { idempotencyKey: 'k' }),
    ];
    await turns();
    const closing = engine.close();
    clock.advanceBy(second);
    for (const call of waiting) await expect(call).rejects.toMatchObject({ code: 'engineClosed' });
    await closing;
    expect(written).toEqual([]);
    expect(engine.stats()).toMatchObject({ pending: 0, failed: 4 });
  });
});

describe('a subscription that is closed in the turn in which it is asked', () => {
  it.each(['the subscription', 'the engine'])(
    'says so to who waits to catch up: closed by %s',
    async (what) => {
      const { engine } = await testEngine({ store: partitionedStore(2) });
      const subscription = await engine.subscribe({
        name: 'one',
        from: 'beginning',
        handler: () => {},
      });
      await engine.execute(place('order-1'));
      const arrival = subscription.caughtUp();
      const closing = what === 'the engine' ? engine.close() : subscription.close();
      await expect(arrival).rejects.toMatchObject({ code: 'aborted' });
      await closing;
      await expect(subscription.caughtUp()).rejects.toMatchObject({ code: 'subscriptionUnknown' });
    },
  );

  it('is told by a look that ends after it was closed', async () => {
    const inner = partitionedStore(1);
    const ends: ((end: number) => void)[] = [];
    let isHeld = false;
    const store = changed(inner, {
      feedEnd: (partition) =>
        isHeld ? new Promise((resolve) => ends.push(resolve)) : inner.feedEnd(partition),
    });
    const { engine } = await testEngine({ store });
    const subscription = await engine.subscribe({
      name: 'one',
      from: 'beginning',
      handler: () => {},
    });
    isHeld = true;
    const arrival = subscription.caughtUp();
    await until(() => ends.length > 0);
    const closing = subscription.close();
    for (const end of ends) end(99);
    await expect(arrival).rejects.toMatchObject({ code: 'aborted' });
    await closing;
  });
});
