import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import { casesOf } from './case.ts';
import {
  commitOf,
  fillPartitions,
  firstOrder,
  listIds,
  loadOne,
  statusesOf,
  wholeFeed,
  write,
} from './given.ts';

export const closingCases = casesOf('closing', {
  'closing again is harmless': async ({ store }) => {
    await store.close();
    await store.close();
  },

  'a closed store refuses every call': async ({ store }) => {
    const lease = await store.subscriptions.acquire(leaseRequest);
    assert.ok(lease);
    await store.close();
    for (const call of [
      () => store.load([firstOrder]),
      () => store.commit([commitOf()]),
      () => store.findByNumber('tenant-1', 'N-1'),
      () => store.findCommands([{ tenantId: 'tenant-1', scope: 's', key: 'k' }]),
      () => store.history(firstOrder, 0, 1),
      () => store.list({ tenantId: 'tenant-1', limit: 1 }),
      () => store.feed(0, 0, 1),
      () => store.feedEnd(0),
      () => store.feedPositionAt(0, 0),
      () => store.due(0, 1),
      () => store.nextDueAt(),
      () => store.archived(0, 1),
      () => store.purge({ limit: 1 }),
      () => store.subscriptions.join(leaseRequest),
      () => store.subscriptions.leave('mailer', 'worker-1'),
      () => store.subscriptions.acquire(leaseRequest),
      () => store.subscriptions.checkpoint(lease, 1),
      () => store.subscriptions.rewind('mailer', 0, 1),
      () => store.subscriptions.remove('mailer', 0),
      () => store.subscriptions.requeue('mailer'),
      () => store.subscriptions.parked('mailer', 1),
    ]) {
      await assert.rejects(call, (error) => isOrderchartError(error, 'storeClosed'), `${call}`);
    }
  },
});

const leaseRequest = {
  subscription: 'mailer',
  partition: 0,
  owner: 'worker-1',
  now: 0,
  durationMs: 1_000,
  startPosition: 0,
};

export const durabilityCases = casesOf(
  'durability',
  {
    'everything is there when the store is opened again': async ({ store, reopen }) => {
      const commit = commitOf({
        number: 'N-1',
        customerId: 'c-1',
        eventCount: 3,
        key: 'key-1',
        deadlines: [{ name: 'a.b.c', dueAt: 5 }],
      });
      await write(store, commit);
      const again = await reopen();
      assert.deepStrictEqual(await loadOne(again), commit.record);
      assert.deepStrictEqual(await again.history(firstOrder, 0, 10), commit.events);
      assert.equal(await again.findByNumber('tenant-1', 'N-1'), 'order-1');
      assert.deepEqual(await statusesOf(again, [commit]), ['duplicate']);
      assert.equal((await again.due(5, 10)).length, 1);
      assert.deepEqual(await listIds(again, { status: { payment: 'pending' } }), ['order-1']);
      assert.equal((await wholeFeed(again)).length, 3);
    },

    'versions and positions go on where they stood': async ({ store, reopen }) => {
      await write(store, commitOf({ eventCount: 2 }));
      const again = await reopen();
      assert.deepEqual(await statusesOf(again, [commitOf({ expectedVersion: 1 })]), ['conflict']);
      await write(again, commitOf({ expectedVersion: 2 }));
      const entries = await wholeFeed(again);
      assert.deepEqual(
        entries.map(({ position, event }) => [position, event.version]),
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
      );
    },

    'positions that were purged are not given again by the store opened next': async ({
      store,
      reopen,
    }) => {
      await write(store, commitOf({ eventCount: 2, archivedAt: 1 }));
      const partition = (await wholeFeed(store))[0]?.partition ?? 0;
      await store.purge({ archivedBefore: 5, limit: 10 });
      const again = await reopen();
      assert.equal(await again.feedEnd(partition), 2);
      await fillPartitions(again);
      assert.equal((await again.feed(partition, 0, 1))[0]?.position, 3);
    },

    'members, leases, checkpoints and parked events outlive the process': async ({
      store,
      reopen,
    }) => {
      const lease = await store.subscriptions.acquire(leaseRequest);
      const [event] = commitOf().events;
      assert.ok(lease && event);
      const parked = {
        subscription: 'mailer',
        partition: 0,
        position: 1,
        event,
        error: 'no',
        attempts: 3,
        parkedAt: 9,
      };
      await store.subscriptions.park(lease, parked);
      await store.subscriptions.checkpoint(lease, 4);
      await store.subscriptions.join({ ...leaseRequest, durationMs: 2_000 });
      const { subscriptions } = await reopen();
      const other = { ...leaseRequest, owner: 'worker-2' };
      assert.equal(await subscriptions.acquire(other), undefined);
      assert.deepStrictEqual(await subscriptions.parked('mailer', 9), [parked]);
      assert.equal((await subscriptions.acquire({ ...other, now: 1_000 }))?.position, 4);
      const members = await subscriptions.join({ ...other, now: 1_000 });
      assert.deepEqual(members, ['worker-1', 'worker-2']);
    },
  },
  'durable',
);
