import assert from 'node:assert/strict';
import type { Lease, OrderStore, ParkedEvent } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { type CommitSpec, commitOf } from './given.ts';

async function take(store: OrderStore, owner = 'worker-1', now = 0): Promise<Lease> {
  const lease = await store.subscriptions.acquire({
    subscription: 'mailer',
    partition: 0,
    owner,
    now,
    durationMs: 100,
    startPosition: 0,
  });
  assert.ok(lease, 'the lease is free');
  return lease;
}

function parkedEvent(spec: CommitSpec = {}, overrides: Partial<ParkedEvent> = {}): ParkedEvent {
  const [event] = commitOf(spec).events;
  assert.ok(event);
  return {
    subscription: 'mailer',
    partition: 0,
    position: 1,
    event,
    error: 'the address is not valid',
    attempts: 1,
    parkedAt: 50,
    ...overrides,
  };
}

async function parkedIds(store: OrderStore, limit = 100): Promise<readonly string[]> {
  return (await store.subscriptions.parked('mailer', limit)).map((parked) => parked.event.id);
}

export const parkingCases = casesOf('parking', {
  'a parked event comes back as it was given': async ({ store }) => {
    const lease = await take(store);
    const waiting = parkedEvent({ expectedVersion: 1 }, { error: null, attempts: 0 });
    const entries = [parkedEvent({}, { error: 'odd: \0 " \' ;' }), waiting];
    for (const entry of entries) {
      assert.equal(await store.subscriptions.park(lease, entry), true);
    }
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), entries);
  },

  'parking an event again replaces its error and its attempts': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, parkedEvent());
    const again = parkedEvent({}, { error: 'still not valid', attempts: 2, parkedAt: 60 });
    assert.equal(await store.subscriptions.park(lease, again), true);
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), [again]);
  },

  'an old epoch can park nothing': async ({ store }) => {
    const old = await take(store);
    const present = await take(store, 'worker-2', 1_000);
    assert.equal(await store.subscriptions.park(old, parkedEvent()), false);
    assert.deepEqual(await parkedIds(store), []);
    assert.equal(await store.subscriptions.park(present, parkedEvent()), true);
    await store.subscriptions.release(present);
    assert.equal(await store.subscriptions.park(present, parkedEvent({ orderId: 'x' })), false);
  },

  'parked events come by tenant, order and version, at most as many as asked': async ({
    store,
  }) => {
    const lease = await take(store);
    for (const spec of [
      { orderId: 'order-2', expectedVersion: 9 },
      { orderId: 'order-2', expectedVersion: 1 },
      { tenantId: 'tenant-0', orderId: 'order-3' },
      { orderId: 'order-1' },
    ]) {
      await store.subscriptions.park(lease, parkedEvent(spec));
    }
    const ids = [
      'tenant-0/order-3/1',
      'tenant-1/order-1/1',
      'tenant-1/order-2/2',
      'tenant-1/order-2/10',
    ];
    assert.deepEqual(await parkedIds(store), ids);
    assert.deepEqual(await parkedIds(store, 3), ids.slice(0, 3));
  },

  'the lanes are the orders with a parked event, and one lane can be asked for': async ({
    store,
  }) => {
    const lease = await take(store);
    for (const spec of [
      { orderId: 'order-2' },
      { orderId: 'order-2', expectedVersion: 1 },
      { orderId: 'order-1' },
      { orderId: 'order-2', tenantId: 'tenant-2' },
    ]) {
      await store.subscriptions.park(lease, parkedEvent(spec));
    }
    assert.deepEqual(await store.subscriptions.parkedLanes('mailer'), [
      { tenantId: 'tenant-1', orderId: 'order-1' },
      { tenantId: 'tenant-1', orderId: 'order-2' },
      { tenantId: 'tenant-2', orderId: 'order-2' },
    ]);
    const lane = { tenantId: 'tenant-1', orderId: 'order-2' };
    const inLane = await store.subscriptions.parked('mailer', 10, lane);
    assert.deepEqual(
      inLane.map((parked) => parked.event.id),
      ['tenant-1/order-2/1', 'tenant-1/order-2/2'],
    );
    assert.equal((await store.subscriptions.parked('mailer', 1, lane)).length, 1);
    const empty = { tenantId: 'tenant-1', orderId: 'order' };
    assert.deepEqual(await store.subscriptions.parked('mailer', 10, empty), []);
  },

  'requeueing makes the parked events of one lane, or of all, wait only': async ({ store }) => {
    const lease = await take(store);
    for (const spec of [{}, { expectedVersion: 1 }, { orderId: 'order-2' }]) {
      await store.subscriptions.park(lease, parkedEvent(spec));
    }
    const other = { tenantId: 'tenant-2' };
    await store.subscriptions.park(lease, parkedEvent(other));
    const errors = async () =>
      (await store.subscriptions.parked('mailer', 10)).map(({ error }) => error === null);
    await store.subscriptions.requeue('ledger');
    assert.deepEqual(await errors(), [false, false, false, false]);
    await store.subscriptions.requeue('mailer', { tenantId: 'tenant-1', orderId: 'order-1' });
    assert.deepEqual(await errors(), [true, true, false, false]);
    await store.subscriptions.requeue('mailer');
    assert.deepEqual(await errors(), [true, true, true, true]);
    assert.equal((await store.subscriptions.parked('mailer', 10))[0]?.attempts, 1);
  },

  'unparking removes one event, and tells whether it was there': async ({ store }) => {
    const lease = await take(store);
    const first = parkedEvent();
    const second = parkedEvent({ expectedVersion: 1 });
    await store.subscriptions.park(lease, first);
    await store.subscriptions.park(lease, second);
    assert.equal(await store.subscriptions.unpark('mailer', first.event.id), true);
    assert.equal(await store.subscriptions.unpark('mailer', first.event.id), false);
    assert.deepEqual(await parkedIds(store), [second.event.id]);
    assert.equal(await store.subscriptions.unpark('mailer', second.event.id), true);
    assert.deepEqual(await store.subscriptions.parkedLanes('mailer'), []);
  },

  "one subscription's parked events are not another's": async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, parkedEvent());
    assert.deepEqual(await store.subscriptions.parked('ledger', 10), []);
    assert.deepEqual(await store.subscriptions.parkedLanes('ledger'), []);
    assert.equal(await store.subscriptions.unpark('ledger', parkedEvent().event.id), false);
    assert.equal((await parkedIds(store)).length, 1);
  },

  'moving the checkpoint leaves parked events where they are': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, parkedEvent());
    await store.subscriptions.checkpoint(lease, 10);
    await store.subscriptions.release(lease);
    await take(store, 'worker-2');
    assert.equal((await parkedIds(store)).length, 1);
  },
});
