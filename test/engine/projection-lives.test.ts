import { describe, expect, it, onTestFinished } from 'vitest';
import { transactionalStore } from '../store/transactional-store.ts';
import { annotate, gate, place, testEngine, turns, until } from './kit.ts';
import { partitionedStore } from './partitioned-store.ts';
import { type Context, counting, projecting, rowsOf, type Told } from './projecting.ts';

describe('a projection, from its beginning to its end,', () => {
  it('is shared by engines, each event in it once, whoever comes and goes', async () => {
    const store = transactionalStore(partitionedStore(8));
    const first = await testEngine({ store });
    const { clock } = first;
    const engines = [first.engine];
    await first.engine.project({ name: 'counts', handler: counting });
    const settle = async () => {
      for (const engine of engines) await engine.idle();
    };
    const pass = (durationMs: number) => clock.runTo(clock.now() + durationMs, settle);
    const ids = Array.from({ length: 24 }, (_, index) => `order-${index}`);
    await Promise.all(ids.map((id) => first.engine.execute(place(id))));
    for (let step = 0; step < 4; step += 1) {
      const { engine } = await testEngine({ store, clock });
      engines.push(engine);
      await engine.project({ name: 'counts', handler: counting });
      const writing = ids.map((id) => first.engine.execute(annotate(id, `${step}`)));
      await pass(700);
      if (step > 1) await engines[step]?.close();
      await pass(700);
      await Promise.all(writing);
    }
    await pass(5000);
    expect(rowsOf(store)).toEqual(Object.fromEntries(ids.map((id) => [id, [1, 2, 3, 4, 5]])));
  });

  it('is rebuilt beside the old one, and the old one removed', async () => {
    const { store, engine, projection, pass } = await projecting();
    for (const id of ['order-1', 'order-2']) await engine.execute(place(id));
    await engine.idle();
    const rebuilt = await engine.project({
      name: 'counts-2',
      handler: ({ orderId }, { transaction }: Context) => {
        transaction.rows.set(`2/${orderId}`, true);
      },
    });
    await engine.execute(place('order-3'));
    await rebuilt.caughtUp();
    await projection.close();
    expect(await engine.subscriptions.remove('counts')).toBe(true);
    await engine.execute(place('order-4'));
    await pass(1000);
    const rows = Object.keys(rowsOf(store));
    expect(rows.filter((key) => key.startsWith('2/'))).toHaveLength(4);
    expect(rows).toHaveLength(4 + 3);
  });

  it('waits for its handler when it is closed, and rolls back one that hangs', async () => {
    const hold = gate();
    const signals: AbortSignal[] = [];
    const { store, engine, clock } = await projecting({
      handler: async (event: Told, context: Context) => {
        signals.push(context.signal);
        counting(event, context);
        if (event.orderId === 'hangs') await hold.opened;
      },
    });
    onTestFinished(hold.open);
    await engine.execute(place('order-1'));
    await engine.idle();
    void engine.execute(place('hangs'));
    await until(() => signals.length === 2);
    const closing = engine.close();
    await turns();
    expect(signals[1]?.aborted).toBe(false);
    clock.advanceBy(10_000);
    await turns();
    expect(signals[1]?.aborted).toBe(true);
    hold.open();
    await closing;
    expect(rowsOf(store)).toEqual({ 'order-1': [1] });
  });
});
