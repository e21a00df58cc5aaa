import assert from 'node:assert/strict';
import type { OrderKey } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { upTo } from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

export const parkingPageCases = filledCasesOf('pages of parked events', {
  'a page of parked orders starts after a place, even if the order there is no longer parked':
    async ({ store }) => {
      const lease = await take(store);
      const entries = upTo(4).map((number) => parkedEvent({ orderId: `order-${number}` }));
      await store.subscriptions.park(lease, entries);
      const second = { tenantId: 'tenant-1', orderId: 'order-2' };
      const page = async (after: OrderKey, partition?: number) => {
        const query = { subscription: 'mailer', partition, after, limit: 10 };
        return (await store.subscriptions.parkedLanes(query)).map(({ orderId }) => orderId);
      };
      assert.deepEqual(await page(second), ['order-3', 'order-4']);
      // It is skipped between two pages.
      await store.subscriptions.skip('mailer', entries[1]?.event.id ?? '');
      for (const partition of [undefined, 0]) {
        assert.deepEqual(await page(second, partition), ['order-3', 'order-4']);
        const never = { ...second, orderId: 'order-3a' };
        assert.deepEqual(await page(never, partition), ['order-4']);
        assert.deepEqual(await page({ ...second, tenantId: 'tenant-2' }, partition), []);
      }
      const before = { tenantId: 'tenant-0', orderId: 'order-9' };
      assert.deepEqual(await page(before), ['order-1', 'order-3', 'order-4']);
    },

  'a page of parked events ends with the one that reaches the byte limit': async ({ store }) => {
    const lease = await take(store);
    const text = 'x'.repeat(100_000);
    const entries = upTo(6).map((number) => {
      const entry = parkedEvent({ expectedVersion: number - 1 });
      return { ...entry, event: { ...entry.event, data: { text } } };
    });
    await store.subscriptions.park(lease, entries);
    const lane = { tenantId: 'tenant-1', orderId: 'order-1' };
    for (const asked of [undefined, lane]) {
      const sizeOf = async (maximumBytes?: number, limit = 100) =>
        (await store.subscriptions.parked('mailer', limit, asked, maximumBytes)).length;
      assert.equal(await sizeOf(), 6, 'all without a byte limit');
      assert.equal(await sizeOf(1), 1, 'at least one');
      assert.equal(await sizeOf(250_000), 3);
      assert.equal(await sizeOf(250_000, 2), 2, 'the count limit applies');
      assert.equal(await sizeOf(10_000_000), 6);
    }
  },
});
