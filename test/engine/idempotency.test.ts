import type { ExecuteResult, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { all, annotate, captured, createStore, place, sharedStore, testEngine } from './kit.ts';

/** The first answer, with the only field that may differ. */
const again = (result: ExecuteResult) => ({ ...result, replayed: true });

describe('the same key', () => {
  it('gives the same answer, byte for byte, and executes once', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    for (const command of [
      captured('order-1'),
      annotate('order-1', 'x'),
      { type: 'order.confirm', orderId: 'order-1' } as const,
      place('order-1'),
      { type: 'order.cancel', orderId: 'order-1' } as const,
    ]) {
      const key = { idempotencyKey: `key/${command.type}` };
      const first = await engine.execute(command, key);
      const events = engine.stats().events;
      const second = await engine.execute(command, key);
      expect(JSON.stringify(second)).toBe(JSON.stringify(again(first)));
      expect(engine.stats().events).toBe(events);
    }
  });

  it('gives the first answer after a restart, and after the order went on', async () => {
    const store = sharedStore();
    const { engine } = await testEngine({ store });
    const key = { idempotencyKey: 'key-1' };
    const first = await engine.execute(place('order-1'), key);
    const refusal = await engine.execute(
      { type: 'order.confirm', orderId: 'order-1' },
      { idempotencyKey: 'key-2' },
    );
    await engine.execute(captured('order-1'));
    await engine.close();
    const restarted = await testEngine({ store });
    expect(await restarted.engine.execute(place('order-1'), key)).toEqual(again(first));
    expect(
      await restarted.engine.execute(
        { type: 'order.confirm', orderId: 'order-1' },
        { idempotencyKey: 'key-2' },
      ),
    ).toEqual(again(refusal));
  });

  it('gives the id that the engine made', async () => {
    const { engine } = await testEngine();
    const { orderId: _, ...command } = place('unused');
    const key = { idempotencyKey: 'key-1' };
    const first = await engine.execute(command, key);
    expect(await engine.execute(command, key)).toEqual(again(first));
    expect((await engine.list()).orders).toHaveLength(1);
    const wrong = { ...command, total: 1 };
    const refused = await engine.execute(wrong, { idempotencyKey: 'key-2' });
    expect(refused).toMatchObject({ status: 'rejected', rejection: { code: 'totalMismatch' } });
    expect(refused).not.toHaveProperty('orderId');
    expect(await engine.execute(wrong, { idempotencyKey: 'key-2' })).toEqual(again(refused));
  });

  it('comes before the expected version and the state', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1', expectedVersion: 1 };
    await engine.execute(place('order-1'));
    const first = await engine.execute(annotate('order-1', 'a'), key);
    expect(await engine.execute(annotate('order-1', 'a'), key)).toEqual(again(first));
    const changed = engine.execute(annotate('order-1', 'b'), key);
    await expect(changed).rejects.toMatchObject({ code: 'idempotencyMismatch' });
  });

  it('is remembered for an order that is gone', async () => {
    const store = sharedStore();
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    const key = { idempotencyKey: 'key-1' };
    const first = await engine.execute({ type: 'order.confirm', orderId: 'order-1' }, key);
    const without: OrderStore = {
      ...delegateStore(store),
      load: async (keys) => keys.map(() => undefined),
    };
    const { engine: other } = await testEngine({ store: without });
    expect(await other.execute({ type: 'order.confirm', orderId: 'order-1' }, key)).toEqual(
      again(first),
    );
    const changed = other.execute({ type: 'order.archive', orderId: 'order-1' }, key);
    await expect(changed).rejects.toMatchObject({ code: 'idempotencyMismatch' });
  });

  it('is free again when the order was not there', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    const early = await engine.execute(captured('order-1'), key);
    expect(early).toMatchObject({ status: 'rejected', replayed: false });
    await engine.execute(place('order-1'));
    expect(await engine.execute(captured('order-1'), key)).toMatchObject({
      status: 'accepted',
      replayed: false,
    });
  });

  it('does not depend on the order of fields, nor on fields that are undefined', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    const command = place('order-1');
    await engine.execute(command, key);
    const turned = Object.fromEntries(Object.entries(command).reverse());
    expect(await engine.execute({ ...turned, number: undefined } as never, key)).toMatchObject({
      replayed: true,
    });
  });

  it('is another one in another scope, and for another tenant', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    await engine.execute(place('order-1'), { tenantId: 'other' });
    const idempotencyKey = 'key-1';
    for (const context of [{}, { scope: 'shop' }, { tenantId: 'other' }]) {
      expect(
        await engine.execute(annotate('order-1', JSON.stringify(context)), {
          idempotencyKey,
          ...context,
        }),
      ).toMatchObject({ status: 'accepted', replayed: false });
    }
  });

  it('cannot be one of the engine itself', async () => {
    const { engine } = await testEngine();
    for (const scope of ['timer', 'subscription', 'receive']) {
      const call = engine.execute(place('order-1'), { idempotencyKey: 'x', scope });
      await expect(call).rejects.toMatchObject({ code: 'invalidArgument' });
    }
  });

  it('stores the answer to a report that told nothing new', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    await engine.execute(captured('order-1'));
    const key = { idempotencyKey: 'key-1' };
    const first = await engine.execute(captured('order-1'), key);
    expect(first).toMatchObject({ status: 'accepted', events: [], version: 3 });
    await engine.execute(annotate('order-1', 'later'));
    expect(await engine.execute(captured('order-1'), key)).toEqual(again(first));
  });
});

describe('another command under the same key', () => {
  it('is refused, executes nothing and reveals nothing', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    await engine.execute(place('order-1', { customerId: 'secret-customer' }), key);
    const before = await all(engine.history('order-1'));
    const calls = [
      place('order-1'),
      place('order-2'),
      annotate('order-1', 'x'),
      annotate('nowhere', 'x'),
    ].map((command) => engine.execute(command, key).catch((error: unknown) => error));
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ code: 'idempotencyMismatch', details: {} });
      expect(`${error}${JSON.stringify(error)}`).not.toMatch(/order-1|secret|place/);
    }
    expect(await all(engine.history('order-1'))).toEqual(before);
    expect(await engine.get('order-2')).toBeUndefined();
  });

  it('is refused while the first one is under way', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    const [first, second] = await Promise.allSettled([
      engine.execute(place('order-1'), key),
      engine.execute(place('order-2'), key),
    ]);
    expect(first).toMatchObject({ value: { status: 'accepted' } });
    expect(second).toMatchObject({ reason: { code: 'idempotencyMismatch' } });
  });
});

describe('the same key 50 times at once', () => {
  it('executes once in one engine', async () => {
    const { engine } = await testEngine();
    const key = { idempotencyKey: 'key-1' };
    const results = await Promise.all(
      Array.from({ length: 50 }, () => engine.execute(place('order-1'), key)),
    );
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(results.map((result) => JSON.stringify(again(result)))).size).toBe(1);
    expect(engine.stats()).toMatchObject({ accepted: 1, duplicates: 49, events: 1 });
  });

  it('executes once in two engines on one store', async () => {
    const store = sharedStore();
    const clock = createMovableClock();
    const { engine: one } = await testEngine({ store, clock });
    const { engine: other } = await testEngine({ store, clock });
    await one.execute(place('order-1'));
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? one : other).execute(captured('order-1'), { idempotencyKey: 'key-1' }),
      ),
    );
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(results.map((result) => JSON.stringify(again(result)))).size).toBe(1);
    expect(await all(one.history('order-1'))).toHaveLength(3);
  });

  it('runs the next one when the first is taken back', async () => {
    const { engine } = await testEngine();
    await engine.execute(place('order-1'));
    const abort = new AbortController();
    const key = { idempotencyKey: 'key-1' };
    // Something else holds the order, so that all of these wait.
    const before = engine.execute(annotate('order-1', 'before'));
    const first = engine.execute(annotate('order-1', 'x'), { ...key, signal: abort.signal });
    const others = [1, 2].map(() => engine.execute(annotate('order-1', 'x'), key));
    const wrongVersion = expect(
      engine.execute(annotate('order-1', 'y'), { idempotencyKey: 'key-2', expectedVersion: 99 }),
    ).rejects.toMatchObject({ code: 'versionMismatch' });
    const rightVersion = engine.execute(annotate('order-1', 'y'), { idempotencyKey: 'key-2' });
    abort.abort();
    await expect(first).rejects.toMatchObject({ code: 'aborted' });
    await before;
    expect((await Promise.all(others)).map(({ replayed }) => replayed)).toEqual([false, true]);
    await wrongVersion;
    expect(await rightVersion).toMatchObject({ status: 'accepted', replayed: false });
  });
});

it('tells a stored answer that cannot be read', async () => {
  const store = createStore();
  const damaged: OrderStore = {
    ...delegateStore(store),
    commit: async (commits) =>
      (await store.commit(commits)).map((outcome) =>
        outcome.status === 'duplicate'
          ? { ...outcome, record: { ...outcome.record, outcome: { status: 'maybe' } } }
          : outcome,
      ),
  };
  const { engine } = await testEngine({ store: damaged });
  const key = { idempotencyKey: 'key-1' };
  await engine.execute(place('order-1'), key);
  await expect(engine.execute(place('order-1'), key)).rejects.toMatchObject({
    code: 'storeCorrupt',
  });
});

describe('several calls with one key while the store fails', () => {
  it('share the error of the first, and are not written one after the other', async () => {
    const inner = createStore();
    const hold = Promise.withResolvers<void>();
    let isAway = false;
    const tried: number[] = [];
    const store: OrderStore = {
      ...delegateStore(inner),
      commit: async (commits) => {
        if (!isAway) return inner.commit(commits);
        tried.push(commits.length);
        await hold.promise;
        throw new Error('away');
      },
    };
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    isAway = true;
    const key = { idempotencyKey: 'k' };
    const calls = [1, 2, 3].map(() => engine.execute(annotate('order-1', 'x'), key));
    const outcomes = Promise.allSettled(calls);
    hold.resolve();
    const failed = { status: 'rejected', reason: { code: 'outcomeUnknown' } };
    expect(await outcomes).toMatchObject([failed, failed, failed]);
    expect(tried).toEqual([1]);
    expect(engine.stats()).toMatchObject({ failed: 3, pending: 0 });
    // Each may be repeated, and what was not written is written then.
    isAway = false;
    const repeated = await engine.execute(annotate('order-1', 'x'), key);
    expect(repeated).toMatchObject({ status: 'accepted', replayed: false });
  });
});
