import assert from 'node:assert/strict';
import type { JoinRequest, LeaseRequest, OrderStore } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { commitOf } from './given.ts';

async function join(
  store: OrderStore,
  owner: string,
  overrides: Partial<JoinRequest> = {},
): Promise<readonly string[]> {
  const request = { subscription: 'mailer', owner, now: 1_000, durationMs: 100, ...overrides };
  return store.subscriptions.join(request);
}

const leaseRequest: LeaseRequest = {
  subscription: 'mailer',
  partition: 0,
  owner: 'worker-1',
  now: 1_000,
  durationMs: 100,
  startPosition: 0,
};

export const memberCases = filledCasesOf('members of a subscription', {
  'joining returns all members, including the new one, in the order of joining': async ({
    store,
  }) => {
    assert.deepEqual(await join(store, 'worker-9'), ['worker-9']);
    assert.deepEqual(await join(store, 'worker-1', { now: 1_010 }), ['worker-9', 'worker-1']);
    // Members that joined at the same time are sorted by name.
    assert.deepEqual(await join(store, 'worker-5', { now: 1_020 }), [
      'worker-9',
      'worker-1',
      'worker-5',
    ]);
    assert.deepEqual(await join(store, 'worker-4', { now: 1_020 }), [
      'worker-9',
      'worker-1',
      'worker-4',
      'worker-5',
    ]);
  },

  'joining again extends a membership and keeps its place in the order': async ({ store }) => {
    await join(store, 'worker-2');
    await join(store, 'worker-1', { now: 1_010 });
    assert.deepEqual(await join(store, 'worker-2', { now: 1_090 }), ['worker-2', 'worker-1']);
    assert.deepEqual(await join(store, 'worker-1', { now: 1_109 }), ['worker-2', 'worker-1']);
    assert.deepEqual(await join(store, 'worker-1', { now: 1_189 }), ['worker-2', 'worker-1']);
    assert.deepEqual(await join(store, 'worker-1', { now: 1_190 }), ['worker-1']);
  },

  'a member that does not join again in time is removed, and may join again': async ({ store }) => {
    await join(store, 'worker-1');
    await join(store, 'worker-2', { now: 1_050 });
    assert.deepEqual(await join(store, 'worker-2', { now: 1_099 }), ['worker-1', 'worker-2']);
    assert.deepEqual(await join(store, 'worker-2', { now: 1_100 }), ['worker-2']);
    assert.deepEqual(await join(store, 'worker-1', { now: 1_110 }), ['worker-2', 'worker-1']);
  },

  'a member that leaves is removed; leaving without having joined is harmless': async ({
    store,
  }) => {
    await join(store, 'worker-1');
    await join(store, 'worker-2');
    await store.subscriptions.leave('mailer', 'worker-1');
    await store.subscriptions.leave('mailer', 'worker-3');
    await store.subscriptions.leave('ledger', 'worker-2');
    assert.deepEqual(await join(store, 'worker-4'), ['worker-2', 'worker-4']);
  },

  'each subscription has its own members': async ({ store }) => {
    await join(store, 'worker-1');
    assert.deepEqual(await join(store, 'worker-2', { subscription: 'ledger' }), ['worker-2']);
  },

  'twenty owners that join at once all become members': async ({ store }) => {
    const owners = Array.from({ length: 20 }, (_, index) => `worker-${index}`);
    await Promise.all(owners.map((owner) => join(store, owner)));
    assert.deepEqual(await join(store, 'worker-0'), owners.toSorted());
  },

  'members and leases are independent: an owner keeps its lease if it leaves or never joined':
    async ({ store }) => {
      const { subscriptions } = store;
      const lease = await subscriptions.acquire(leaseRequest);
      assert.ok(lease);
      await join(store, 'worker-1');
      await subscriptions.leave('mailer', 'worker-1');
      assert.ok(await subscriptions.checkpoint(lease, 3));
    },
});

export const filterCases = filledCasesOf('the filter of a subscription', {
  'the first filter is recorded, and another one only if the call names the recorded one': async ({
    store,
  }) => {
    const { subscriptions } = store;
    assert.equal(await subscriptions.claimFilter('mailer', 'order.*'), 'order.*');
    assert.equal(await subscriptions.claimFilter('mailer', '*'), 'order.*');
    assert.equal(await subscriptions.claimFilter('mailer', '*', 'payment.*'), 'order.*');
    assert.equal(await subscriptions.claimFilter('mailer', '*', 'order.*'), '*');
    assert.equal(await subscriptions.claimFilter('mailer', 'order.*'), '*');
    assert.equal(await subscriptions.claimFilter('ledger', 'order.*'), 'order.*');
    await subscriptions.rewind('mailer', 0, 0);
    assert.equal(await subscriptions.remove('mailer', 1_000), true);
    assert.equal(await subscriptions.claimFilter('mailer', 'payment.*'), 'payment.*');
    assert.equal(await subscriptions.claimFilter('ledger', '*'), 'order.*');
  },

  'a filter that is to replace another one is recorded even if there is none': async ({
    store,
  }) => {
    const { subscriptions } = store;
    assert.equal(await subscriptions.claimFilter('mailer', 'order.*', 'payment.*'), 'order.*');
    assert.equal(await subscriptions.claimFilter('mailer', '*'), 'order.*');
    assert.equal(await subscriptions.claimFilter('mailer', '*', 'order.*'), '*');
  },

  'of twenty filters at once, one is recorded, and all calls return it': async ({ store }) => {
    const recorded = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.subscriptions.claimFilter('mailer', `order.event-${index}`),
      ),
    );
    assert.equal(new Set(recorded).size, 1);
    assert.equal(await store.subscriptions.claimFilter('mailer', '*'), recorded[0]);
  },
});

export const rewindCases = filledCasesOf('rewinding and removing a subscription', {
  'rewinding moves the checkpoint backward or forward, and creates it if there is none': async ({
    store,
  }) => {
    const { subscriptions } = store;
    await subscriptions.rewind('mailer', 0, 7);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), [{ partition: 0, position: 7 }]);
    const lease = await subscriptions.acquire(leaseRequest);
    assert.equal(lease?.position, 7);
    assert.ok(lease);
    assert.ok(await subscriptions.checkpoint(lease, 9));
    for (const position of [2, 30]) {
      await subscriptions.rewind('mailer', 0, position);
      assert.deepEqual(await subscriptions.checkpoints('mailer'), [{ partition: 0, position }]);
    }
  },

  'after rewinding, the old lease can do nothing, and the next one starts at the new position':
    async ({ store }) => {
      const { subscriptions } = store;
      const lease = await subscriptions.acquire(leaseRequest);
      assert.ok(lease);
      await subscriptions.checkpoint(lease, 9);
      await subscriptions.rewind('mailer', 0, 4);
      assert.equal(await subscriptions.checkpoint(lease, 10), undefined);
      assert.equal(await subscriptions.renew(lease, 1_010, 100), undefined);
      const next = await subscriptions.acquire(leaseRequest);
      assert.ok(next && next.epoch > lease.epoch, 'the next lease has a higher epoch');
      assert.equal(next.position, 4);
      assert.equal(await subscriptions.checkpoint(lease, 10), undefined);
    },

  'rewinding leaves other partitions and subscriptions alone': async ({ store }) => {
    const { subscriptions } = store;
    const others = [
      await subscriptions.acquire({ ...leaseRequest, partition: 1, startPosition: 5 }),
      await subscriptions.acquire({ ...leaseRequest, subscription: 'ledger', startPosition: 6 }),
    ];
    // A store with one partition has no events in a second one, so only 0 is not beyond its end.
    const end = await store.feedEnd(1);
    await subscriptions.acquire(leaseRequest);
    await subscriptions.rewind('mailer', 0, 1);
    for (const other of others) {
      assert.ok(other);
      const position = other.partition === 1 ? Math.min(end, 8) : 8;
      assert.ok(await subscriptions.checkpoint(other, position));
    }
  },

  'removing a subscription removes everything of it, and nothing of others': async ({ store }) => {
    const { subscriptions } = store;
    const [event] = commitOf().events;
    assert.ok(event);
    for (const subscription of ['mailer', 'ledger']) {
      const lease = await subscriptions.acquire({ ...leaseRequest, subscription });
      assert.ok(lease);
      const { partition } = lease;
      const entry = { subscription, partition, position: 1, event, error: 'no', attempts: 1 };
      await subscriptions.park(lease, [{ ...entry, retryAt: null, requeues: 0, parkedAt: 1_000 }]);
      await subscriptions.checkpoint(lease, 4);
      await subscriptions.release(lease);
    }
    assert.equal(await subscriptions.remove('mailer', 1_000), true);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), []);
    assert.deepEqual(await subscriptions.parked('mailer', 10), []);
    assert.equal((await subscriptions.parked('ledger', 10)).length, 1);
    assert.deepEqual(await subscriptions.checkpoints('ledger'), [{ partition: 0, position: 4 }]);
    assert.equal((await subscriptions.acquire({ ...leaseRequest, startPosition: 2 }))?.position, 2);
    assert.equal(await subscriptions.remove('unknown', 1_000), true);
  },

  'a subscription with a member or a held lease is not removed': async ({ store }) => {
    const { subscriptions } = store;
    const lease = await subscriptions.acquire(leaseRequest);
    assert.ok(lease);
    assert.equal(await subscriptions.remove('mailer', 1_099), false);
    assert.ok(await subscriptions.checkpoint(lease, 4));
    await subscriptions.release(lease);
    await join(store, 'worker-1');
    assert.equal(await subscriptions.remove('mailer', 1_099), false);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), [{ partition: 0, position: 4 }]);
    assert.equal(await subscriptions.remove('mailer', 1_100), true);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), []);
  },
});
