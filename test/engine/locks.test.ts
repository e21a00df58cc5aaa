import { createMemoryStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { transactionalStore } from '../store/transactional-store.ts';
import { annotate, place, testEngine, turns } from './kit.ts';
import { SettableClock } from './settable-clock.ts';

async function held(options = {}) {
  const store = transactionalStore(createMemoryStore());
  const machine = new SettableClock();
  const { engine } = await testEngine({ store, clock: machine, ...options });
  const clock = machine.trueTime;
  await engine.execute(place('order-1'));
  const transaction = store.begin();
  await engine.execute(annotate('order-1', 'held'), { transaction });
  /** Lets time pass as a real clock would. */
  const pass = (durationMs: number) => clock.runTo(clock.now() + durationMs, () => turns(5));
  return { store, engine, clock, transaction, pass };
}

describe('a command on an order that a transaction has', () => {
  it('waits until the transaction has ended, and is decided on what it left', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = engine.execute(annotate('order-1', 'later'));
    await pass(1000);
    await transaction.commit();
    await pass(200);
    expect(await waiting).toMatchObject({ status: 'accepted', version: 3 });
    expect(engine.stats().lockWaits).toBeGreaterThan(0);
  });

  it('asks again within milliseconds at first, and never more often than five times a second', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = engine.execute(annotate('order-1', 'later'));
    await pass(100);
    const soon = engine.stats().lockWaits;
    expect(soon).toBeGreaterThanOrEqual(4);
    await pass(2000);
    const before = engine.stats().lockWaits;
    await pass(2000);
    expect(engine.stats().lockWaits - before).toBeLessThanOrEqual(20);
    await transaction.rollBack();
    await pass(200);
    expect(await waiting).toMatchObject({ status: 'accepted', version: 2 });
  });

  it('holds up no other order, nor its neighbors in the batch', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = engine.execute(annotate('order-1', 'later'));
    const others = await Promise.all(
      Array.from({ length: 5 }, (_, index) => engine.execute(place(`other-${index}`))),
    );
    expect(others.map(({ status }) => status)).toEqual(Array(5).fill('accepted'));
    expect(engine.stats().pending).toBe(1);
    await transaction.rollBack();
    await pass(200);
    await waiting;
  });

  it('ends in contention after lockWaitMs', async () => {
    const { engine, transaction, pass } = await held({ lockWaitMs: 2000 });
    const waiting = engine.execute(annotate('order-1', 'later'));
    let outcome: unknown = 'waits';
    waiting.catch((error: unknown) => {
      outcome = error;
    });
    await pass(1900);
    expect(outcome).toBe('waits');
    await pass(400);
    expect(outcome).toMatchObject({ code: 'contention', retryable: true });
    await transaction.commit();
    expect(await engine.execute(annotate('order-1', 'now'))).toMatchObject({ version: 3 });
  });

  it('can be aborted while it waits', async () => {
    const { engine, transaction, pass } = await held();
    const abort = new AbortController();
    const waiting = engine.execute(annotate('order-1', 'later'), { signal: abort.signal });
    await pass(100);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await transaction.commit();
    await pass(1000);
    expect(await engine.get('order-1')).toMatchObject({ version: 2 });
    expect(await engine.execute(annotate('order-1', 'now'))).toMatchObject({ version: 3 });
  });

  it('does not hold up the transaction that it waits for', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = engine.execute(annotate('order-1', 'later'));
    await pass(50);
    // These came after it, and go first: it waits for them.
    const within = [1, 2].map((index) =>
      engine.execute(annotate('order-1', `${index}`), { transaction }),
    );
    expect(await Promise.all(within)).toMatchObject([{ version: 3 }, { version: 4 }]);
    await transaction.commit();
    await pass(200);
    expect(await waiting).toMatchObject({ version: 5 });
  });

  it('lets go those of the transaction that were queued behind it before it met the lock', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = engine.execute(annotate('order-1', 'later'));
    const after = engine.execute(annotate('order-1', 'last'));
    const within = engine.execute(annotate('order-1', 'within'), { transaction });
    expect(await within).toMatchObject({ version: 3 });
    await transaction.commit();
    await pass(500);
    expect(await Promise.all([waiting, after])).toMatchObject([{ version: 4 }, { version: 5 }]);
  });

  it('keeps the order of those that wait', async () => {
    const { engine, transaction, pass } = await held();
    const waiting = Array.from({ length: 10 }, (_, index) =>
      engine.execute(annotate('order-1', `${index}`)),
    );
    await pass(300);
    await transaction.commit();
    await pass(300);
    const versions = (await Promise.all(waiting)).map(
      (result) => result.status === 'accepted' && result.version,
    );
    expect(versions).toEqual(Array.from({ length: 10 }, (_, index) => index + 3));
  });

  it('waits for a key and for a number as well', async () => {
    const { engine, store, transaction, pass } = await held();
    await transaction.rollBack();
    const other = store.begin();
    const context = { idempotencyKey: 'key-1' };
    await engine.execute(place('order-2', { number: 'N-1' }), { ...context, transaction: other });
    const sameKey = engine.execute(place('order-2', { number: 'N-1' }), context);
    const sameNumber = engine.execute(place('order-3', { number: 'N-1' }));
    await pass(300);
    await other.commit();
    await pass(300);
    expect(await sameKey).toMatchObject({ status: 'accepted', replayed: true });
    expect(await sameNumber).toMatchObject({ rejection: { code: 'numberTaken' } });
  });

  it('is told at once when it is in a transaction itself: the other may wait for it', async () => {
    const { engine, store, transaction } = await held();
    const other = store.begin();
    await expect(
      engine.execute(annotate('order-1', 'x'), { transaction: other }),
    ).rejects.toMatchObject({ code: 'contention' });
    expect(await engine.execute(place('order-2'), { transaction: other })).toMatchObject({
      status: 'accepted',
    });
    await other.commit();
    await transaction.commit();
    expect(await engine.get('order-2')).toBeDefined();
  });
});

describe('a deadline of an order that a transaction has', () => {
  it('fires when the transaction has ended, and holds up no other deadline', async () => {
    const day = 86_400_000;
    const store = transactionalStore(createMemoryStore());
    const { engine, clock } = await testEngine({ store, policy: { unpaidTimeoutMs: day } });
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    const transaction = store.begin();
    await engine.execute(annotate('order-1', 'held'), { transaction });
    clock.advanceBy(day);
    await turns(30);
    expect((await engine.get('order-2'))?.status).toMatchObject({ lifecycle: 'expired' });
    expect((await engine.get('order-1'))?.status).toMatchObject({ lifecycle: 'pending' });
    await transaction.commit();
    await clock.runTo(clock.now() + 2000, () => engine.idle());
    expect((await engine.get('order-1'))?.status).toMatchObject({ lifecycle: 'expired' });
  });
});
