import type { OrderEngine, OrderStore } from 'orderchart';
import { createMovableClock } from 'orderchart/testing';
import { describe, expect, it } from 'vitest';
import { delegateStore } from '../../src/testing/delegate.ts';
import { faultyStore } from '../../src/testing/faults.ts';
import { all, captured, createStore, place, sharedStore, testEngine } from './kit.ts';

const day = 86_400_000;
const inDays = (days: number) => ({ policy: { unpaidTimeoutMs: days * day } });

async function typesOf(engine: OrderEngine, orderId: string): Promise<readonly string[]> {
  return (await all(engine.history(orderId))).map(({ type }) => type);
}

describe('a deadline', () => {
  it.each([1, day, 25 * day, 400 * day])(
    'of %d ms fires then, once, and not before',
    async (durationMs) => {
      const { engine, clock } = await testEngine();
      const { policy } = { policy: { unpaidTimeoutMs: durationMs } };
      await engine.execute(place('order-1', { policy }));
      const dueAt = clock.now() + durationMs;
      expect((await engine.get('order-1'))?.deadlines).toEqual([
        { name: 'lifecycle.pending.unpaidTimeout', dueAt },
      ]);
      // At once: where a store is shared it is looked up every few seconds.
      clock.advanceTo(dueAt - 1);
      await engine.idle();
      expect(await typesOf(engine, 'order-1')).toEqual(['order.placed']);
      clock.advanceTo(dueAt);
      await engine.idle();
      clock.advanceTo(dueAt + 1000 * day);
      await engine.idle();
      const events = await all(engine.history('order-1'));
      expect(events.map(({ type }) => type)).toContain('order.expired');
      expect(events.filter(({ type }) => type === 'order.expired')).toMatchObject([
        { recordedAt: dueAt, occurredAt: dueAt },
      ]);
      expect((await engine.get('order-1'))?.deadlines).toEqual([]);
      expect(engine.stats().timersFired).toBe(1);
    },
  );

  it('that was dropped does not fire', async () => {
    const { engine, clock } = await testEngine();
    await engine.execute(place('order-1', inDays(1)));
    await engine.execute(captured('order-1'));
    clock.advanceBy(2 * day);
    await engine.idle();
    expect(await typesOf(engine, 'order-1')).not.toContain('order.expired');
    expect(engine.stats().timersFired).toBe(0);
  });

  it('that came due while nobody was there fires after the restart', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.execute(place('order-1', inDays(1)));
    await engine.close();
    clock.advanceBy(10 * day);
    const { engine: restarted } = await testEngine({ store, clock });
    await restarted.idle();
    const expired = (await all(restarted.history('order-1'))).find(
      ({ type }) => type === 'order.expired',
    );
    expect(expired).toMatchObject({ recordedAt: clock.now() });
  });

  it('that comes after the restart fires then', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.execute(place('order-1', inDays(2)));
    await engine.close();
    clock.advanceBy(day);
    const { engine: restarted } = await testEngine({ store, clock });
    await restarted.idle();
    expect(await typesOf(restarted, 'order-1')).toEqual(['order.placed']);
    clock.advanceBy(day);
    await restarted.idle();
    expect(await typesOf(restarted, 'order-1')).toContain('order.expired');
  });

  it('that sets itself anew goes on in an engine that only loaded the order', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store });
    await engine.execute(place('order-1', inDays(1)));
    await engine.execute(captured('order-1', 'report-1', 500));
    await engine.close();
    const { engine: restarted, log } = await testEngine({ store, clock });
    await clock.runTo(clock.now() + 3 * day, () => restarted.idle());
    const { name, dueAt } = (await restarted.get('order-1'))?.deadlines[0] ?? {};
    expect({ name, dueAt }).toEqual({
      name: 'lifecycle.pending.unpaidTimeout',
      dueAt: clock.now() + day,
    });
    expect(log).toEqual([]);
    expect(await typesOf(restarted, 'order-1')).toEqual(['order.placed', 'payment.captured']);
  });

  it('fires once from two engines whose clocks are five minutes apart', async () => {
    const store = sharedStore();
    const early = createMovableClock(0);
    const late = createMovableClock(5 * 60_000);
    const { engine: one } = await testEngine({ store, clock: early });
    const { engine: other } = await testEngine({ store, clock: late });
    for (let index = 0; index < 20; index += 1) {
      await one.execute(place(`order-${index}`, inDays(1)));
    }
    // The other engine learns of them when it looks, some seconds from now at the latest.
    await other.close();
    const { engine: third } = await testEngine({ store, clock: late });
    early.advanceTo(2 * day);
    late.advanceTo(2 * day);
    await Promise.all([one.idle(), third.idle()]);
    for (let index = 0; index < 20; index += 1) {
      const types = await typesOf(one, `order-${index}`);
      expect(types.filter((type) => type === 'order.expired')).toHaveLength(1);
    }
  });

  it('is not early for the engine that is behind', async () => {
    const store = sharedStore();
    const { engine, clock } = await testEngine({ store, clock: createMovableClock(0) });
    await engine.execute(place('order-1', inDays(1)));
    clock.advanceTo(day - 1);
    const behind = createMovableClock(day - 5 * 60_000);
    const { engine: other } = await testEngine({ store, clock: behind });
    behind.advanceTo(day - 1);
    await Promise.all([engine.idle(), other.idle()]);
    expect(await typesOf(engine, 'order-1')).toEqual(['order.placed']);
    behind.advanceTo(day);
    await other.idle();
    expect(await typesOf(engine, 'order-1')).toContain('order.expired');
  });

  it('that is set anew in the millisecond in which it fired fires again', async () => {
    // Money that must go back waits for `settlementDelayMs`, here not at all, and comes twice.
    const { engine, clock } = await testEngine({
      policy: { confirmWhen: 'paid', settlementDelayMs: 0 },
    });
    await engine.execute(place('order-1', inDays(1)));
    clock.advanceBy(2 * day);
    await engine.idle();
    await engine.execute(captured('order-1', 'late-1', 500));
    await engine.idle();
    await engine.execute({ ...captured('order-1', 'late-2', 700), paymentId: 'payment-2' });
    await engine.idle();
    const asked = (await all(engine.history('order-1'))).flatMap((event) =>
      event.type === 'payment.refund_requested' ? [event.data.amount] : [],
    );
    expect(asked.reduce((sum, amount) => sum + amount, 0)).toBe(1200);
  });

  it('of a thousand orders all fire, a page after the other', async () => {
    const { engine, clock } = await testEngine();
    const ids = Array.from({ length: 1000 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id, index) => engine.execute(place(id, inDays(1 + (index % 7))))));
    clock.advanceBy(3 * day);
    await engine.idle();
    const pending = await engine.list({ status: { lifecycle: 'pending' }, limit: 1000 });
    expect(pending.orders).toHaveLength(ids.filter((_, index) => index % 7 > 2).length);
    clock.advanceBy(5 * day);
    await engine.idle();
    expect((await engine.list({ status: { lifecycle: 'pending' } })).orders).toEqual([]);
    expect(engine.stats().timersFired).toBe(1000);
  });

  it('does not fire where timers are off', async () => {
    const { engine, clock } = await testEngine({ timers: false });
    await engine.execute(place('order-1', inDays(1)));
    clock.advanceBy(10 * day);
    await engine.idle();
    expect(await typesOf(engine, 'order-1')).toEqual(['order.placed']);
  });
});

describe('a deadline that cannot be fired', () => {
  it('is tried again when the store is back', async () => {
    const { engine, clock, log } = await testEngine({
      store: faultyStore(createStore(), { plan: [undefined, 'unavailable', 'answerLost'] }),
    });
    await engine.execute(place('order-1', inDays(1)));
    clock.advanceBy(day);
    await engine.idle();
    expect(await typesOf(engine, 'order-1')).toEqual(['order.placed']);
    expect(log).toMatchObject([{ level: 'error' }]);
    clock.advanceBy(1000);
    await engine.idle();
    clock.advanceBy(1000);
    await engine.idle();
    const types = await typesOf(engine, 'order-1');
    expect(types.filter((type) => type === 'order.expired')).toHaveLength(1);
  });

  it('holds up no other', async () => {
    const inner = createStore();
    const store: OrderStore = {
      ...delegateStore(inner),
      commit: async (commits) => {
        const outcomes = [];
        for (const commit of commits) {
          const isStuck = commit.orderId === 'stuck' && commit.expectedVersion > 0;
          outcomes.push(
            isStuck ? { status: 'conflict' as const } : (await inner.commit([commit]))[0],
          );
        }
        return outcomes.filter((outcome) => outcome !== undefined);
      },
    };
    const { engine, clock } = await testEngine({ store });
    await engine.execute(place('stuck', inDays(1)));
    for (let index = 0; index < 300; index += 1) {
      await engine.execute(place(`order-${index}`, inDays(1)));
    }
    clock.advanceBy(day);
    await engine.idle();
    const expired = await engine.list({ status: { lifecycle: 'expired' }, limit: 1000 });
    expect(expired.orders).toHaveLength(300);
    expect(await typesOf(engine, 'stuck')).toEqual(['order.placed']);
  });

  it('survives a store that cannot even be asked', async () => {
    const inner = createStore();
    let isAway = false;
    const store: OrderStore = {
      ...delegateStore(inner),
      due: async (now, limit) => {
        if (isAway) throw new Error('away');
        return inner.due(now, limit);
      },
    };
    const { engine, clock } = await testEngine({ store });
    await engine.execute(place('order-1', inDays(1)));
    isAway = true;
    clock.advanceBy(day);
    await engine.idle();
    isAway = false;
    clock.advanceBy(1000);
    await engine.idle();
    expect(await typesOf(engine, 'order-1')).toContain('order.expired');
  });
});
