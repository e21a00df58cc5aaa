import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  commitOf,
  firstOrder,
  loadOne,
  rejectionOf,
  statusesOf,
  upTo,
  wholeFeed,
  write,
} from './given.ts';

const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };

export const idempotencyCases = casesOf('idempotency', {
  'a known command is a duplicate, with its stored record': async ({ store }) => {
    const first = commitOf({ key: 'key-1', outcome: { status: 'accepted', nested: { n: [1] } } });
    await write(store, first);
    const again = commitOf({ key: 'key-1', outcome: { status: 'other' } });
    assert.deepStrictEqual(await store.commit([again]), [
      { status: 'duplicate', record: first.command },
    ]);
  },

  'a duplicate writes nothing, even if its version matches': async ({ store }) => {
    await write(store, commitOf({ key: 'key-1' }));
    const again = commitOf({ expectedVersion: 1, key: 'key-1', order: { total: 2 } });
    assert.deepEqual(await statusesOf(store, [again]), ['duplicate']);
    assert.equal((await loadOne(store))?.version, 1);
    assert.equal((await store.history(firstOrder, 0, 10)).length, 1);
    assert.equal((await wholeFeed(store)).length, 1);
  },

  'a duplicate is reported before a conflict and before a taken number': async ({ store }) => {
    await write(store, commitOf({ key: 'key-1', number: 'N-1' }));
    const again = [
      commitOf({ key: 'key-1', expectedVersion: 7 }),
      commitOf({ key: 'key-1', orderId: 'order-2', number: 'N-1' }),
    ];
    assert.deepEqual(await statusesOf(store, again), ['duplicate', 'duplicate']);
  },

  'a command that appears twice in one batch runs once': async ({ store }) => {
    const statuses = await statusesOf(store, [
      commitOf({ key: 'key-1' }),
      commitOf({ key: 'key-1', expectedVersion: 1 }),
      commitOf({ key: 'key-1', orderId: 'order-2' }),
    ]);
    assert.deepEqual(statuses, ['committed', 'duplicate', 'duplicate']);
    assert.equal((await wholeFeed(store)).length, 1);
  },

  'a command that is sent twenty times at once runs once': async ({ store }) => {
    const statuses = await Promise.all(
      upTo(20).map((index) =>
        statusesOf(store, [commitOf({ key: 'key-1', orderId: `order-${index}` })]),
      ),
    );
    assert.equal(statuses.flat().filter((status) => status === 'committed').length, 1);
    assert.equal((await wholeFeed(store)).length, 1);
  },

  'a rejected command is a duplicate afterwards': async ({ store }) => {
    await write(store, rejectionOf({ key: 'key-1' }));
    assert.deepEqual(await statusesOf(store, [commitOf({ key: 'key-1' })]), ['duplicate']);
    assert.equal(await loadOne(store), undefined);
  },

  'a refused commit leaves its key free': async ({ store }) => {
    await write(store, commitOf());
    assert.deepEqual(await statusesOf(store, [commitOf({ key: 'key-1' })]), ['conflict']);
    await write(store, commitOf({ key: 'key-1', expectedVersion: 1 }));
  },

  'scopes and tenants keep equal keys apart': async ({ store }) => {
    await write(
      store,
      commitOf({ orderId: 'a', key: 'key-1' }),
      commitOf({ orderId: 'b', key: 'key-1', scope: 'reports' }),
      commitOf({ orderId: 'c', key: 'key-1', tenantId: 'tenant-2' }),
      // Joined without a separator, these would equal ('requests', 'key-1').
      commitOf({ orderId: 'd', key: '1', scope: 'requestskey-' }),
      commitOf({ orderId: 'e', key: 'ey-1', scope: 'requestsk' }),
    );
    const found = await store.findCommands([
      identity,
      { ...identity, scope: 'reports' },
      { ...identity, tenantId: 'tenant-2' },
      { ...identity, scope: 'requestsk', key: 'ey-1' },
    ]);
    assert.deepEqual(
      found.map((command) => command?.orderId),
      ['a', 'b', 'c', 'e'],
    );
  },

  'findCommands answers in order, with undefined for unknown commands': async ({ store }) => {
    await write(store, commitOf({ key: 'key-1' }), rejectionOf({ key: 'key-2', orderId: 'x' }));
    const found = await store.findCommands(
      ['key-2', 'none', 'key-1', 'KEY-1'].map((key) => ({ ...identity, key })),
    );
    assert.deepEqual(
      found.map((command) => command?.key),
      ['key-2', undefined, 'key-1', undefined],
    );
  },

  'an identity that is requested twice is answered twice': async ({ store }) => {
    const first = commitOf({ key: 'key-1' });
    await write(store, first);
    const none = { ...identity, key: 'none' };
    assert.deepStrictEqual(await store.findCommands([identity, none, identity, none, identity]), [
      ...[first.command, undefined, first.command, undefined, first.command],
    ]);
    assert.deepEqual(await store.findCommands([]), []);
  },

  'a duplicate is recognized by its identity alone, with the stored fingerprint and order': async ({
    store,
  }) => {
    const first = commitOf({ key: 'key-1' });
    await write(store, first);
    const again = commitOf({ key: 'key-1', orderId: 'order-2', outcome: { other: true } });
    assert.ok(again.command);
    const other = { ...again, command: { ...again.command, fingerprint: 'cd'.repeat(32) } };
    assert.deepStrictEqual(await store.commit([other, other]), [
      { status: 'duplicate', record: first.command },
      { status: 'duplicate', record: first.command },
    ]);
    assert.deepStrictEqual(await store.findCommands([identity]), [first.command]);
  },
});
