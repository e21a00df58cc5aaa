import type { OrderEvent, OrderStore } from 'orderchart';
import { describe, expect, it } from 'vitest';
import { pageBytes } from '../../src/engine/kernel/event-pages.ts';
import { PublishBatcher } from '../../src/engine/transports/publish-batcher.ts';
import { delegateStore } from '../../src/testing/delegate.ts';
import { createStore, gate, place, testEngine, until } from './kit.ts';

const textLength = 500_000;

/** A store that counts what is read of it, in events: at most so many at once, and in all. */
function watched(): { store: OrderStore; read: { most: number; total: number } } {
  const inner = createStore();
  const read = { most: 0, total: 0 };
  const counted = async <Entry>(page: Promise<readonly Entry[]>) => {
    const { length } = await page;
    read.most = Math.max(read.most, length);
    read.total += length;
    return page;
  };
  const store = {
    ...delegateStore(inner),
    feed: (...given: Parameters<OrderStore['feed']>) => counted(inner.feed(...given)),
    history: (...given: Parameters<OrderStore['history']>) => counted(inner.history(...given)),
  };
  return { store, read };
}

const large = (orderId: string) => ({
  ...place(orderId),
  metadata: { text: 'x'.repeat(textLength) },
});

describe('events of half a megabyte', () => {
  it('are read in pages of a megabyte, and a subscription has only some in hand', async () => {
    const { store, read } = watched();
    const { engine } = await testEngine({ store });
    for (let index = 0; index < 40; index += 1) await engine.execute(large(`order-${index}`));
    const hold = gate();
    const handled: string[] = [];
    const subscription = await engine.subscribe({
      name: 'slow',
      from: 'beginning',
      handler: async ({ orderId }: OrderEvent) => {
        await hold.opened;
        handled.push(orderId);
      },
    });
    // 4 MB are in flight, and one more page may be.
    await until(() => read.total * textLength >= 4_000_000);
    expect(read.total).toBeLessThanOrEqual(12 * store.features.partitions);
    expect(read.most * textLength).toBeLessThanOrEqual(pageBytes + textLength);
    hold.open();
    await subscription.caughtUp();
    expect(new Set(handled).size).toBe(40);
  });

  it('are read in pages by history as well, and none is left out', async () => {
    const { store, read } = watched();
    const { engine } = await testEngine({ store });
    await engine.execute(place('order-1'));
    for (let index = 0; index < 10; index += 1) {
      const metadata = { text: `${index}${'x'.repeat(textLength)}` };
      await engine.execute({ type: 'order.annotate', orderId: 'order-1', metadata });
    }
    const versions: number[] = [];
    for await (const { version } of engine.history('order-1')) versions.push(version);
    expect(versions).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
    expect(read.most).toBeLessThanOrEqual(4);
  });
});

it('a list of orders of half a megabyte ends its pages early, and its cursor leads on', async () => {
  const { engine } = await testEngine();
  for (let index = 10; index < 50; index += 1) await engine.execute(large(`order-${index}`));
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await engine.list({ limit: 1000, cursor });
    pages.push(page.orders.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  // Eight megabytes each, longer by one order at most.
  expect(pages.map(({ length }) => length)).toEqual([16, 16, 8]);
  expect(new Set(pages.flat()).size).toBe(40);
});

it('messages of half a megabyte are published a few at a time', async () => {
  const sizes: number[] = [];
  const transport = {
    publish: async (messages: readonly unknown[]) => {
      sizes.push(messages.length);
      return messages.map(() => ({ status: 'published' }));
    },
  };
  const batcher = new PublishBatcher(transport as never, 256);
  const body = new Uint8Array(textLength);
  const { signal } = new AbortController();
  const results = await Promise.all(
    Array.from({ length: 7 }, (_, index) =>
      batcher.publish(
        { id: `${index}`, type: 't', key: `${index}`, headers: {}, body } as never,
        signal,
      ),
    ),
  );
  expect(results).toHaveLength(7);
  expect(sizes).toEqual([2, 2, 2, 1]);
});
