import { createMemoryStore, type OrderEvent } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { transactionalStore } from '../store/transactional-store.ts';
import { all, annotate, captured, place, testEngine, turns } from './kit.ts';
import { changed } from './partitioned-store.ts';

const day = 86_400_000;

async function engineWithTransactions(options = {}) {
  const store = transactionalStore(createMemoryStore());
  return { ...(await testEngine({ store, ...options })), store };
}

describe("a command in a transaction of the host's", () => {
  it("holds with the host's own rows when the host commits", async () => {
    const { engine, store } = await engineWithTransactions();
    const transaction = store.begin();
    transaction.rows.set('invoice-1', 'order-1');
    const placed = await engine.execute(place('order-1'), { transaction });
    expect(placed).toMatchObject({ status: 'accepted', orderId: 'order-1', version: 1 });
    const paid = await engine.execute(captured('order-1'), { transaction });
    expect(paid).toMatchObject({ status: 'accepted', version: 3 });
    expect(await engine.get('order-1')).toBeUndefined();
    await transaction.commit();
    expect(await engine.get('order-1')).toMatchObject({ version: 3 });
    expect(store.rows.get('invoice-1')).toBe('order-1');
    expect((await all(engine.history('order-1'))).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('leaves nothing when the host rolls back', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    await engine.execute(annotate('order-1', 'x'), { transaction, idempotencyKey: 'key-1' });
    await engine.execute(place('order-2'), { transaction });
    await transaction.rollBack();
    expect(await engine.get('order-1')).toMatchObject({ version: 1 });
    expect(await engine.get('order-2')).toBeUndefined();
    const again = await engine.execute(annotate('order-1', 'x'), { idempotencyKey: 'key-1' });
    expect(again).toMatchObject({ status: 'accepted', version: 2, replayed: false });
    expect(await engine.execute(place('order-2'))).toMatchObject({ status: 'accepted' });
  });

  it('is decided on what the transaction sees, not on what is kept in memory', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    const cancelled = { type: 'order.cancel', orderId: 'order-1' } as const;
    await engine.execute(cancelled, { transaction });
    const again = await engine.execute(cancelled, { transaction });
    expect(again).toMatchObject({ status: 'rejected', rejection: { code: 'notInThisState' } });
    const other = store.begin();
    await transaction.rollBack();
    expect(await engine.execute(cancelled, { transaction: other })).toMatchObject({
      status: 'accepted',
    });
    await other.commit();
  });

  it('leaves nothing in memory that was rolled back', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    await engine.execute({ type: 'order.cancel', orderId: 'order-1' }, { transaction });
    await transaction.rollBack();
    expect(await engine.execute(captured('order-1'))).toMatchObject({ status: 'accepted' });
    expect((await engine.get('order-1'))?.status).toMatchObject({ lifecycle: 'confirmed' });
    // It was decided on what is stored from the beginning.
    expect(engine.stats().conflicts).toBe(0);
  });

  it('runs once for its key, in the same transaction and afterwards', async () => {
    const { engine, store } = await engineWithTransactions();
    const context = { idempotencyKey: 'key-1' };
    const transaction = store.begin();
    const first = await engine.execute(place('order-1'), { ...context, transaction });
    const second = await engine.execute(place('order-1'), { ...context, transaction });
    expect(second).toEqual({ ...first, replayed: true });
    await transaction.commit();
    expect(await engine.execute(place('order-1'), context)).toEqual({ ...first, replayed: true });
    const other = store.begin();
    expect(await engine.execute(place('order-1'), { ...context, transaction: other })).toEqual({
      ...first,
      replayed: true,
    });
    await expect(
      engine.execute(place('order-2'), { ...context, transaction: other }),
    ).rejects.toMatchObject({ code: 'idempotencyMismatch' });
    await other.rollBack();
  });

  it('keeps its refusal with its key', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    const context = { idempotencyKey: 'key-1' };
    const confirm = { type: 'order.archive', orderId: 'order-1' } as const;
    const refused = await engine.execute(confirm, { ...context, transaction });
    expect(refused).toMatchObject({ status: 'rejected' });
    await transaction.commit();
    expect(await engine.execute(confirm, context)).toEqual({ ...refused, replayed: true });
  });

  it('is nobody else’s answer while it may be rolled back', async () => {
    const { engine, store, clock } = await engineWithTransactions();
    const transaction = store.begin();
    const context = { idempotencyKey: 'key-1' };
    const within = engine.execute(place('order-1'), { ...context, transaction });
    const beside = engine.execute(place('order-1'), context);
    await within;
    await turns();
    await transaction.rollBack();
    clock.advanceBy(10);
    expect(await beside).toMatchObject({ status: 'accepted', replayed: false });
  });

  it('reaches subscriptions once the host has committed, in order, and listeners never', async () => {
    const { engine, store, clock } = await engineWithTransactions();
    const told: string[] = [];
    const heard: string[] = [];
    const note = (list: string[]) => (event: OrderEvent<string, object>) => {
      list.push(`${event.orderId}/${event.version}`);
    };
    engine.on('*', note(heard));
    await engine.subscribe({ name: 'all', from: 'beginning', handler: note(told) });
    const transaction = store.begin();
    await engine.execute(place('late'), { transaction });
    await engine.execute(annotate('late', 'x'), { transaction });
    await engine.execute(place('early'));
    clock.advanceBy(1000);
    await engine.idle();
    expect(told).toEqual(['early/1']);
    await transaction.commit();
    clock.advanceBy(1000);
    await engine.idle();
    expect(told).toEqual(['early/1', 'late/1', 'late/2']);
    expect(heard).toEqual(['early/1']);
  });

  it('sets deadlines that fire', async () => {
    const { engine, store, clock } = await engineWithTransactions();
    const transaction = store.begin();
    const policy = { unpaidTimeoutMs: day };
    await engine.execute(place('order-1', { policy }), { transaction });
    await transaction.commit();
    clock.advanceBy(day);
    await engine.idle();
    clock.advanceBy(10_000);
    await engine.idle();
    expect((await engine.get('order-1'))?.status).toMatchObject({ lifecycle: 'expired' });
  });

  it('gets a number, and hears when it is taken', async () => {
    let next = 0;
    const numbers = {
      next: () => {
        next += 1;
        return `N-${next}`;
      },
    };
    const { engine, store } = await engineWithTransactions({ numbers });
    const transaction = store.begin();
    await engine.execute(place('order-1'), { transaction });
    const taken = await engine.execute(place('order-2', { number: 'N-1' }), { transaction });
    expect(taken).toMatchObject({ status: 'rejected', rejection: { code: 'numberTaken' } });
    await transaction.commit();
    expect(await engine.getByNumber('N-1')).toMatchObject({ id: 'order-1' });
  });

  it('is refused by a wrong version as the transaction sees it', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    await engine.execute(annotate('order-1', 'x'), { transaction, expectedVersion: 1 });
    await expect(
      engine.execute(annotate('order-1', 'y'), { transaction, expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'versionMismatch', details: { actual: 2 } });
    await transaction.rollBack();
  });

  it('of many at once on one order all run, one after the other', async () => {
    const { engine, store } = await engineWithTransactions();
    await engine.execute(place('order-1'));
    const transaction = store.begin();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        engine.execute(annotate('order-1', `${index}`), { transaction }),
      ),
    );
    expect(results.map((result) => result.status === 'accepted' && result.version)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 2),
    );
    expect(engine.stats().conflicts).toBe(0);
    await transaction.commit();
    expect(await engine.get('order-1')).toMatchObject({ version: 21 });
  });

  it('is decided anew when another one was first, so many times', async () => {
    const inner = transactionalStore(createMemoryStore());
    let conflicts = 3;
    const store = changed(inner, {
      within: (transaction) => {
        const inside = inner.within?.(transaction);
        expect.assert(inside !== undefined);
        return {
          load: (keys) => inside.load(keys),
          findCommands: (identities) => inside.findCommands(identities),
          history: (...args) => inside.history(...args),
          commit: async (commits) => {
            conflicts -= 1;
            return conflicts < 0 ? inside.commit(commits) : [{ status: 'conflict' }];
          },
        };
      },
    });
    const { engine } = await testEngine({ store, maximumAttempts: 4 });
    await engine.execute(place('order-1'));
    const transaction = inner.begin();
    expect(await engine.execute(annotate('order-1', 'x'), { transaction })).toMatchObject({
      version: 2,
    });
    conflicts = 4;
    await expect(engine.execute(annotate('order-1', 'y'), { transaction })).rejects.toMatchObject({
      code: 'contention',
    });
    await transaction.rollBack();
  });

  it('fails with the error of the store, and the engine goes on', async () => {
    const { engine, store } = await engineWithTransactions();
    const transaction = store.begin();
    await transaction.rollBack();
    await expect(engine.execute(place('order-1'), { transaction })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: 'The transaction is over.',
    });
    expect(await engine.execute(place('order-1'))).toMatchObject({ status: 'accepted' });
  });

  it('is refused where it cannot be: by other stores, and with what is no transaction', async () => {
    const { engine } = await testEngine({ store: changed(createMemoryStore(), {}) });
    await expect(engine.execute(place('order-1'), { transaction: {} })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: expect.stringContaining('cannot execute commands in a host transaction'),
    });
    const { engine: other } = await engineWithTransactions();
    for (const transaction of [null, 'BEGIN', 7, {}]) {
      await expect(other.execute(place('order-1'), { transaction })).rejects.toMatchObject({
        code: 'invalidArgument',
      });
    }
    expect(await other.get('order-1')).toBeUndefined();
  });
});
