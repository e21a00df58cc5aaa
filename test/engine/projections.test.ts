import { createMemoryStore, OrderchartError, PermanentHandlerError } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { type TestTransaction, transactionalStore } from '../store/transactional-store.ts';
import { annotate, place, sharedStore, testEngine } from './kit.ts';
import { changed } from './partitioned-store.ts';
import { type Context, counting, projecting, rowsOf, type Told } from './projecting.ts';

/** What a store says of a transaction that did not hold. */
const undone = () => new OrderchartError('storeUnavailable', 'The database undid a transaction.');

describe('a projection', () => {
  it('has every event once, in order, with its checkpoint in the same transaction', async () => {
    const { store, engine } = await projecting();
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1, 2], 'order-2': [1] });
    expect(await store.subscriptions.checkpoints('counts')).toEqual([
      { partition: 0, position: 3 },
    ]);
    expect(engine.stats().eventsHandled).toBe(3);
  });

  it('takes many events in one transaction, at most batchSize', async () => {
    const inner = sharedStore(createMemoryStore());
    const sizes: number[] = [];
    const { engine, projection } = await projecting({ batchSize: 4 }, inner);
    await projection.close();
    for (let index = 0; index < 10; index += 1) await engine.execute(place(`order-${index}`));
    let current: unknown;
    await engine.project({
      name: 'counts',
      batchSize: 4,
      handler: (_, { transaction }) => {
        if (transaction !== current) sizes.push(0);
        current = transaction;
        sizes.push((sizes.pop() ?? 0) + 1);
      },
    });
    await engine.idle();
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('that fails in the middle of a page leaves nothing of it, and tries again by itself', async () => {
    let failures = 2;
    const { store, engine, log, pass } = await projecting({
      handler: (event: Told, context: Context) => {
        counting(event, context);
        if (event.orderId === 'order-2' && failures > 0) {
          failures -= 1;
          throw new Error('not now');
        }
      },
    });
    for (const id of ['order-1', 'order-2', 'order-3']) await engine.execute(place(id));
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1] });
    await pass(2000);
    expect(rowsOf(store)).toEqual({ 'order-1': [1], 'order-2': [1], 'order-3': [1] });
    expect(log.map(({ message }) => message)).toContain(
      'An event failed; it is tried again later.',
    );
    expect(engine.stats().eventsHandled).toBe(3);
  });

  it('parks an event that its handler refuses for good, and the later ones of its order', async () => {
    let isPoison = true;
    const { store, engine } = await projecting({
      handler: (event: Told, context: Context) => {
        if (isPoison && event.orderId === 'order-2') throw new PermanentHandlerError('poison');
        counting(event, context);
      },
    });
    for (const id of ['order-1', 'order-2', 'order-3']) await engine.execute(place(id));
    for (const id of ['order-2', 'order-3']) await engine.execute(annotate(id, 'x'));
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1], 'order-3': [1, 2] });
    const parked = await engine.subscriptions.parked('counts');
    expect(parked.map(({ event, error }) => [event.orderId, event.version, error])).toEqual([
      ['order-2', 1, 'poison'],
      ['order-2', 2, null],
    ]);
    expect(await store.subscriptions.checkpoints('counts')).toEqual([
      { partition: 0, position: 5 },
    ]);
    // In vain: it stays.
    await engine.subscriptions.retry('counts');
    await engine.idle();
    expect(await engine.subscriptions.parked('counts')).toHaveLength(2);
    isPoison = false;
    expect(await engine.subscriptions.retry('counts')).toBe(1);
    await engine.execute(annotate('order-2', 'y'));
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1], 'order-2': [1, 2, 3], 'order-3': [1, 2] });
    expect(await engine.subscriptions.parked('counts')).toEqual([]);
  });

  it('goes on behind a parked event that is skipped', async () => {
    const { store, engine } = await projecting({
      handler: (event: Told, context: Context) => {
        if (event.version === 1) throw new PermanentHandlerError('poison');
        counting(event, context);
      },
    });
    await engine.execute(place('order-1'));
    await engine.execute(annotate('order-1', 'x'));
    await engine.idle();
    const [head] = await engine.subscriptions.parked('counts');
    await engine.subscriptions.skip('counts', head?.event.id ?? '');
    await engine.execute(annotate('order-1', 'y'));
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [2, 3] });
  });

  it('keeps what is parked over a restart', async () => {
    const { store, engine, projection } = await projecting({
      handler: () => {
        throw new PermanentHandlerError('poison');
      },
    });
    await engine.execute(place('order-1'));
    await engine.idle();
    await projection.close();
    await engine.execute(annotate('order-1', 'x'));
    await engine.project({ name: 'counts', handler: counting });
    await engine.idle();
    expect(rowsOf(store)).toEqual({});
    expect(await engine.subscriptions.parked('counts')).toHaveLength(2);
    await engine.subscriptions.retry('counts');
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1, 2] });
  });

  it('has every event once although the answer to a commit is lost', async () => {
    const inner = transactionalStore(sharedStore(createMemoryStore()));
    let lost = 0;
    const store = changed(
      inner,
      {},
      {
        project: async (lease, work) => {
          const isOurs = await inner.subscriptions.project?.(lease, work);
          lost += 1;
          if (lost % 2 === 1) throw new Error('the connection broke');
          return isOurs;
        },
      },
    );
    const { engine, clock, log } = await testEngine({ store });
    await engine.project({ name: 'counts', handler: counting });
    for (let index = 0; index < 5; index += 1) {
      await engine.execute(place(`order-${index}`));
      await clock.runTo(clock.now() + 2000, () => engine.idle());
    }
    expect(Object.values(rowsOf(inner))).toEqual([[1], [1], [1], [1], [1]]);
    expect(log.map(({ message }) => message)).toContain(
      'A projection could not be written; it continues at its checkpoint.',
    );
    expect(log.map(({ message }) => message)).not.toContain(
      'A lease was lost to another owner; no longer working on its partition.',
    );
  });

  it('finds the event whose statement the database undoes at the end, and waits longer each time', async () => {
    const inner = transactionalStore(sharedStore(createMemoryStore()));
    let isBad = true;
    let tries = 0;
    const store = changed(
      inner,
      {},
      {
        project: async (lease, work) => {
          tries += 1;
          const projecting = inner.subscriptions.project?.(lease, async (transaction) => {
            const position = await work(transaction);
            // As COMMIT does for a constraint that is checked at the end.
            if (isBad && (transaction as TestTransaction).rows.has('order-3')) throw undone();
            return position;
          });
          return await projecting;
        },
      },
    );
    const { engine, clock } = await testEngine({ store });
    for (let index = 0; index < 6; index += 1) await engine.execute(place(`order-${index}`));
    await engine.project({ name: 'counts', handler: counting });
    await engine.idle();
    expect(Object.keys(rowsOf(inner))).toEqual(['order-0', 'order-1', 'order-2']);
    const before = tries;
    await clock.runTo(clock.now() + 600_000, () => engine.idle());
    expect(tries - before).toBeLessThan(30);
    isBad = false;
    await clock.runTo(clock.now() + 60_000, () => engine.idle());
    expect(Object.values(rowsOf(inner))).toEqual(Array(6).fill([1]));
  });

  it('passes over events that are of no interest without a transaction', async () => {
    const inner = transactionalStore(sharedStore(createMemoryStore()));
    let transactions = 0;
    const store = changed(
      inner,
      {},
      {
        project: async (lease, work) => {
          transactions += 1;
          return await inner.subscriptions.project?.(lease, work);
        },
      },
    );
    const { engine, clock } = await testEngine({ store });
    await engine.project({ name: 'paid', types: ['payment.captured'], handler: counting });
    for (let index = 0; index < 5; index += 1) await engine.execute(place(`order-${index}`));
    await clock.runTo(clock.now() + 6000, () => engine.idle());
    expect(transactions).toBe(0);
    expect(await store.subscriptions.checkpoints('paid')).toEqual([{ partition: 0, position: 5 }]);
  });

  it('begins again at the place it is rewound to', async () => {
    const { store, engine } = await projecting();
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    await engine.idle();
    await engine.subscriptions.rewind('counts', { positions: { 0: 1 } });
    await engine.idle();
    expect(rowsOf(store)).toEqual({ 'order-1': [1], 'order-2': [1, 1] });
  });

  it('can execute commands in its transaction', async () => {
    const { store, engine, pass } = await projecting({
      types: ['order.placed'],
      handler: async (event: Told, context: Context) => {
        counting(event, context);
        await engine.execute(annotate(event.orderId, 'seen'), {
          transaction: context.transaction,
        });
      },
    });
    await engine.execute(place('order-1'));
    await pass(2000);
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
    expect(rowsOf(store)).toEqual({ 'order-1': [1] });
  });

  it('needs a store with transactions', async () => {
    const { engine } = await testEngine();
    await expect(engine.project({ name: 'counts', handler: () => {} })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: expect.stringContaining('has no transactions'),
    });
  });
});
