import assert from 'node:assert/strict';
import type { JsonObject } from '../../order/values.ts';
import { casesOf, filledCasesOf } from './case.ts';
import { commitOf, firstOrder, loadOne, rejectionOf, statusesOf, upTo, write } from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };

const refusedNumberCases = casesOf('commits', {
  'a refused commit leaves its number free for the rest of the batch': async ({ store }) => {
    await write(store, commitOf({ orderId: 'known', key: 'key-1', number: 'N-1' }));
    const statuses = await statusesOf(store, [
      // A conflict, a duplicate and a taken number, each followed by a valid commit.
      commitOf({ orderId: 'a', expectedVersion: 3, number: 'N-2' }),
      commitOf({ orderId: 'b', number: 'N-2' }),
      commitOf({ orderId: 'c', key: 'key-1', number: 'N-3' }),
      commitOf({ orderId: 'd', number: 'N-3' }),
      commitOf({ orderId: 'e', number: 'N-1' }),
      commitOf({ orderId: 'e', number: 'N-4' }),
    ]);
    const [conflict, duplicate, numberTaken] = ['conflict', 'duplicate', 'numberTaken'];
    assert.deepEqual(statuses, [
      ...[conflict, 'committed', duplicate, 'committed', numberTaken, 'committed'],
    ]);
    assert.equal(await store.findByNumber('tenant-1', 'N-2'), 'b');
    assert.equal(await store.findByNumber('tenant-1', 'N-3'), 'd');
  },
});

const storedAnswerCases = casesOf('idempotency', {
  'a duplicate changes neither the stored answer nor its age': async ({ store }) => {
    const first = commitOf({ key: 'key-1', recordedAt: 10 });
    await write(store, first);
    const later = { key: 'key-1', recordedAt: 50, outcome: { status: 'later' } };
    for (const again of [
      commitOf({ ...later, expectedVersion: 1 }),
      rejectionOf({ ...later, expectedVersion: 1 }),
      commitOf({ ...later, orderId: 'order-2' }),
    ]) {
      const duplicate = { status: 'duplicate', record: first.command };
      assert.deepStrictEqual(await store.commit([again]), [duplicate]);
      assert.deepStrictEqual(await store.findCommands([identity]), [first.command]);
    }
    assert.deepEqual(await store.purge({ commandsBefore: 11, limit: 9 }), {
      commands: 1,
      orders: 0,
    });
  },
});

const freedNumberCases = casesOf('purge', {
  'the number of a purged order is free again, and so is its id': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1', archivedAt: 10, recordedAt: 10 }));
    assert.deepEqual(await statusesOf(store, [commitOf({ orderId: 'b', number: 'N-1' })]), [
      'numberTaken',
    ]);
    assert.equal((await store.purge({ archivedBefore: 11, limit: 10 })).orders, 1);
    await write(store, commitOf({ orderId: 'b', number: 'N-1' }), commitOf({ number: 'N-2' }));
    assert.equal(await store.findByNumber('tenant-1', 'N-1'), 'b');
    assert.equal(await store.findByNumber('tenant-1', 'N-2'), firstOrder.orderId);
  },
});

/** A text whose size in bytes is three times its number of characters. */
const wideData = { text: '字'.repeat(10_000) };
/** The size of three such events. A store may be off by half. */
const threeBytes = 90_000;

const boundInBytesCases = casesOf('large values', {
  'a bound in bytes counts bytes, not characters': async ({ store }) => {
    const eventCount = 20;
    await write(store, commitOf({ eventCount, data: wideData }));
    const pages = [await store.history(firstOrder, 0, 100, threeBytes)];
    for (let partition = 0; partition < store.features.partitions; partition += 1) {
      const page = (await store.feed(partition, 0, 100, threeBytes)).map(({ event }) => event);
      if (page.length > 0) pages.push(page);
    }
    assert.equal(pages.length, 2, 'the events of an order are in one partition');
    for (const { length } of pages) {
      assert.ok(length >= 2 && length <= 5, `a page of ${length} events of 30,000 bytes each`);
    }
  },

  'a list and a page of parked events count bytes, too, not characters': async ({ store }) => {
    const commits = upTo(20).map((number) =>
      commitOf({ orderId: `order-${number}`, order: wideData, data: wideData }),
    );
    await write(store, ...commits);
    const lease = await take(store);
    const entries = commits.flatMap(({ events }) =>
      events.map((event) => parkedEvent({}, { event })),
    );
    await store.subscriptions.park(lease, entries);
    const listed = await store.list({ tenantId: 'tenant-1', limit: 100, maximumBytes: threeBytes });
    assert.ok(listed.next, 'there are more orders');
    const parked = await store.subscriptions.parked('mailer', 100, undefined, threeBytes);
    for (const { length } of [listed.records, parked]) {
      assert.ok(length >= 2 && length <= 5, `a page of ${length} with 30,000 bytes each`);
    }
  },
});

const withNulls: JsonObject = {
  none: null,
  list: [null, { none: null }, []],
  nested: { none: null, empty: {}, text: '' },
};

const nullCases = casesOf('odd values', {
  'members that are null are kept in orders, events and answers': async ({ store }) => {
    const commit = commitOf({
      ...{ key: 'key-1', order: withNulls, data: withNulls, outcome: withNulls },
    });
    await write(store, commit);
    assert.deepStrictEqual(await loadOne(store), commit.record);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 9), commit.events);
    assert.deepStrictEqual(await store.findCommands([identity]), [commit.command]);
  },
});

const unchangedCases = filledCasesOf('subscriptions and leases', {
  'a checkpoint or renewal that changes nothing does not count as a lost lease': async ({
    store,
  }) => {
    const { subscriptions } = store;
    const request = { subscription: 'mailer', partition: 0, owner: 'worker-1', now: 1_000 };
    const lease = await subscriptions.acquire({ ...request, durationMs: 100, startPosition: 3 });
    assert.ok(lease);
    for (const _ of upTo(2)) {
      assert.ok(await subscriptions.checkpoint(lease, 3), 'the checkpoint is where it was');
      assert.ok(
        await subscriptions.renew(lease, 1_000, 100),
        'the lease ends when it would anyway',
      );
    }
    const expected = [{ partition: 0, position: 3 }];
    assert.deepEqual(await subscriptions.checkpoints('mailer'), expected);
  },
});

const refusedInTransactionCases = casesOf(
  'transactions of the host',
  {
    'the answer of a commit that was refused in a transaction is not kept': async ({
      store,
      begin,
    }) => {
      await write(store, commitOf({ orderId: 'known', number: 'N-1' }));
      const host = await begin();
      const inside = store.within?.(host.transaction);
      assert.ok(inside, 'the features say transactions, so there is `within`');
      const refused = [
        commitOf({ orderId: 'known', key: 'key-1', expectedVersion: 4 }),
        commitOf({ orderId: 'b', key: 'key-1', number: 'N-1' }),
        rejectionOf({ orderId: 'known', key: 'key-1', expectedVersion: 4 }),
      ];
      const statuses = (await inside.commit(refused)).map(({ status }) => status);
      assert.deepEqual(statuses, ['conflict', 'numberTaken', 'conflict']);
      assert.deepEqual(await inside.findCommands([identity]), [undefined]);
      await host.commit();
      assert.deepEqual(await store.findCommands([identity]), [undefined]);
      await write(store, commitOf({ orderId: 'b', key: 'key-1' }));
    },
  },
  'transactions',
);

/** Cases about what a refused commit, a purge or a write without a change leaves behind. */
export const whatStaysCases = [
  ...refusedNumberCases,
  ...storedAnswerCases,
  ...freedNumberCases,
  ...boundInBytesCases,
  ...nullCases,
  ...unchangedCases,
  ...refusedInTransactionCases,
];
