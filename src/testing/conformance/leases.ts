import assert from 'node:assert/strict';
import type { Lease, LeaseRequest, OrderStore } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { upTo } from './given.ts';

function request(overrides: Partial<LeaseRequest> = {}): LeaseRequest {
  return {
    subscription: 'mailer',
    partition: 0,
    owner: 'worker-1',
    now: 1_000,
    durationMs: 100,
    startPosition: 0,
    ...overrides,
  };
}

async function take(store: OrderStore, overrides: Partial<LeaseRequest> = {}): Promise<Lease> {
  const lease = await store.subscriptions.acquire(request(overrides));
  assert.ok(lease, 'the lease is free');
  return lease;
}

export const leaseCases = filledCasesOf('subscriptions and leases', {
  'a free lease is taken at the position where the subscription starts': async ({ store }) => {
    const lease = await take(store, { startPosition: 7 });
    const { subscription, partition, owner, position } = lease;
    assert.deepEqual(
      { subscription, partition, owner, position },
      { subscription: 'mailer', partition: 0, owner: 'worker-1', position: 7 },
    );
    assert.deepEqual(await store.subscriptions.checkpoints('mailer'), [
      { partition: 0, position: 7 },
    ]);
  },

  'a held lease is not given to another owner until it has expired': async ({ store }) => {
    const lease = await take(store);
    const { subscriptions } = store;
    assert.equal(await subscriptions.acquire(request({ owner: 'worker-2' })), undefined);
    assert.equal(
      await subscriptions.acquire(request({ owner: 'worker-2', now: 1_099 })),
      undefined,
    );
    const next = await take(store, { owner: 'worker-2', now: 1_100 });
    assert.ok(next.epoch > lease.epoch, 'the next owner has a higher epoch');
  },

  'the holder may take its lease again, which extends it': async ({ store }) => {
    const lease = await take(store);
    const again = await take(store, { now: 1_050, startPosition: 99 });
    assert.deepEqual({ ...again, revision: lease.revision }, lease);
    assert.equal(
      await store.subscriptions.acquire(request({ owner: 'worker-2', now: 1_149 })),
      undefined,
    );
    assert.ok(await store.subscriptions.checkpoint(lease, 3));
  },

  'of twenty workers at once, one gets the lease': async ({ store }) => {
    const leases = await Promise.all(
      upTo(20).map((index) => store.subscriptions.acquire(request({ owner: `worker-${index}` }))),
    );
    assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
  },

  'renewing extends a lease': async ({ store }) => {
    const lease = await take(store);
    assert.ok(await store.subscriptions.renew(lease, 1_050, 100));
    const later = request({ owner: 'worker-2', now: 1_149 });
    assert.equal(await store.subscriptions.acquire(later), undefined);
    assert.ok(await store.subscriptions.acquire({ ...later, now: 1_150 }));
  },

  'a renewal extends a lease from the time of the renewal, not from its old end': async ({
    store,
  }) => {
    const lease = await take(store);
    const { subscriptions } = store;
    let renewed: Lease | undefined = lease;
    for (const now of [1_010, 1_020, 1_030]) {
      renewed = renewed && (await subscriptions.renew(renewed, now, 100));
    }
    assert.ok(renewed);
    const other = request({ owner: 'worker-2', now: 1_129 });
    assert.equal(await subscriptions.acquire(other), undefined);
    assert.ok(await subscriptions.acquire({ ...other, now: 1_130 }));
  },

  'an old epoch can neither renew nor move the checkpoint': async ({ store }) => {
    const old = await take(store);
    const present = await take(store, { owner: 'worker-2', now: 2_000 });
    assert.equal(await store.subscriptions.renew(old, 2_001, 1_000), undefined);
    assert.equal(await store.subscriptions.checkpoint(old, 9), undefined);
    assert.ok(await store.subscriptions.checkpoint(present, 5));
    assert.equal(await store.subscriptions.checkpoint(old, 9), undefined);
    assert.deepEqual(await store.subscriptions.checkpoints('mailer'), [
      { partition: 0, position: 5 },
    ]);
  },

  'an owner that lost its lease and got it back has a new epoch': async ({ store }) => {
    const first = await take(store);
    await take(store, { owner: 'worker-2', now: 2_000 });
    const again = await take(store, { now: 3_000 });
    assert.equal(await store.subscriptions.checkpoint(first, 9), undefined);
    assert.ok(await store.subscriptions.checkpoint(again, 4));
  },

  'releasing frees the lease immediately': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.checkpoint(lease, 6);
    await store.subscriptions.release(lease);
    const next = await take(store, { owner: 'worker-2' });
    assert.ok(next.epoch > lease.epoch, 'the next owner has a higher epoch');
    assert.equal(next.position, 6);
  },

  'a released lease can do nothing': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.release(lease);
    assert.equal(await store.subscriptions.renew(lease, 1_000, 100), undefined);
    assert.equal(await store.subscriptions.checkpoint(lease, 9), undefined);
    // Releasing it a second time must not take it from the next owner.
    const next = await take(store, { owner: 'worker-2' });
    await store.subscriptions.release(lease);
    assert.ok(await store.subscriptions.checkpoint(next, 2));
  },

  'the next lease starts at the checkpoint': async ({ store }) => {
    const lease = await take(store, { startPosition: 3 });
    for (const position of [4, 10, 8]) {
      assert.ok(await store.subscriptions.checkpoint(lease, position));
    }
    const next = await take(store, { owner: 'worker-2', now: 5_000, startPosition: 0 });
    assert.equal(next.position, 8);
  },

  'each partition and subscription has its own lease and checkpoint': async ({ store }) => {
    const first = await take(store);
    const second = await take(store, { partition: 1, owner: 'worker-2', startPosition: 2 });
    assert.equal(second.position, 2);
    const other = await take(store, { subscription: 'ledger', owner: 'worker-3' });
    await store.subscriptions.checkpoint(first, 1);
    await store.subscriptions.checkpoint(other, 3);
    const byPartition = (one: { partition: number }, two: { partition: number }) =>
      one.partition - two.partition;
    assert.deepEqual((await store.subscriptions.checkpoints('mailer')).toSorted(byPartition), [
      { partition: 0, position: 1 },
      { partition: 1, position: 2 },
    ]);
    assert.deepEqual(await store.subscriptions.checkpoints('ledger'), [
      { partition: 0, position: 3 },
    ]);
    assert.deepEqual(await store.subscriptions.checkpoints('unknown'), []);
  },
});
