import type { ExpiredOrder } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { all, annotate, place, testEngine } from './kit.ts';

describe('purge', () => {
  const day = 86_400_000;

  it('removes old answers, so that their keys are free', async () => {
    const { engine, clock } = await testEngine({ timers: false });
    const key = (name: string) => ({ idempotencyKey: name });
    await engine.execute(place('order-1'), key('old'));
    clock.advanceBy(7 * day);
    await engine.execute(annotate('order-1', 'x'), key('young'));
    expect(await engine.purge()).toEqual({ commands: 0, orders: 0 });
    clock.advanceBy(1);
    expect(await engine.purge()).toEqual({ commands: 1, orders: 0 });
    expect(await engine.execute(place('order-1'), key('old'))).toMatchObject({
      status: 'rejected',
      replayed: false,
    });
    expect(await engine.execute(annotate('order-1', 'x'), key('young'))).toMatchObject({
      replayed: true,
    });
  });

  it('removes archived orders when asked to, thousands of them, and not before their answers', async () => {
    const { engine, clock } = await testEngine({ policy: { retentionMs: 0 } });
    const ids = Array.from({ length: 1200 }, (_, index) => `order-${index}`);
    await Promise.all(
      ids.map(async (orderId) => {
        await engine.execute(place(orderId));
        await engine.execute({ type: 'order.cancel', orderId });
        const archived = await engine.execute({ type: 'order.archive', orderId });
        expect(archived.status).toBe('accepted');
      }),
    );
    await engine.execute(place('kept'));
    clock.advanceBy(day);
    expect(await engine.purge({ archivedRetentionMs: 0 })).toMatchObject({ orders: 0 });
    clock.advanceBy(7 * day);
    expect(await engine.purge()).toMatchObject({ orders: 0 });
    expect(await engine.purge({ archivedRetentionMs: 0 })).toMatchObject({ orders: 1200 });
    expect(await engine.get('order-7')).toBeUndefined();
    // The cache may still have it; the store decides.
    expect(await engine.execute(annotate('order-7', 'x'))).toMatchObject({
      rejection: { code: 'orderNotFound' },
    });
    expect(await engine.get('kept')).toBeDefined();
  });

  it('removes an order only after it was exported, whole', async () => {
    const { engine, clock } = await testEngine({ policy: { retentionMs: 0 } });
    for (const orderId of ['order-1', 'order-2']) {
      await engine.execute(place(orderId));
      await engine.execute({ type: 'order.cancel', orderId });
      await engine.execute({ type: 'order.archive', orderId });
      clock.advanceBy(1);
    }
    const histories = [await all(engine.history('order-1')), await all(engine.history('order-2'))];
    clock.advanceBy(8 * day);
    const exported: ExpiredOrder[] = [];
    const refusing = engine.purge({
      archivedRetentionMs: 0,
      exportOrder: (order) => {
        exported.push(order);
        if (order.orderId === 'order-2') throw new Error('The archive is full.');
      },
    });
    await expect(refusing).rejects.toThrow('The archive is full.');
    // The one that was exported went, the other one stays until it is.
    expect(exported.map(({ events }) => events)).toEqual(histories);
    expect(await engine.get('order-1')).toBeUndefined();
    expect(await engine.get('order-2')).toBeDefined();
    exported.length = 0;
    const exportOrder = async (order: ExpiredOrder) => {
      expect(await engine.get(order.orderId)).toBeDefined();
      exported.push(order);
    };
    expect(await engine.purge({ archivedRetentionMs: 0, exportOrder })).toMatchObject({
      orders: 1,
    });
    expect(exported.map(({ events }) => events)).toEqual([histories[1]]);
    expect(await engine.get('order-2')).toBeUndefined();
  });

  /** Archives so many orders, of which the oldest cannot be exported, and purges. */
  async function purged(failing: number, count: number) {
    const { engine, clock } = await testEngine({ policy: { retentionMs: 0 } });
    for (let index = 0; index < count; index += 1) {
      const orderId = `order-${index}`;
      await engine.execute(place(orderId));
      await engine.execute({ type: 'order.cancel', orderId });
      await engine.execute({ type: 'order.archive', orderId });
      if (index === failing - 1) clock.advanceBy(1);
    }
    clock.advanceBy(8 * day);
    const tries = new Map<string, number>();
    const exportOrder = ({ orderId }: ExpiredOrder) => {
      tries.set(orderId, (tries.get(orderId) ?? 0) + 1);
      if (Number(orderId.slice('order-'.length)) < failing) throw new Error('not this one');
    };
    const purging = engine.purge({ archivedRetentionMs: 0, exportOrder });
    await expect(purging).rejects.toThrow('not this one');
    const kept = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await engine.list({ limit: 1000, cursor });
      for (const { id } of page.orders) kept.add(id);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return { tries, kept };
  }

  const oldest = (count: number) =>
    new Set(Array.from({ length: count }, (_, index) => `order-${index}`));

  it.each([
    [3, 603],
    [99, 699],
    [300, 700],
  ])('goes past %d orders that cannot be exported, the oldest of %d', async (failing, count) => {
    const { tries, kept } = await purged(failing, count);
    expect(tries.size).toBe(count);
    expect(Math.max(...tries.values())).toBe(1);
    expect(kept).toEqual(oldest(failing));
  });

  it('finds the few behind thousands that cannot be exported, and does not try all of these', async () => {
    const { tries, kept } = await purged(2_500, 2_530);
    expect(kept).toEqual(oldest(2_500));
    expect(Math.max(...tries.values())).toBe(1);
    expect(tries.size).toBeLessThan(400);
  });

  it('ends when a hundred orders cannot be exported: it is not because of them', async () => {
    const { engine, clock } = await testEngine({ policy: { retentionMs: 0 } });
    for (let index = 0; index < 120; index += 1) {
      const orderId = `order-${index}`;
      await engine.execute(place(orderId));
      await engine.execute({ type: 'order.cancel', orderId });
      await engine.execute({ type: 'order.archive', orderId });
    }
    clock.advanceBy(8 * day);
    let tried = 0;
    const exportOrder = () => {
      tried += 1;
      throw new Error('The archive is away.');
    };
    const purging = engine.purge({ archivedRetentionMs: 0, exportOrder });
    await expect(purging).rejects.toThrow('The archive is away.');
    expect(tried).toBe(100);
    expect((await engine.list({ limit: 1000 })).orders).toHaveLength(120);
  });

  it('ends with its signal', async () => {
    const { engine } = await testEngine();
    await expect(engine.purge({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
