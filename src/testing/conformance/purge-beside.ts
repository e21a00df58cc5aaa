import assert from 'node:assert/strict';
import type { OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import {
  commitOf,
  firstOrder,
  listIds,
  loadOne,
  statusesOf,
  upTo,
  wholeFeed,
  write,
  writeWithin,
} from './given.ts';

const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };

/** Reads the feed. Checks that positions ascend in each partition, and that no event repeats. */
async function orderedFeed(store: OrderStore): Promise<readonly string[]> {
  const entries = await wholeFeed(store, 7);
  const ends = new Map<number, number>();
  for (const { partition, position } of entries) {
    assert.ok(position > (ends.get(partition) ?? 0), 'positions ascend');
    ends.set(partition, position);
  }
  return entries.map(({ event }) => `${event.orderId}/${event.version}`).toSorted();
}

export const purgeBesideCases = casesOf('purge', {
  'an order that was changed since it was archived does not count toward the limit': async ({
    store,
  }) => {
    await write(
      store,
      commitOf({ orderId: 'changed', archivedAt: 1, updatedAt: 50 }),
      commitOf({ orderId: 'second', archivedAt: 2 }),
      commitOf({ orderId: 'third', archivedAt: 3 }),
    );
    assert.deepEqual(await store.archived(20, 1), [{ tenantId: 'tenant-1', orderId: 'second' }]);
    assert.equal((await store.purge({ archivedBefore: 20, limit: 1 })).orders, 1);
    assert.equal((await store.purge({ archivedBefore: 20, limit: 1 })).orders, 1);
    assert.deepEqual(await listIds(store), ['changed']);
  },

  'the answers to commands survive their order': async ({ store }) => {
    const commit = commitOf({ key: 'key-1', recordedAt: 5, archivedAt: 5 });
    await write(store, commit);
    assert.deepEqual(await store.purge({ archivedBefore: 9, limit: 9 }), {
      commands: 0,
      orders: 1,
    });
    assert.deepStrictEqual(await store.findCommands([identity]), [commit.command]);
    assert.deepEqual(await statusesOf(store, [commit]), ['duplicate']);
  },

  'a purge covers all tenants, but removes a named order of its own tenant only': async ({
    store,
  }) => {
    const tenants = ['tenant-1', 'tenant-2', 'tenant-3'];
    const commits = tenants.map((tenantId) =>
      commitOf({ tenantId, key: 'key-1', recordedAt: 1, archivedAt: 1 }),
    );
    await write(store, ...commits);
    const orders = [firstOrder];
    assert.equal((await store.purge({ archivedBefore: 9, orders, limit: 9 })).orders, 1);
    assert.deepEqual(
      (await store.load(commits)).map((record) => record?.tenantId),
      [undefined, 'tenant-2', 'tenant-3'],
    );
    const request = { archivedBefore: 9, commandsBefore: 9, limit: 9 };
    assert.deepEqual(await store.purge(request), { commands: 3, orders: 2 });
  },

  'a purge of named orders removes at most its limit': async ({ store }) => {
    const commits = upTo(3).map((index) => commitOf({ orderId: `order-${index}`, archivedAt: 1 }));
    await write(store, ...commits);
    const orders = commits.map(({ tenantId, orderId }) => ({ tenantId, orderId }));
    assert.equal((await store.purge({ archivedBefore: 9, orders, limit: 2 })).orders, 2);
    assert.equal((await listIds(store)).length, 1);
  },

  'a reused id is a new order, with nothing of the old one': async ({ store }) => {
    const deadlines = [{ name: 'a.b.c', dueAt: 3 }];
    const old = { number: 'N-1', customerId: 'c-1', eventCount: 3, deadlines, archivedAt: 1 };
    await write(store, commitOf({ ...old, status: { lifecycle: 'archived' } }));
    await store.purge({ archivedBefore: 9, limit: 9 });
    const again = commitOf({ order: { again: true } });
    await write(store, again);
    assert.deepStrictEqual(await loadOne(store), again.record);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 9), again.events);
    assert.deepEqual(await listIds(store, { status: { lifecycle: 'archived' } }), []);
    assert.deepEqual(await listIds(store, { customerId: 'c-1' }), []);
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), undefined);
    assert.equal(await store.nextDueAt(), undefined);
    assert.deepEqual(await store.archived(99, 9), []);
  },

  'batches that are written during a purge are all there afterwards': async ({ store }) => {
    const old = upTo(60).map((index) => commitOf({ orderId: `old-${index}`, archivedAt: 1 }));
    await write(store, ...old);
    const purging = async () => {
      for (const _ of upTo(8)) await store.purge({ archivedBefore: 9, limit: 10 });
    };
    const writing = upTo(10).map((batch) =>
      write(store, ...upTo(6).map((index) => commitOf({ orderId: `new-${batch}-${index}` }))),
    );
    await Promise.all([purging(), ...writing]);
    // The purge may leave orders that were being written to a later purge.
    while ((await store.purge({ archivedBefore: 9, limit: 100 })).orders > 0);
    const expected = upTo(10).flatMap((batch) => upTo(6).map((index) => `new-${batch}-${index}/1`));
    assert.deepEqual(await orderedFeed(store), expected.toSorted());
    assert.equal((await listIds(store, {}, 50)).length, 60);
  },

  'of a purge and a change of the same order, one comes first and is not undone': async ({
    store,
  }) => {
    for (const round of upTo(10)) {
      const orderId = `order-${round}`;
      await write(store, commitOf({ orderId, archivedAt: 1 }));
      const change = commitOf({ orderId, expectedVersion: 1, recordedAt: 50 });
      const purge = () => store.purge({ archivedBefore: 9, limit: 10 });
      // Alternate which of the two starts first.
      const purging = round % 2 === 0 ? purge() : undefined;
      const [[status]] = await Promise.all([statusesOf(store, [change]), purging ?? purge()]);
      const record = await loadOne(store, change);
      assert.equal(record?.version, status === 'committed' ? 2 : undefined, status);
      assert.equal((await store.history(change, 0, 9)).length, record === undefined ? 0 : 2);
    }
  },
});

export const purgeTransactionCases = casesOf(
  'purge',
  {
    'an order that an open transaction has changed is not purged': async ({ store, begin }) => {
      await write(store, commitOf({ archivedAt: 1 }), commitOf({ orderId: 'x', archivedAt: 1 }));
      const host = await begin();
      const inside = store.within?.(host.transaction);
      assert.ok(inside);
      await writeWithin(inside, commitOf({ expectedVersion: 1, recordedAt: 50 }));
      const purging = store.purge({ archivedBefore: 9, limit: 10 });
      await host.commit();
      await purging;
      await store.purge({ archivedBefore: 9, limit: 10 });
      assert.equal((await loadOne(store))?.version, 2);
      assert.equal((await store.history(firstOrder, 0, 9)).length, 2);
      assert.deepEqual(await listIds(store), ['order-1']);
    },

    'a transaction appears whole in partitions that were purged while it was open': async ({
      store,
      begin,
    }) => {
      const host = await begin();
      const inside = store.within?.(host.transaction);
      assert.ok(inside);
      const own = upTo(20).map((index) => `own-${index}`);
      await writeWithin(inside, ...own.map((orderId) => commitOf({ orderId, eventCount: 2 })));
      const old = upTo(40).map((index) => commitOf({ orderId: `old-${index}`, archivedAt: 1 }));
      await write(store, ...old);
      assert.equal((await wholeFeed(store)).length, 40);
      assert.equal((await store.purge({ archivedBefore: 9, limit: 100 })).orders, 40);
      await host.commit();
      const expected = own.flatMap((orderId) => [`${orderId}/1`, `${orderId}/2`]);
      assert.deepEqual(await orderedFeed(store), expected.toSorted());
    },
  },
  'transactions',
);
