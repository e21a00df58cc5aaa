import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, listIds, loadOne, statusesOf, write } from './given.ts';

const stranger = { ...firstOrder, tenantId: 'tenant-2' };

export const tenantCases = casesOf('tenants', {
  'a tenant finds nothing of another one, by any method': async ({ store }) => {
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

  'a tenant cannot change the order of another one': async ({ store }) => {
    const commit = commitOf();
    await write(store, commit);
    const foreign = commitOf({ ...stranger, expectedVersion: 1 });
    assert.deepEqual(await statusesOf(store, [foreign]), ['conflict']);
    assert.deepStrictEqual(await loadOne(store), commit.record);
  },

  'ids that would run together keep apart': async ({ store }) => {
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
