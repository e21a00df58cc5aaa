import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  commitOf,
  expectOutcomes,
  firstOrder,
  loadOne,
  rejectionOf,
  statusesOf,
  upTo,
  wholeFeed,
  write,
} from './given.ts';

export const commitCases = casesOf('commits', {
  'a new order is read back as it was written': async ({ store }) => {
    const commit = commitOf({
      number: 'N-1',
      customerId: 'customer-1',
      deadlines: [{ name: 'payment.pending.unpaid', dueAt: 7 }],
    });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
  },

  'a commit writes the order, its events, the command and the feed together': async ({ store }) => {
    const commit = commitOf({ eventCount: 3, key: 'key-1' });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 10), commit.events);
    assert.deepStrictEqual(await store.findCommands([commandOfFirst]), [commit.command]);
    assert.deepStrictEqual(
      (await wholeFeed(store)).map((entry) => entry.event),
      commit.events,
    );
  },

  'an update replaces the whole record': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1', deadlines: [{ name: 'a.b.c', dueAt: 7 }] }));
    const update = commitOf({
      expectedVersion: 1,
      number: 'N-1',
      customerId: 'customer-2',
      status: { lifecycle: 'archived' },
      recordedAt: 9,
      archivedAt: 9,
      order: { total: 1 },
    });
    await write(store, update);
    assert.deepStrictEqual(await loadOne(store), update.record);
  },

  'load answers in the order of its keys, with undefined for missing orders': async ({ store }) => {
    await write(store, commitOf({ orderId: 'a' }), commitOf({ orderId: 'b' }));
    const { tenantId } = firstOrder;
    const records = await store.load(
      ['b', 'none', 'a', 'b'].map((orderId) => ({ tenantId, orderId })),
    );
    assert.deepEqual(
      records.map((record) => record?.orderId),
      ['b', undefined, 'a', 'b'],
    );
    assert.deepEqual(await store.load([]), []);
  },

  'a commit without events changes the record but not the feed': async ({ store }) => {
    await write(store, commitOf());
    const update = commitOf({ expectedVersion: 1, eventCount: 0, order: { total: 2 } });
    await write(store, update);
    assert.deepStrictEqual(await loadOne(store), update.record);
    assert.equal((await wholeFeed(store)).length, 1);
  },

  'a commit without a record stores the answer and nothing else': async ({ store }) => {
    const commit = commitOf();
    await write(store, commit);
    await write(store, rejectionOf({ expectedVersion: 1, key: 'key-1' }));
    assert.deepStrictEqual(await loadOne(store), commit.record);
    assert.equal((await store.findCommands([commandOfFirst]))[0]?.outcome['status'], 'rejected');
  },

  'the answer about an order that does not exist is stored too': async ({ store }) => {
    await write(store, rejectionOf({ key: 'key-1' }));
    assert.equal(await loadOne(store), undefined);
    assert.equal((await store.findCommands([commandOfFirst]))[0]?.orderId, 'order-1');
  },

  'a refused commit writes nothing at all': async ({ store }) => {
    const before = commitOf({ number: 'N-1' });
    await write(store, before);
    const refused = commitOf({ key: 'key-1', number: 'N-1', eventCount: 2, order: { total: 9 } });
    assert.deepEqual(await statusesOf(store, [refused]), ['conflict']);
    assert.deepStrictEqual(await loadOne(store), before.record);
    assert.deepEqual(await store.history(firstOrder, 1, 10), []);
    assert.deepEqual(await store.findCommands([commandOfFirst]), [undefined]);
    assert.equal(await store.findByNumber('tenant-1', 'N-2'), undefined);
    assert.equal((await wholeFeed(store)).length, 1);
  },

  'a refused commit does not affect the others in its batch, and answers stay in order': async ({
    store,
  }) => {
    await write(store, commitOf({ orderId: 'old', number: 'N-1', key: 'key-1' }));
    await expectOutcomes(store, [
      [commitOf({ orderId: 'first' }), 'committed'],
      [commitOf({ orderId: 'old' }), 'conflict'],
      [commitOf({ orderId: 'second' }), 'committed'],
      [commitOf({ orderId: 'third', key: 'key-1' }), 'duplicate'],
      [commitOf({ orderId: 'fourth', number: 'N-1' }), 'numberTaken'],
      [commitOf({ orderId: 'fifth' }), 'committed'],
    ]);
    assert.deepEqual((await wholeFeed(store)).map((entry) => entry.event.orderId).sort(), [
      'fifth',
      'first',
      'old',
      'second',
    ]);
  },

  'commits of one order in one batch apply one after the other': async ({ store }) => {
    await write(
      store,
      commitOf(),
      commitOf({ expectedVersion: 1, eventCount: 2 }),
      commitOf({ expectedVersion: 3, status: { lifecycle: 'done' } }),
    );
    assert.equal((await loadOne(store))?.version, 4);
    assert.deepEqual((await loadOne(store))?.status, { lifecycle: 'done' });
    assert.deepEqual(
      (await store.history(firstOrder, 0, 10)).map((event) => event.version),
      [1, 2, 3, 4],
    );
  },

  'a batch may be empty, or have a thousand commits': async ({ store }) => {
    assert.deepEqual(await store.commit([]), []);
    await write(store, ...upTo(1_000).map((index) => commitOf({ orderId: `order-${index}` })));
    assert.equal((await wholeFeed(store, 300)).length, 1_000);
  },

  'a loaded record does not change when its order does': async ({ store }) => {
    await write(store, commitOf());
    const before = await loadOne(store);
    const history = await store.history(firstOrder, 0, 10);
    const copies = structuredClone({ before, history });
    await write(store, commitOf({ expectedVersion: 1, order: { total: 3 } }));
    assert.deepStrictEqual({ before, history }, copies);
  },
});

const commandOfFirst = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };
