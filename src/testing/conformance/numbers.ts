import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import { commitOf, loadOne, statusesOf, upTo, wholeFeed, write } from './given.ts';

export const numberCases = casesOf('numbers', {
  'a number is found, exactly as it was written': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1a' }));
    assert.equal(await store.findByNumber('tenant-1', 'N-1a'), 'order-1');
    for (const other of ['n-1a', 'N-1', 'N-1a ', 'N-1%', '']) {
      assert.equal(await store.findByNumber('tenant-1', other), undefined);
    }
  },

  'a new order with a taken number is refused, and nothing of it is written': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1' }));
    const second = commitOf({ orderId: 'order-2', number: 'N-1', key: 'key-1' });
    assert.deepEqual(await statusesOf(store, [second]), ['numberTaken']);
    assert.equal(await loadOne(store, second), undefined);
    assert.equal((await wholeFeed(store)).length, 1);
    // The key must be free, so that the caller can retry with another number.
    await write(store, commitOf({ orderId: 'order-2', number: 'N-2', key: 'key-1' }));
  },

  'a number may be taken by an earlier commit of the same batch': async ({ store }) => {
    const batch = ['a', 'b'].map((orderId) => commitOf({ orderId, number: 'N-1' }));
    assert.deepEqual(await statusesOf(store, batch), ['committed', 'numberTaken']);
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), 'a');
  },

  'a conflict is reported before a taken number': async ({ store }) => {
    await write(store, commitOf({ orderId: 'a', number: 'N-1' }), commitOf({ orderId: 'b' }));
    const commits = [commitOf({ orderId: 'b', number: 'N-1' })];
    assert.deepEqual(await statusesOf(store, commits), ['conflict']);
  },

  'a new order that is refused with a conflict leaves its number free': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1' }));
    const another = commitOf({ number: 'N-2', key: 'key-1' });
    assert.deepEqual(await statusesOf(store, [another]), ['conflict']);
    assert.equal(await store.findByNumber('tenant-1', 'N-2'), undefined);
    await write(store, commitOf({ orderId: 'order-2', number: 'N-2', key: 'key-1' }));
    assert.equal(await store.findByNumber('tenant-1', 'N-2'), 'order-2');
  },

  'an order keeps its number when it changes': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1' }));
    await write(store, commitOf({ expectedVersion: 1, number: 'N-1' }));
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), 'order-1');
  },

  'orders without a number do not conflict with each other': async ({ store }) => {
    await write(store, commitOf({ orderId: 'a' }), commitOf({ orderId: 'b' }));
    assert.equal(await store.findByNumber('tenant-1', 'null'), undefined);
  },

  'each tenant has its own numbers': async ({ store }) => {
    await write(
      store,
      commitOf({ orderId: 'a', number: 'N-1' }),
      commitOf({ orderId: 'b', number: 'N-1', tenantId: 'tenant-2' }),
    );
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), 'a');
    assert.equal(await store.findByNumber('tenant-2', 'N-1'), 'b');
  },

  'of twenty orders with one number at once, one gets it': async ({ store }) => {
    const statuses = await Promise.all(
      upTo(20).map((index) =>
        statusesOf(store, [commitOf({ orderId: `order-${index}`, number: 'N-1' })]),
      ),
    );
    const winners = statuses.flatMap(([status], index) =>
      status === 'committed' ? [`order-${index + 1}`] : [],
    );
    assert.equal(winners.length, 1);
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), winners[0]);
    assert.equal((await wholeFeed(store)).length, 1);
  },
});
