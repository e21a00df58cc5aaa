import assert from 'node:assert/strict';
import type { Lease, LeaseRequest, OrderStore, ParkedEvent } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, noon, upTo } from './given.ts';

const request: LeaseRequest = {
  subscription: 'mailer',
  partition: 0,
  owner: 'worker-1',
  now: 1_000,
  durationMs: 100,
  startPosition: 0,
};

async function take(store: OrderStore, overrides: Partial<LeaseRequest> = {}): Promise<Lease> {
  const lease = await store.subscriptions.acquire({ ...request, ...overrides });
  assert.ok(lease, 'the lease is free');
  return lease;
}

const parkedEvents = (subscription = 'mailer', error = 'no'): readonly ParkedEvent[] =>
  commitOf({ eventCount: 50 }).events.map((event, index) => ({
    ...{ subscription, partition: 0, position: index + 1, event, error },
    ...{ attempts: 1, retryAt: null, requeues: 0, parkedAt: noon },
  }));

export const leaseEpochCases = casesOf('subscriptions and leases', {
  'an owner whose lease expired gets a new epoch, even if no other owner had it in between':
    async ({ store }) => {
      const { subscriptions } = store;
      const old = await take(store);
      const present = await take(store, { now: 1_100 });
      assert.ok(present.epoch > old.epoch, 'the epoch is higher');
      assert.ok(!(await subscriptions.renew(old, 1_110, 100)));
      assert.ok(!(await subscriptions.checkpoint(old, 0)));
      assert.ok(!(await subscriptions.park(old, parkedEvents())));
      assert.ok(await subscriptions.checkpoint(present, 0));
    },

  'an old epoch of the same owner releases nothing': async ({ store }) => {
    const old = await take(store);
    const present = await take(store, { now: 2_000 });
    await store.subscriptions.release(old);
    const rival = { ...request, owner: 'worker-2', now: 2_050 };
    assert.equal(await store.subscriptions.acquire(rival), undefined);
    assert.ok(await store.subscriptions.checkpoint(present, 0));
  },

  'an expired lease that no other owner took can still be renewed and move its checkpoint': async ({
    store,
  }) => {
    const { subscriptions } = store;
    const lease = await take(store);
    assert.ok(await subscriptions.checkpoint(lease, 0));
    assert.ok(await subscriptions.renew(lease, 5_000, 100));
    const rival = { ...request, owner: 'worker-2', now: 5_099 };
    assert.equal(await subscriptions.acquire(rival), undefined);
    assert.ok(await subscriptions.acquire({ ...rival, now: 5_100 }));
  },

  'an expired lease that no other owner took allows every write, whatever times other calls pass':
    async ({ store }) => {
      const { subscriptions } = store;
      const { project } = subscriptions;
      const writes: Readonly<Record<string, (lease: Lease) => Promise<Lease | undefined>>> = {
        checkpoint: (lease) => subscriptions.checkpoint(lease, 0),
        park: (lease) => subscriptions.park(lease, parkedEvents(lease.subscription)),
        unpark: (lease) => subscriptions.unpark(lease, 'order-1'),
        renew: (lease) => subscriptions.renew(lease, 5_000, 100),
        ...(project && { project: (lease) => project.call(subscriptions, lease, async () => 0) }),
      };
      for (const [subscription, write] of Object.entries(writes)) {
        const lease = await take(store, { subscription });
        // It expires at 1,100.
        await take(store, { subscription: 'ledger', now: 5_000 });
        await take(store, { subscription, partition: 1, now: 5_000 });
        await subscriptions.join({ ...request, subscription, owner: 'worker-2', now: 5_000 });
        assert.ok(await write(lease), `${subscription} is allowed`);
      }
    },

  'the epoch grows by one each time the lease is taken': async ({ store }) => {
    const first = await take(store);
    const second = await take(store, { owner: 'worker-2', now: 1_100 });
    assert.equal(second.epoch, first.epoch + 1);
    await store.subscriptions.release(second);
    const third = await take(store, { now: 1_101 });
    assert.equal(third.epoch, second.epoch + 1);
    assert.equal((await take(store, { now: 1_102 })).epoch, third.epoch);
    assert.equal((await take(store, { now: 1_202 })).epoch, third.epoch + 1);
  },

  'of twenty workers at once on an expired lease, one gets it': async ({ store }) => {
    const old = await take(store, { owner: 'worker-0' });
    const leases = await Promise.all(
      upTo(20).map((index) =>
        store.subscriptions.acquire({ ...request, owner: `worker-${index}`, now: 1_100 }),
      ),
    );
    const taken = leases.filter((lease) => lease !== undefined);
    assert.deepEqual(
      taken.map(({ epoch }) => epoch),
      [old.epoch + 1],
    );
  },

  'leases and members use the time that is passed, not the clock of this machine': async ({
    store,
  }) => {
    const { subscriptions } = store;
    for (const [partition, now] of [5, noon, 4_102_444_800_000].entries()) {
      const subscription = `mailer-${partition}`;
      const lease = await take(store, { subscription, partition, now });
      const rival = { ...request, subscription, partition, owner: 'worker-2' };
      assert.equal(await subscriptions.acquire({ ...rival, now: now + 99 }), undefined);
      assert.ok(await subscriptions.renew(lease, now + 50, 100));
      assert.equal(await subscriptions.acquire({ ...rival, now: now + 149 }), undefined);
      assert.ok(await subscriptions.acquire({ ...rival, now: now + 150 }));
      await subscriptions.join({ subscription, owner: 'worker-1', now, durationMs: 100 });
      const other = { subscription, owner: 'worker-2', durationMs: 100 };
      assert.equal((await subscriptions.join({ ...other, now: now + 99 })).length, 2);
      assert.equal((await subscriptions.join({ ...other, now: now + 100 })).length, 1);
    }
  },

  'parking while the subscription is rewound parks all or nothing, and answers which': async ({
    store,
  }) => {
    const { subscriptions } = store;
    for (const round of upTo(10)) {
      const subscription = `mailer-${round}`;
      const lease = await take(store, { subscription });
      const [isParked] = await Promise.all([
        subscriptions.park(lease, parkedEvents(subscription)),
        subscriptions.rewind(subscription, 0, 0),
      ]);
      const parked = await subscriptions.parked(subscription, 100);
      assert.equal(parked.length, isParked ? 50 : 0);
      assert.ok(!(await subscriptions.park(lease, parkedEvents(subscription, 'later'))));
      assert.ok(
        (await subscriptions.parked(subscription, 100)).every(({ error }) => error === 'no'),
      );
    }
  },

  'moving the checkpoint while the subscription is rewound leaves it where it was rewound to':
    async ({ store }) => {
      const { subscriptions } = store;
      for (const round of upTo(10)) {
        const subscription = `mailer-${round}`;
        const lease = await take(store, { subscription, startPosition: 9 });
        await Promise.all([
          subscriptions.checkpoint(lease, 0),
          subscriptions.rewind(subscription, 0, 4),
        ]);
        const expected = [{ partition: 0, position: 4 }];
        assert.deepEqual(await subscriptions.checkpoints(subscription), expected);
        assert.ok(!(await subscriptions.checkpoint(lease, 0)));
      }
    },
});

export const membershipCases = casesOf('members of a subscription', {
  'a member that leaves and joins again is last': async ({ store }) => {
    const member = { subscription: 'mailer', durationMs: 100 };
    await store.subscriptions.join({ ...member, owner: 'worker-1', now: 1_000 });
    await store.subscriptions.join({ ...member, owner: 'worker-2', now: 1_010 });
    await store.subscriptions.leave('mailer', 'worker-1');
    assert.deepEqual(await store.subscriptions.join({ ...member, owner: 'worker-1', now: 1_020 }), [
      'worker-2',
      'worker-1',
    ]);
  },
});

export const removalCases = casesOf('rewinding and removing a subscription', {
  'expired leases and members do not prevent a removal': async ({ store }) => {
    const { subscriptions } = store;
    await take(store);
    await subscriptions.join({ subscription: 'ledger', owner: 'x', now: 1_000, durationMs: 100 });
    for (const subscription of ['mailer', 'ledger']) {
      assert.equal(await subscriptions.remove(subscription, 1_099), false, subscription);
      assert.equal(await subscriptions.remove(subscription, 1_100), true, subscription);
    }
  },

  'a lease of a removed subscription can do nothing, and restores nothing': async ({ store }) => {
    const { subscriptions } = store;
    const lease = await take(store);
    assert.equal(await subscriptions.remove('mailer', 1_100), true);
    assert.ok(!(await subscriptions.renew(lease, 1_110, 100)));
    assert.ok(!(await subscriptions.checkpoint(lease, 0)));
    assert.ok(!(await subscriptions.park(lease, parkedEvents())));
    await subscriptions.release(lease);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), []);
    assert.deepEqual(await subscriptions.parked('mailer', 10), []);
  },

  'a refused removal removes nothing': async ({ store }) => {
    const { subscriptions } = store;
    const lease = await take(store, { startPosition: 3 });
    await subscriptions.park(lease, parkedEvents());
    await subscriptions.join({ subscription: 'mailer', owner: 'x', now: 1_000, durationMs: 50 });
    assert.equal(await subscriptions.remove('mailer', 1_040), false);
    assert.equal((await subscriptions.parked('mailer', 100)).length, 50);
    assert.deepEqual(await subscriptions.checkpoints('mailer'), [{ partition: 0, position: 3 }]);
    const member = { subscription: 'mailer', owner: 'y', now: 1_045, durationMs: 50 };
    assert.deepEqual(await subscriptions.join(member), ['x', 'y']);
  },
});

export const sharedEventCases = casesOf('parking', {
  'two subscriptions can park the same event independently': async ({ store }) => {
    const { subscriptions } = store;
    const [mailer] = parkedEvents('mailer', 'of the mailer');
    const [ledger] = parkedEvents('ledger', 'of the ledger');
    assert.ok(mailer && ledger);
    await subscriptions.park(await take(store), [mailer]);
    await subscriptions.park(await take(store, { subscription: 'ledger' }), [ledger]);
    assert.deepStrictEqual(await subscriptions.parked('mailer', 10), [mailer]);
    assert.equal(await subscriptions.requeue('ledger'), 1);
    assert.deepStrictEqual(await subscriptions.parked('mailer', 10), [mailer]);
    assert.equal(await subscriptions.skip('ledger', ledger.event.id), true);
    assert.deepStrictEqual(await subscriptions.parked('mailer', 10), [mailer]);
  },

  'parking again may clear an error, a time and attempts, and set them again': async ({
    store,
  }) => {
    const { subscriptions } = store;
    const lease = await take(store);
    const [entry] = parkedEvents();
    assert.ok(entry);
    await subscriptions.park(lease, [entry]);
    const again = { ...entry, error: null, attempts: 0, retryAt: 7, parkedAt: 8 };
    await subscriptions.park(lease, [again]);
    assert.deepStrictEqual(await subscriptions.parked('mailer', 10), [again]);
    await subscriptions.park(lease, [entry]);
    assert.deepStrictEqual(await subscriptions.parked('mailer', 10), [entry]);
  },
});
