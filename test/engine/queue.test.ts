import type { OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import {
  annotate,
  createStore,
  gate,
  place,
  sharedStore,
  testEngine,
  turns,
  until,
} from './kit.ts';

/** A store whose writes wait until the gate is opened. */
function gatedStore(store = createStore()): {
  store: OrderStore;
  open: () => void;
  writes: () => number;
} {
  const hold = gate();
  let writes = 0;
  return {
    store: {
      ...delegateStore(store),
      commit: async (commits) => {
        writes += 1;
        await hold.opened;
        return store.commit(commits);
      },
    },
    open: hold.open,
    writes: () => writes,
  };
}

describe('the queue', () => {
  it('is bounded, and refuses what does not fit', async () => {
    const { store, open } = gatedStore();
    const { engine } = await testEngine({ store, queueSize: 3 });
    const taken = ['a', 'b', 'c'].map((id) => engine.execute(place(id)));
    await expect(engine.execute(place('d'))).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
      details: { queueSize: 3 },
    });
    expect(engine.stats().pending).toBe(3);
    open();
    for (const result of await Promise.all(taken)) expect(result.status).toBe('accepted');
    expect(engine.stats().pending).toBe(0);
    expect(await engine.execute(place('d'))).toMatchObject({ status: 'accepted' });
  });

  it('is bounded in bytes, and takes one command that is larger than the bound alone', async () => {
    const { store, open } = gatedStore();
    const { engine } = await testEngine({ store, queueBytes: 30_000 });
    const large = (id: string, length: number) => ({
      ...place(id),
      metadata: { text: 'x'.repeat(length) },
    });
    const taken = [engine.execute(large('a', 40_000))];
    await expect(engine.execute(place('b'))).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
      details: { queueBytes: 30_000 },
    });
    expect(engine.stats()).toMatchObject({ pending: 1, pendingBytes: expect.any(Number) });
    expect(engine.stats().pendingBytes).toBeGreaterThan(40_000);
    open();
    await Promise.all(taken);
    expect(engine.stats().pendingBytes).toBe(0);
    const both = ['c', 'd'].map((id) => engine.execute(large(id, 4000)));
    await expect(engine.execute(large('e', 4000))).rejects.toMatchObject({ code: 'overloaded' });
    for (const result of await Promise.all(both)) expect(result.status).toBe('accepted');
    expect(engine.stats().pendingBytes).toBe(0);
  });

  it('counts what was decided until it is written: a small command of a large order is large', async () => {
    const inner = sharedStore();
    const { engine: before } = await testEngine({ store: inner });
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) {
      await before.execute({ ...place(id), metadata: { text: 'x'.repeat(30_000) } });
    }
    const { store, open, writes } = gatedStore(inner);
    const { engine } = await testEngine({ store, queueBytes: 80_000 });
    const [first, second, third] = ids.slice(0, 3).map((id) => engine.execute(annotate(id, 'x')));
    await until(() => writes() > 0);
    await turns();
    await expect(engine.execute(annotate('d', 'x'))).rejects.toMatchObject({ code: 'overloaded' });
    open();
    await Promise.all([first, second, third]);
    expect(engine.stats().pendingBytes).toBe(0);
    expect(await engine.execute(annotate('d', 'x'))).toMatchObject({ status: 'accepted' });
  });

  it('counts those who wait for the outcome of another', async () => {
    const { store, open } = gatedStore();
    const { engine } = await testEngine({ store, queueSize: 3 });
    const key = { idempotencyKey: 'key-1' };
    const taken = [1, 2, 3].map(() => engine.execute(place('a'), key));
    await expect(engine.execute(place('a'), key)).rejects.toMatchObject({ code: 'overloaded' });
    open();
    await Promise.all(taken);
  });

  it('lets go of a lane of thousands that end at once', async () => {
    const { store, open } = gatedStore();
    const { engine } = await testEngine({ store, queueSize: 50_000 });
    const placing = engine.execute(place('a'));
    const abort = new AbortController();
    const calls = Array.from({ length: 20_000 }, () =>
      engine.execute(annotate('a', 'x'), { signal: abort.signal }),
    );
    const outcomes = Promise.allSettled(calls);
    abort.abort();
    const last = engine.execute(annotate('a', 'last'));
    open();
    await placing;
    expect(await last).toMatchObject({ status: 'accepted', version: 2 });
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
    }
  }, 20_000);
});

describe('an abort', () => {
  it('ends a call before it begins', async () => {
    const { engine, store } = await testEngine();
    const reason = new Error('changed my mind');
    const call = engine.execute(place('a'), { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toMatchObject({ code: 'aborted', cause: reason });
    expect(await store.feedEnd(0)).toBe(0);
  });

  it('ends a call that waits behind another, and nothing else', async () => {
    const { store, open } = gatedStore();
    const { engine } = await testEngine({ store });
    const abort = new AbortController();
    const first = engine.execute(place('a'));
    const second = engine.execute(annotate('a', 'second'), { signal: abort.signal });
    const third = engine.execute(annotate('a', 'third'));
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    open();
    await first;
    expect(await third).toMatchObject({ status: 'accepted', version: 2 });
  });

  it('ends a call whose order is being loaded', async () => {
    const inner = createStore();
    const hold = gate();
    const store: OrderStore = {
      ...delegateStore(inner),
      load: async (keys) => {
        await hold.opened;
        return inner.load(keys);
      },
    };
    const { engine } = await testEngine({ store });
    const abort = new AbortController();
    const call = engine.execute(annotate('a', 'x'), { signal: abort.signal });
    const behind = engine.execute(annotate('a', 'x'));
    await Promise.resolve();
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    hold.open();
    expect(await behind).toMatchObject({ rejection: { code: 'orderNotFound' } });
  });

  it('comes too late for what is on its way to the store', async () => {
    const { store, open, writes } = gatedStore();
    const { engine } = await testEngine({ store });
    const abort = new AbortController();
    const call = engine.execute(place('a'), { signal: abort.signal });
    await until(() => writes() > 0);
    abort.abort();
    open();
    expect(await call).toMatchObject({ status: 'accepted' });
    expect(await engine.get('a')).toBeDefined();
  });
});

describe('close', () => {
  it('finishes what was taken and refuses what comes', async () => {
    const { store, open } = gatedStore();
    let closed = 0;
    const { engine } = await testEngine({
      store: {
        ...store,
        close: async () => {
          closed += 1;
          await store.close();
        },
      },
    });
    const taken = ['a', 'b'].map((id) => engine.execute(place(id)));
    taken.push(engine.execute(annotate('a', 'behind')));
    const closing = engine.close();
    await expect(engine.execute(place('c'))).rejects.toMatchObject({ code: 'engineClosed' });
    expect(closed).toBe(0);
    open();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ]);
    await closing;
    await engine.close();
    expect(closed).toBe(1);
  });

  it('is what the end of a block does', async () => {
    const store = sharedStore();
    {
      await using scoped = (await testEngine({ store })).engine;
      void scoped.execute(place('a'));
    }
    const { engine } = await testEngine({ store });
    expect(await engine.get('a')).toMatchObject({ version: 1 });
  });

  it('ends every method', async () => {
    const { engine } = await testEngine();
    const history = engine.history('a')[Symbol.asyncIterator]();
    await engine.close();
    const closed = { code: 'engineClosed' };
    await expect(engine.get('a')).rejects.toMatchObject(closed);
    await expect(engine.getByNumber('a')).rejects.toMatchObject(closed);
    await expect(engine.list()).rejects.toMatchObject(closed);
    await expect(engine.explain('a')).rejects.toMatchObject(closed);
    await expect(engine.purge()).rejects.toMatchObject(closed);
    await expect(history.next()).rejects.toMatchObject(closed);
    await expect(
      engine.subscribe({ name: 'a', from: 'beginning', handler: () => {} }),
    ).rejects.toMatchObject(closed);
    await expect(engine.subscriptions.parked('a')).rejects.toMatchObject(closed);
    await expect(engine.subscriptions.retry('a')).rejects.toMatchObject(closed);
    await expect(engine.subscriptions.skip('a', 'b')).rejects.toMatchObject(closed);
    expect(() => engine.on('*', () => {})).toThrow(expect.objectContaining(closed));
    await engine.idle();
    expect(engine.stats().pending).toBe(0);
  });
});

it('one signal for many calls at once makes Node print no warning', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  const { engine } = await testEngine();
  await engine.subscribe({
    name: 'all',
    from: 'beginning',
    concurrency: 50,
    handler: () => turns(2),
  });
  const { signal } = new AbortController();
  const ids = Array.from({ length: 50 }, (_, index) => `order-${index}`);
  await Promise.all(ids.map((id) => engine.execute(place(id), { signal })));
  await engine.idle();
  await turns();
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
