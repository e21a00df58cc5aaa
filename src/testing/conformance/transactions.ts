import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { OrderStore } from '../../store/store.ts';
import { type ConformanceContext, casesOf } from './case.ts';
import {
  commitOf,
  expectOutcomes,
  firstOrder,
  loadOne,
  statusesOf,
  upTo,
  wholeFeed,
  write,
  writeWithin,
} from './given.ts';

/** Opens a transaction of the host, and the store within it. */
async function opened({ store, begin }: ConformanceContext) {
  const host = await begin();
  assert.ok(store.within, 'the features say transactions, so there is `within`');
  return { host, inside: store.within(host.transaction) };
}

const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };

async function versionsInFeed(store: OrderStore): Promise<readonly string[]> {
  return (await wholeFeed(store)).map(({ event }) => `${event.orderId}/${event.version}`);
}

export const transactionCases = casesOf(
  'transactions of the host',
  {
    'everything that a transaction wrote is there once the host has committed': async (context) => {
      const { store } = context;
      const { host, inside } = await opened(context);
      const commit = commitOf({ key: 'key-1', number: 'N-1', eventCount: 2 });
      await writeWithin(inside, commit);
      await host.commit();
      assert.deepStrictEqual(await loadOne(store), commit.record);
      assert.deepStrictEqual(await store.history(firstOrder, 0, 10), commit.events);
      assert.deepStrictEqual(await store.findCommands([identity]), [commit.command]);
      assert.equal(await store.findByNumber('tenant-1', 'N-1'), 'order-1');
      assert.deepEqual(await versionsInFeed(store), ['order-1/1', 'order-1/2']);
    },

    'a status first used in a rolled back transaction does not affect later ones': async (
      context,
    ) => {
      const { store } = context;
      const { host, inside } = await opened(context);
      const lost = { lifecycle: 'placed', review: 'lost' };
      await writeWithin(inside, commitOf({ status: lost }));
      assert.deepStrictEqual((await inside.load([firstOrder]))[0]?.status, lost);
      await host.rollBack();
      const kept = { lifecycle: 'placed', review: 'kept' };
      await write(store, commitOf({ status: kept }));
      assert.deepStrictEqual((await loadOne(store))?.status, kept);
      const query = { tenantId: 'tenant-1', status: { review: 'kept' }, limit: 9 };
      assert.equal((await store.list(query)).records.length, 1);
      await write(store, commitOf({ orderId: 'order-2', status: lost }));
      const other = await store.load([{ tenantId: 'tenant-1', orderId: 'order-2' }]);
      assert.deepStrictEqual(other[0]?.status, lost);
    },

    'nothing of a transaction is visible to others before the host has committed': async (
      context,
    ) => {
      const { store } = context;
      const { host, inside } = await opened(context);
      const deadlines = [{ name: 'a.b.c', dueAt: 5 }];
      await writeWithin(inside, commitOf({ key: 'key-1', number: 'N-1', deadlines }));
      assert.equal(await loadOne(store), undefined);
      assert.deepEqual(await store.history(firstOrder, 0, 10), []);
      assert.deepEqual(await store.findCommands([identity]), [undefined]);
      assert.equal(await store.findByNumber('tenant-1', 'N-1'), undefined);
      assert.deepEqual(await store.due(9, 10), []);
      assert.equal((await wholeFeed(store)).length, 0);
      await host.commit();
      assert.equal((await store.due(9, 10)).length, 1);
    },

    'nothing is left when the host rolls back, and the feed has no gap': async (context) => {
      const { store } = context;
      await write(store, commitOf({ eventCount: 2 }));
      const { host, inside } = await opened(context);
      await writeWithin(inside, commitOf({ expectedVersion: 2, key: 'key-1' }));
      await writeWithin(inside, commitOf({ orderId: 'order-2', number: 'N-1' }));
      await host.rollBack();
      assert.equal((await loadOne(store))?.version, 2);
      assert.deepEqual(await store.findCommands([identity]), [undefined]);
      assert.equal(await loadOne(store, { ...firstOrder, orderId: 'order-2' }), undefined);
      await write(
        store,
        commitOf({ expectedVersion: 2, key: 'key-1' }),
        commitOf({ orderId: 'order-2', number: 'N-1' }),
      );
      const entries = await wholeFeed(store);
      assert.equal(entries.length, 4);
      for (let partition = 0; partition < store.features.partitions; partition += 1) {
        const positions = entries.filter((entry) => entry.partition === partition);
        assert.deepEqual(
          positions.map(({ position }) => position),
          upTo(positions.length),
        );
      }
    },

    'a transaction sees what it wrote itself, and what was committed': async (context) => {
      const { store } = context;
      await write(store, commitOf());
      const { host, inside } = await opened(context);
      assert.deepEqual(await inside.load([firstOrder]), [commitOf().record]);
      const commit = commitOf({ expectedVersion: 1, key: 'key-1' });
      await writeWithin(inside, commit);
      assert.deepStrictEqual(await inside.load([firstOrder]), [commit.record]);
      assert.deepStrictEqual(await inside.findCommands([identity]), [commit.command]);
      const versions = (await inside.history(firstOrder, 0, 10)).map(({ version }) => version);
      assert.deepEqual(versions, [1, 2]);
      assert.equal((await inside.history(firstOrder, 1, 10))[0]?.version, 2);
      await host.rollBack();
    },

    'a transaction answers as the store does, and can be used after every answer': async (
      context,
    ) => {
      const { store } = context;
      await write(store, commitOf({ key: 'key-1', number: 'N-1' }));
      const { host, inside } = await opened(context);
      await expectOutcomes(inside, [
        [commitOf({ key: 'key-1', expectedVersion: 1 }), 'duplicate'],
        [commitOf(), 'conflict'],
        [commitOf({ orderId: 'order-2', number: 'N-1' }), 'numberTaken'],
        [commitOf({ expectedVersion: 1 }), 'committed'],
        [commitOf({ expectedVersion: 2 }), 'committed'],
      ]);
      await writeWithin(inside, commitOf({ orderId: 'order-3' }));
      await host.commit();
      assert.equal((await loadOne(store))?.version, 3);
      assert.equal((await loadOne(store, { ...firstOrder, orderId: 'order-3' }))?.version, 1);
    },

    'an order, number or key that an open transaction wrote is locked for all others': async (
      context,
    ) => {
      const { store } = context;
      await write(store, commitOf());
      const { host, inside } = await opened(context);
      await writeWithin(inside, commitOf({ expectedVersion: 1, key: 'key-1' }));
      await writeWithin(inside, commitOf({ orderId: 'order-2', number: 'N-1' }));
      const batch = [
        commitOf({ expectedVersion: 1 }),
        commitOf({ orderId: 'order-2' }),
        commitOf({ orderId: 'order-3', number: 'N-1' }),
        commitOf({ orderId: 'order-4', key: 'key-1' }),
        commitOf({ orderId: 'order-5' }),
      ];
      const expected = ['locked', 'locked', 'locked', 'locked', 'committed'];
      assert.deepEqual(await statusesOf(store, batch), expected);
      await host.commit();
      assert.deepEqual(await statusesOf(store, batch.slice(0, 4)), [
        'conflict',
        'conflict',
        'numberTaken',
        'duplicate',
      ]);
    },

    'locks are free when the host rolls back': async (context) => {
      const { store } = context;
      const { host, inside } = await opened(context);
      await writeWithin(inside, commitOf({ key: 'key-1', number: 'N-1' }));
      await host.rollBack();
      await write(store, commitOf({ key: 'key-1', number: 'N-1' }));
    },

    'what one transaction wrote is locked for another one': async (context) => {
      await write(context.store, commitOf());
      const first = await opened(context);
      const second = await opened(context);
      await writeWithin(first.inside, commitOf({ expectedVersion: 1 }));
      const outcomes = await second.inside.commit([
        commitOf({ expectedVersion: 1 }),
        commitOf({ orderId: 'order-2' }),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['locked', 'committed'],
      );
      await second.host.commit();
      await first.host.commit();
      assert.equal((await loadOne(context.store))?.version, 2);
    },

    'transactions that commit late appear late, above all positions that were read': async (
      context,
    ) => {
      const { store } = context;
      const { host, inside } = await opened(context);
      await writeWithin(inside, commitOf({ orderId: 'late', eventCount: 2 }));
      for (const index of upTo(40)) await write(store, commitOf({ orderId: `order-${index}` }));
      const before = await wholeFeed(store);
      assert.equal(before.length, 40);
      await host.commit();
      const after = await wholeFeed(store);
      const late = after.filter(({ event }) => event.orderId === 'late');
      assert.deepEqual(
        late.map(({ event }) => event.version),
        [1, 2],
      );
      for (const { partition, position } of late) {
        const read = before.filter((entry) => entry.partition === partition);
        assert.ok(read.every((entry) => entry.position < position));
      }
    },

    'a value that is not a transaction of the store is refused': async ({ store }) => {
      for (const odd of [undefined, null, 7, 'transaction', {}, [], () => {}]) {
        assert.throws(
          () => store.within?.(odd),
          (error) => isOrderchartError(error, 'invalidArgument'),
          `${odd}`,
        );
      }
    },
  },
  'transactions',
);
