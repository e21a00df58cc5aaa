import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  commitOf,
  fillPartitions,
  firstOrder,
  listIds,
  loadOne,
  rejectionOf,
  upTo,
  wholeFeed,
  write,
} from './given.ts';

const identity = (key: string) => ({ tenantId: 'tenant-1', scope: 'requests', key });

export const purgeCases = casesOf('purge', {
  'commands recorded before the time are removed; later ones and the orders stay': async ({
    store,
  }) => {
    for (const recordedAt of [10, 19, 20, 30]) {
      const orderId = `order-${recordedAt}`;
      await write(store, commitOf({ orderId, key: `key-${recordedAt}`, recordedAt }));
    }
    assert.deepEqual(await store.purge({ commandsBefore: 20, limit: 100 }), {
      commands: 2,
      orders: 0,
    });
    const found = await store.findCommands([10, 19, 20, 30].map((at) => identity(`key-${at}`)));
    assert.deepEqual(
      found.map((command) => command?.recordedAt),
      [undefined, undefined, 20, 30],
    );
    assert.equal((await listIds(store)).length, 4);
  },

  'a purged key is free again': async ({ store }) => {
    await write(store, rejectionOf({ key: 'key-1', recordedAt: 1 }));
    await store.purge({ commandsBefore: 2, limit: 10 });
    await write(store, commitOf({ key: 'key-1', recordedAt: 5 }));
    assert.equal((await store.findCommands([identity('key-1')]))[0]?.recordedAt, 5);
  },

  'orders archived before the time are removed with everything that belongs to them': async ({
    store,
  }) => {
    await write(
      store,
      commitOf({
        number: 'N-1',
        customerId: 'c-1',
        eventCount: 3,
        deadlines: [{ name: 'a.b.c', dueAt: 1 }],
      }),
    );
    await write(
      store,
      commitOf({
        expectedVersion: 3,
        number: 'N-1',
        customerId: 'c-1',
        deadlines: [{ name: 'a.b.c', dueAt: 1 }],
        archivedAt: 10,
      }),
    );
    assert.deepEqual(await store.purge({ archivedBefore: 11, limit: 10 }), {
      commands: 0,
      orders: 1,
    });
    assert.equal(await loadOne(store), undefined);
    assert.deepEqual(await store.history(commitOf(), 0, 10), []);
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), undefined);
    assert.deepEqual(await wholeFeed(store), []);
    assert.deepEqual(await store.due(1_000, 10), []);
    assert.equal(await store.nextDueAt(), undefined);
    for (const filter of [{}, { customerId: 'c-1' }, { status: { lifecycle: 'placed' } }]) {
      assert.deepEqual(await listIds(store, filter), []);
    }
  },

  'orders that are not archived, or archived later, stay': async ({ store }) => {
    await write(
      store,
      commitOf({ orderId: 'live', recordedAt: 1 }),
      commitOf({ orderId: 'late', archivedAt: 20 }),
      commitOf({ orderId: 'old', archivedAt: 19 }),
      commitOf({ orderId: 'back', archivedAt: 5 }),
    );
    await write(store, commitOf({ orderId: 'back', expectedVersion: 1, archivedAt: null }));
    assert.equal((await store.purge({ archivedBefore: 20, limit: 10 })).orders, 1);
    assert.deepEqual([...(await listIds(store))].sort(), ['back', 'late', 'live']);
    assert.equal((await wholeFeed(store)).length, 4);
  },

  'positions stay as they are, and are never reused': async ({ store }) => {
    await write(store, commitOf({ eventCount: 2, archivedAt: 1 }));
    const partition = (await wholeFeed(store))[0]?.partition ?? 0;
    await store.purge({ archivedBefore: 5, limit: 10 });
    assert.equal(await store.feedEnd(partition), 2);
    // The same id is a new order now. Write enough others that each partition has some.
    await write(store, commitOf({ eventCount: 2 }));
    await fillPartitions(store);
    const entries = await store.feed(partition, 0, 1_000);
    assert.deepEqual(
      entries.map((entry) => entry.position),
      upTo(entries.length).map((index) => index + 2),
    );
    assert.notEqual(entries.length, 0);
    assert.equal((await store.history(commitOf(), 0, 10)).length, 2);
  },

  'one call removes at most its limit, and the next one goes on': async ({ store }) => {
    const ids = upTo(5).map((index) => `order-${index}`);
    const commits = ids.map((orderId) =>
      commitOf({ orderId, key: `key-${orderId}`, recordedAt: 1, archivedAt: 1 }),
    );
    await write(store, ...commits);
    const request = { commandsBefore: 9, archivedBefore: 9, limit: 2 };
    const counts = [];
    for (let call = 0; call < 4; call += 1) counts.push(await store.purge(request));
    assert.deepEqual(
      counts.map(({ commands, orders }) => [commands, orders]),
      [
        [2, 2],
        [2, 2],
        [1, 1],
        [0, 0],
      ],
    );
    assert.deepEqual(await wholeFeed(store), []);
  },

  'the limit of a purge applies to orders and to commands separately': async ({ store }) => {
    const old = { recordedAt: 1, archivedAt: 1 };
    for (const number of upTo(5)) {
      await write(store, commitOf({ orderId: `order-${number}`, key: `key-${number}`, ...old }));
    }
    const { length } = await store.archived(9, 10);
    assert.equal(length, 5);
    const request = { commandsBefore: 9, archivedBefore: 9 };
    assert.deepEqual(await store.purge({ ...request, limit: 3 }), { commands: 3, orders: 3 });
    assert.deepEqual(await store.purge({ ...request, limit: 3 }), { commands: 2, orders: 2 });
  },

  'an order that is no longer archived stays, however long ago it was archived': async ({
    store,
  }) => {
    await write(store, commitOf({ archivedAt: 5 }), commitOf({ orderId: 'other', archivedAt: 5 }));
    await write(store, commitOf({ expectedVersion: 1, archivedAt: null, updatedAt: 6 }));
    assert.equal((await loadOne(store))?.archivedAt, null);
    const request = { archivedBefore: 100, limit: 10 };
    assert.deepEqual(await store.archived(100, 10), [{ tenantId: 'tenant-1', orderId: 'other' }]);
    assert.equal((await store.purge({ ...request, orders: [firstOrder] })).orders, 0);
    assert.equal((await store.purge(request)).orders, 1);
    assert.deepEqual(await listIds(store), ['order-1']);
  },

  'archived orders are returned, the longest archived first, up to the limit': async ({
    store,
  }) => {
    await write(
      store,
      commitOf({ orderId: 'late', archivedAt: 30 }),
      commitOf({ orderId: 'first', archivedAt: 5 }),
      commitOf({ orderId: 'second', tenantId: 'tenant-2', archivedAt: 19 }),
      commitOf({ orderId: 'live' }),
    );
    const first = { tenantId: 'tenant-1', orderId: 'first' };
    const second = { tenantId: 'tenant-2', orderId: 'second' };
    assert.deepEqual(await store.archived(20, 10), [first, second]);
    assert.deepEqual(await store.archived(20, 1), [first]);
    assert.deepEqual(await store.archived(5, 10), []);
  },

  'a purge of named orders removes those of them that are archived long enough': async ({
    store,
  }) => {
    await write(
      store,
      commitOf({ orderId: 'named', archivedAt: 5 }),
      commitOf({ orderId: 'other', archivedAt: 5 }),
      commitOf({ orderId: 'late', archivedAt: 20 }),
      commitOf({ orderId: 'live' }),
    );
    const orders = ['named', 'late', 'live', 'unknown'].map((orderId) => ({
      tenantId: 'tenant-1',
      orderId,
    }));
    assert.equal((await store.purge({ archivedBefore: 20, orders, limit: 10 })).orders, 1);
    assert.deepEqual([...(await listIds(store))].sort(), ['late', 'live', 'other']);
    assert.equal((await store.purge({ archivedBefore: 20, orders: [], limit: 10 })).orders, 0);
  },

  'an order that is named twice is purged once and counted once': async ({ store }) => {
    await write(store, commitOf({ archivedAt: 5 }), commitOf({ orderId: 'other', archivedAt: 5 }));
    const other = { ...firstOrder, orderId: 'other' };
    const orders = [firstOrder, firstOrder, other];
    const request = { archivedBefore: 20, orders };
    assert.deepEqual(await store.purge({ ...request, limit: 2 }), { commands: 0, orders: 2 });
    assert.deepEqual(await listIds(store), []);
  },

  'an archived order that was changed since stays, named or not': async ({ store }) => {
    await write(store, commitOf({ archivedAt: 5 }));
    await write(store, commitOf({ expectedVersion: 1, archivedAt: 5, updatedAt: 20 }));
    assert.deepEqual(await store.archived(20, 10), []);
    assert.equal((await store.purge({ archivedBefore: 20, limit: 10 })).orders, 0);
    const orders = [commitOf()];
    assert.equal((await store.purge({ archivedBefore: 20, orders, limit: 10 })).orders, 0);
    assert.equal((await store.purge({ archivedBefore: 21, limit: 10 })).orders, 1);
  },

  'a purge without a time removes nothing': async ({ store }) => {
    await write(store, commitOf({ key: 'key-1', recordedAt: 1, archivedAt: 1 }));
    assert.deepEqual(await store.purge({ limit: 10 }), { commands: 0, orders: 0 });
    assert.equal((await listIds(store)).length, 1);
  },

  'a long feed is read past thousands of purged events': async ({ store }) => {
    const ids = upTo(1_500).map((index) => `order-${index}`);
    await write(store, ...ids.map((orderId) => commitOf({ orderId, archivedAt: 1 })));
    await write(store, commitOf({ orderId: 'order-1', expectedVersion: 1, archivedAt: null }));
    assert.equal((await store.purge({ archivedBefore: 5, limit: 5_000 })).orders, 1_499);
    const left = await wholeFeed(store, 10);
    assert.deepEqual(
      left.map(({ event }) => [event.orderId, event.version]),
      [
        ['order-1', 1],
        ['order-1', 2],
      ],
    );
  },
});
