import assert from 'node:assert/strict';
import { casesOf } from './case.ts';
import {
  commitOf,
  expectOutcomes,
  fillFeed,
  firstOrder,
  listIds,
  loadOne,
  noon,
  statusesOf,
  upTo,
  wholeFeed,
  write,
} from './given.ts';

export const sharingCases = casesOf(
  'two handles on one store',
  {
    'one handle reads what the other one wrote': async ({ store, share }) => {
      const other = await share();
      const commit = commitOf({ number: 'N-1', deadlines: [{ name: 'a.b.c', dueAt: 5 }] });
      await write(store, commit);
      assert.deepStrictEqual(await loadOne(other), commit.record);
      assert.deepStrictEqual(await other.history(firstOrder, 0, 10), commit.events);
      assert.equal((await wholeFeed(other)).length, 1);
      assert.equal(await other.nextDueAt(), 5);
    },

    'one handle can list by a status that the other one used first': async ({ store, share }) => {
      const other = await share();
      await write(store, commitOf({ orderId: 'a', status: { review: 'open' } }));
      assert.deepEqual(await listIds(other, { status: { review: 'open' } }), ['a']);
      await write(other, commitOf({ orderId: 'b', status: { review: 'closed' } }));
      await write(store, commitOf({ orderId: 'c', status: { review: 'closed' } }));
      assert.deepEqual(await listIds(store, { status: { review: 'closed' } }), ['c', 'b']);
      assert.deepStrictEqual((await loadOne(store, { ...firstOrder, orderId: 'b' }))?.status, {
        review: 'closed',
      });
    },

    'versions, keys and numbers are enforced across the handles': async ({ store, share }) => {
      const other = await share();
      await write(store, commitOf({ key: 'key-1', number: 'N-1' }));
      await expectOutcomes(other, [
        [commitOf(), 'conflict'],
        [commitOf({ key: 'key-1', expectedVersion: 1 }), 'duplicate'],
        [commitOf({ orderId: 'order-2', number: 'N-1' }), 'numberTaken'],
        [commitOf({ expectedVersion: 1 }), 'committed'],
      ]);
      assert.deepEqual(await statusesOf(store, [commitOf({ expectedVersion: 1 })]), ['conflict']);
    },

    'writers on both handles make one feed without gaps': async ({ store, share }) => {
      const other = await share();
      await Promise.all(
        upTo(40).map((index) =>
          write(
            index % 2 === 0 ? store : other,
            commitOf({ orderId: `order-${index}`, eventCount: 3 }),
          ),
        ),
      );
      const entries = await wholeFeed(store, 7);
      assert.equal(entries.length, 120);
      assert.deepStrictEqual(await wholeFeed(other), entries);
      for (let partition = 0; partition < store.features.partitions; partition += 1) {
        const positions = entries
          .filter((entry) => entry.partition === partition)
          .map((entry) => entry.position);
        assert.deepEqual(positions, upTo(positions.length));
      }
    },

    'of forty commits at once from both handles on one version, one is committed': async ({
      store,
      share,
    }) => {
      const other = await share();
      const statuses = await Promise.all(
        upTo(40).map((index) => statusesOf(index % 2 === 0 ? store : other, [commitOf()])),
      );
      assert.equal(statuses.flat().filter((status) => status === 'committed').length, 1);
      assert.equal((await wholeFeed(store)).length, 1);
    },

    'a lease taken through one handle is held for the other': async ({ store, share }) => {
      await fillFeed(store);
      const other = await share();
      const request = {
        subscription: 'mailer',
        partition: 0,
        owner: 'worker-1',
        now: noon,
        durationMs: 100,
        startPosition: 0,
      };
      const lease = await store.subscriptions.acquire(request);
      assert.ok(lease);
      const rival = { ...request, owner: 'worker-2' };
      assert.equal(await other.subscriptions.acquire(rival), undefined);
      const next = await other.subscriptions.acquire({ ...rival, now: noon + 100 });
      assert.ok(next && next.epoch > lease.epoch);
      assert.equal(await store.subscriptions.checkpoint(lease, 9), undefined);
      assert.ok(await other.subscriptions.checkpoint(next, 8));
    },

    'a member that joins through one handle is a member for the other': async ({
      store,
      share,
    }) => {
      const other = await share();
      const request = { subscription: 'mailer', owner: 'worker-1', now: noon, durationMs: 100 };
      await store.subscriptions.join(request);
      const rival = { ...request, owner: 'worker-2', now: noon + 1 };
      assert.deepEqual(await other.subscriptions.join(rival), ['worker-1', 'worker-2']);
      await other.subscriptions.leave('mailer', 'worker-1');
      assert.deepEqual(await other.subscriptions.join(rival), ['worker-2']);
    },

    'closing one handle leaves the other open': async ({ store, share }) => {
      const other = await share();
      await write(other, commitOf());
      await other.close();
      assert.equal((await loadOne(store))?.version, 1);
      await write(store, commitOf({ expectedVersion: 1 }));
    },
  },
  'shared',
);
