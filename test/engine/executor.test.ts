import { createMemoryStore, type OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { transactionalStore } from '../store/transactional-store.ts';
import { annotate, gate, place, sharedStore, testEngine, turns, until } from './kit.ts';

// What a command's way costs the store, and what becomes of calls that nobody waits for any more.

/** A store that has the order, and an engine that does not know of it yet. */
async function cold() {
  const inner = sharedStore();
  const test = { loads: 0, beforeLoad: async (): Promise<void> => {} };
  const store: OrderStore = {
    ...delegateStore(inner),
    load: async (keys) => {
      test.loads += keys.length;
      const found = await inner.load(keys);
      await test.beforeLoad();
      return found;
    },
  };
  const { engine: other } = await testEngine({ store: inner });
  await other.execute(place('order-1'));
  await other.close();
  const { engine } = await testEngine({ store });
  return { engine, test };
}

describe('a command', () => {
  it('on a new order reads nothing', async () => {
    const { engine, test } = await cold();
    await engine.execute(place('order-2'));
    expect(test.loads).toBe(0);
    expect(engine.stats()).toMatchObject({ cacheHits: 0, cacheMisses: 0, events: 1 });
  });

  it('reads an order once, and those after it nothing', async () => {
    const { engine, test } = await cold();
    await engine.execute(annotate('order-1', 'first'));
    expect(engine.stats()).toMatchObject({ cacheHits: 0, cacheMisses: 1 });
    await engine.execute(annotate('order-1', 'second'));
    await engine.execute(annotate('order-1', 'third'));
    expect(engine.stats()).toMatchObject({ cacheHits: 2, cacheMisses: 1 });
    expect(test.loads).toBe(1);
  });

  it('that was refused leaves what it has read to the next one', async () => {
    const { engine, test } = await cold();
    const refused = await engine.execute({ type: 'order.confirm', orderId: 'order-1' });
    expect(refused.status).toBe('rejected');
    expect(test.loads).toBe(1);
    expect(await engine.execute(annotate('order-1', 'next'))).toMatchObject({ version: 2 });
    expect(test.loads).toBe(1);
    expect(engine.stats()).toMatchObject({ cacheHits: 1, cacheMisses: 1 });
  });

  it('that was refused on what is in memory is decided again on what the store has', async () => {
    const { engine, test } = await cold();
    await engine.execute(annotate('order-1', 'first'));
    expect((await engine.execute({ type: 'order.confirm', orderId: 'order-1' })).status).toBe(
      'rejected',
    );
    expect(test.loads).toBe(2);
  });
});

describe('a call that was aborted', () => {
  it('while its order was read writes nothing, and leaves the lane to the next one', async () => {
    const { engine, test } = await cold();
    const hold = gate();
    test.beforeLoad = () => hold.opened;
    const abort = new AbortController();
    const call = engine.execute(annotate('order-1', 'gone'), { signal: abort.signal });
    await until(() => test.loads === 1);
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    hold.open();
    await engine.idle();
    await turns();
    expect((await engine.get('order-1'))?.version).toBe(1);
    expect(await engine.execute(annotate('order-1', 'next'))).toMatchObject({ version: 2 });
  });

  it('while its number was made places no order', async () => {
    const asked = Promise.withResolvers<string>();
    const { engine } = await testEngine({ numbers: { next: () => asked.promise } });
    const abort = new AbortController();
    const call = engine.execute(place('order-1'), { signal: abort.signal });
    await turns();
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    asked.resolve('SO-1');
    await engine.idle();
    await turns();
    expect(await engine.get('order-1')).toBeUndefined();
    expect(engine.stats()).toMatchObject({ pending: 0, events: 0 });
  });

  it('while it waited for a transaction is not tried again', async () => {
    const store = transactionalStore(createMemoryStore());
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    await engine.execute(annotate('order-1', 'inside'), { transaction });
    const abort = new AbortController();
    const call = engine.execute(annotate('order-1', 'gone'), { signal: abort.signal });
    await until(() => engine.stats().lockWaits > 0);
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await transaction.commit();
    expect(await engine.execute(annotate('order-1', 'next'))).toMatchObject({ version: 3 });
    expect((await engine.get('order-1'))?.metadata).toEqual({ note: 'next' });
  });
});

describe('a command within a transaction', () => {
  it('is kept out of memory, whether the order was there or not', async () => {
    const store = transactionalStore(createMemoryStore());
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    const { cacheHits } = engine.stats();
    const transaction = store.begin();
    await engine.execute(annotate('order-1', 'inside'), { transaction });
    expect(engine.stats()).toMatchObject({ cacheHits, cacheMisses: 1, events: 2 });
    await transaction.rollBack();
    expect(await engine.execute(annotate('order-1', 'outside'))).toMatchObject({ version: 2 });
    expect(engine.stats()).toMatchObject({ cacheHits, cacheMisses: 2 });
  });
});
