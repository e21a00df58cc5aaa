import assert from 'node:assert/strict';
import type { OrderKey } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, listIds, loadOne, statusesOf, write } from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

const stranger = { ...firstOrder, tenantId: 'tenant-2' };

export const tenantCases = casesOf('tenants', {
  'a tenant finds nothing of another tenant, by any method': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1', customerId: 'c-1', key: 'key-1' }));
    assert.equal(await loadOne(store, stranger), undefined);
    assert.deepEqual(await store.history(stranger, 0, 10), []);
    assert.equal(await store.findByNumber('tenant-2', 'N-1'), undefined);
    const identity = { tenantId: 'tenant-2', scope: 'requests', key: 'key-1' };
    assert.deepEqual(await store.findCommands([identity]), [undefined]);
    for (const filter of [{}, { customerId: 'c-1' }, { status: { lifecycle: 'placed' } }]) {
      assert.deepEqual(await listIds(store, { tenantId: 'tenant-2', ...filter }), []);
    }
  },

  'equal ids of two tenants are two orders': async ({ store }) => {
    const own = commitOf({ order: { of: 1 }, key: 'key-1', customerId: 'c-1' });
    const other = commitOf({ ...stranger, order: { of: 2 }, key: 'key-1', customerId: 'c-1' });
    await write(store, own, other);
    assert.deepStrictEqual(await store.load([stranger, firstOrder]), [other.record, own.record]);
    assert.deepStrictEqual(await store.history(stranger, 0, 10), other.events);
    assert.deepEqual(await listIds(store, { customerId: 'c-1' }), ['order-1']);
  },

  'a tenant cannot change the order of another tenant': async ({ store }) => {
    const commit = commitOf();
    await write(store, commit);
    const foreign = commitOf({ ...stranger, expectedVersion: 1 });
    assert.deepEqual(await statusesOf(store, [foreign]), ['conflict']);
    assert.deepStrictEqual(await loadOne(store), commit.record);
  },

  'ids are compared separately, tenant first, even if one is a prefix of another': async ({
    store,
  }) => {
    // Joined to one text, with any separator, some of these sort in another order.
    const tenants = ['a', 'a ', 'a!', 'a-b', 'a0', 'aa', 'a~'];
    const keys = tenants.flatMap((tenantId) =>
      ['!', '0', '~'].map((orderId) => ({ tenantId, orderId })),
    );
    const deadlines = [{ name: 'a.b.c', dueAt: 10 }];
    const commits = keys.map((key) => commitOf({ ...key, deadlines }));
    await write(store, ...commits.toReversed());
    const keyOf = ({ tenantId, orderId }: OrderKey): OrderKey => ({ tenantId, orderId });
    assert.deepEqual((await store.due(10, 100)).map(keyOf), keys, 'due orders');
    const lease = await take(store);
    const entries = keys.map((key) => parkedEvent(key)).toReversed();
    assert.ok(await store.subscriptions.park(lease, entries));
    const parked = await store.subscriptions.parked('mailer', 100);
    assert.deepEqual(
      parked.map(({ event }) => keyOf(event)),
      keys,
      'parked events',
    );
    for (const [index, after] of keys.entries()) {
      const rest = keys.slice(index + 1);
      const due = await store.due(10, 100, { ...after, dueAt: 10 });
      assert.deepEqual(due.map(keyOf), rest, 'a page of due orders');
      const query = { subscription: 'mailer', after, limit: 100 };
      const lanes = await store.subscriptions.parkedLanes(query);
      assert.deepEqual(lanes.map(keyOf), rest, 'a page of parked orders');
    }
  },

  'ids that would be equal when joined stay distinct': async ({ store }) => {
    await write(
      store,
      commitOf({ tenantId: 'a', orderId: 'bc', number: 'x', order: { n: 1 } }),
      commitOf({ tenantId: 'ab', orderId: 'c', number: 'x', order: { n: 2 } }),
      commitOf({ tenantId: 'a/b', orderId: 'c', number: 'x', order: { n: 3 } }),
      commitOf({ tenantId: 'a', orderId: 'b/c', number: 'y', order: { n: 4 } }),
    );
    const records = await store.load([
      { tenantId: 'a', orderId: 'bc' },
      { tenantId: 'ab', orderId: 'c' },
      { tenantId: 'a/b', orderId: 'c' },
      { tenantId: 'a', orderId: 'b/c' },
    ]);
    assert.deepEqual(
      records.map((record) => record?.order['n']),
      [1, 2, 3, 4],
    );
  },
});
