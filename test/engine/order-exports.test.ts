import { createMemoryStore } from 'orderchart';
import { expect, it } from 'vitest';
import { OrderExports } from '../../src/engine/order-exports.ts';

it('ends when more orders have failed than it can look past', async () => {
  const ids = Array.from({ length: 110_000 }, (_, index) => `order-${index}`);
  const left = new Set(ids);
  const store = {
    ...createMemoryStore(),
    archived: async (_: number, limit: number) =>
      [...left.values().take(limit)].map((orderId) => ({ tenantId: 'tenant-1', orderId })),
    history: async () => [],
  };
  const failure = new Error('not this one');
  let tries = 0;
  // Never a hundred in a row, so that it does not look like an archive that is away.
  const exports = new OrderExports(
    store,
    0,
    () => {
      tries += 1;
      if (tries % 99 !== 0) throw failure;
    },
    500,
  );
  let looks = 0;
  for (let isAll = false; !isAll && looks < 1_000; looks += 1) {
    const found = await exports.next(500);
    for (const { orderId } of found.orders) left.delete(orderId);
    ({ isAll } = found);
  }
  expect(looks).toBeLessThan(1_000);
  expect(left.size).toBeGreaterThan(100_000);
  expect(() => exports.check()).toThrow(failure);
});
