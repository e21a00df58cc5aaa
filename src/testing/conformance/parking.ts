import assert from 'node:assert/strict';
import type { OrderKey, OrderStore } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { upTo } from './given.ts';
import { parkedEvent, take } from './parking-given.ts';

async function parkedIds(store: OrderStore, limit = 100): Promise<readonly string[]> {
  return (await store.subscriptions.parked('mailer', limit)).map((parked) => parked.event.id);
}

/** The first parked event of each parked order. */
async function lanes(
  store: OrderStore,
  query: Partial<Parameters<OrderStore['subscriptions']['parkedLanes']>[0]> = {},
): Promise<readonly string[]> {
  const asked = { subscription: 'mailer', limit: 100, ...query };
  return (await store.subscriptions.parkedLanes(asked)).map(({ eventId }) => eventId);
}

/** Like {@link lanes}, page by page. */
async function lanesBy(store: OrderStore, limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: OrderKey | undefined;
  for (;;) {
    const page = await store.subscriptions.parkedLanes({ subscription: 'mailer', after, limit });
    assert.ok(page.length <= limit);
    ids.push(...page.map(({ eventId }) => eventId));
    after = page.at(-1);
    if (page.length < limit) return ids;
  }
}

export const parkingCases = filledCasesOf('parking', {
  'a parked event is read back as it was parked': async ({ store }) => {
    const lease = await take(store);
    const waiting = parkedEvent({ expectedVersion: 1 }, { error: null, attempts: 0 });
    const entries = [parkedEvent({}, { error: 'odd: \0 " \' ;' }), waiting];
    for (const entry of entries) {
      assert.ok(await store.subscriptions.park(lease, [entry]));
    }
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), entries);
  },

  'counts, positions and times that need more than 32 bits are read back unchanged': async ({
    store,
  }) => {
    const lease = await take(store);
    const beyond = [2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    const entries = beyond.map((number, index) =>
      parkedEvent(
        { expectedVersion: index },
        {
          position: number,
          attempts: number,
          requeues: number,
          parkedAt: number,
          retryAt: number,
        },
      ),
    );
    for (const entry of entries) {
      assert.ok(await store.subscriptions.park(lease, [entry]));
    }
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), entries);
  },

  'parking an event again replaces its error and its attempts': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, [parkedEvent()]);
    const again = parkedEvent({}, { error: 'still not valid', attempts: 2, parkedAt: 60 });
    assert.ok(await store.subscriptions.park(lease, [again]));
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), [again]);
  },

  'an old epoch can park nothing': async ({ store }) => {
    const old = await take(store);
    const present = await take(store, 'worker-2', 1_000);
    assert.equal(await store.subscriptions.park(old, [parkedEvent()]), undefined);
    assert.deepEqual(await parkedIds(store), []);
    assert.ok(await store.subscriptions.park(present, [parkedEvent()]));
    await store.subscriptions.release(present);
    assert.equal(
      await store.subscriptions.park(present, [parkedEvent({ orderId: 'x' })]),
      undefined,
    );
  },

  'parked events are sorted by tenant, order and version, up to the limit': async ({ store }) => {
    const lease = await take(store);
    for (const spec of [
      { orderId: 'order-2', expectedVersion: 9 },
      { orderId: 'order-2', expectedVersion: 1 },
      { tenantId: 'tenant-0', orderId: 'order-3' },
      { orderId: 'order-1' },
    ]) {
      await store.subscriptions.park(lease, [parkedEvent(spec)]);
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

  'the lanes are the orders with a parked event, and one lane can be requested': async ({
    store,
  }) => {
    const lease = await take(store);
    for (const spec of [
      { orderId: 'order-2' },
      { orderId: 'order-2', expectedVersion: 1 },
      { orderId: 'order-1' },
      { orderId: 'order-2', tenantId: 'tenant-2' },
    ]) {
      await store.subscriptions.park(lease, [parkedEvent(spec)]);
    }
    assert.deepEqual(await lanes(store), [
      'tenant-1/order-1/1',
      'tenant-1/order-2/1',
      'tenant-2/order-2/1',
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

  'requeueing turns the parked events of one lane, or of all, into waiting ones': async ({
    store,
  }) => {
    const lease = await take(store);
    for (const spec of [{}, { expectedVersion: 1 }, { orderId: 'order-2' }]) {
      await store.subscriptions.park(lease, [parkedEvent(spec)]);
    }
    const other = { tenantId: 'tenant-2' };
    await store.subscriptions.park(lease, [parkedEvent(other)]);
    const errors = async () =>
      (await store.subscriptions.parked('mailer', 10)).map(({ error }) => error === null);
    assert.equal(await store.subscriptions.requeue('ledger'), 0);
    assert.deepEqual(await errors(), [false, false, false, false]);
    const lane = { tenantId: 'tenant-1', orderId: 'order-1' };
    assert.equal(await store.subscriptions.requeue('mailer', lane), 1);
    assert.deepEqual(await errors(), [true, true, false, false]);
    assert.equal(await store.subscriptions.requeue('mailer'), 3);
    assert.deepEqual(await errors(), [true, true, true, true]);
    assert.equal((await store.subscriptions.parked('mailer', 10))[0]?.attempts, 1);
    const none = { tenantId: 'tenant-1', orderId: 'order-3' };
    assert.equal(await store.subscriptions.requeue('mailer', none), 0);
  },

  'requeueing is counted and clears the time of the retry, and parking again keeps the count':
    async ({ store }) => {
      const lease = await take(store);
      await store.subscriptions.park(lease, [parkedEvent({}, { retryAt: 2 ** 45, attempts: 3 })]);
      await store.subscriptions.requeue('mailer');
      await store.subscriptions.requeue('mailer');
      const [requeued] = await store.subscriptions.parked('mailer', 1);
      assert.deepEqual(requeued, parkedEvent({}, { error: null, attempts: 3, requeues: 2 }));
      await store.subscriptions.park(lease, [parkedEvent({}, { retryAt: 7, attempts: 2 ** 40 })]);
      const [head] = await store.subscriptions.parkedLanes({ subscription: 'mailer', limit: 1 });
      assert.deepEqual(head, {
        ...{ tenantId: 'tenant-1', orderId: 'order-1', eventId: 'tenant-1/order-1/1' },
        ...{ partition: 0, error: 'the address is not valid' },
        ...{ attempts: 2 ** 40, retryAt: 7, requeues: 2 },
      });
    },

  'several events can be parked at once, in any order and of several orders': async ({ store }) => {
    const lease = await take(store);
    const specs = [{ expectedVersion: 2 }, { orderId: 'order-2' }, {}, { expectedVersion: 1 }];
    const waiting = { error: null, attempts: 0, retryAt: null };
    const entries = specs.map((spec, index) =>
      parkedEvent(spec, index === 2 ? { retryAt: 9 } : { ...waiting, position: 10 + index }),
    );
    assert.ok(await store.subscriptions.park(lease, entries));
    const [third, other, first, second] = entries;
    const parked = await store.subscriptions.parked('mailer', 10);
    assert.deepStrictEqual(parked, [first, second, third, other]);
    const old = await take(store, 'worker-2', 1_000);
    await store.subscriptions.rewind('mailer', 0, 0);
    const more = upTo(3).map((index) => parkedEvent({ orderId: `order-${7 + index}` }));
    assert.equal(await store.subscriptions.park(old, more), undefined);
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), parked);
  },

  'an event of an order that was placed again replaces the old one': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, [parkedEvent()]);
    const { event } = parkedEvent({ data: { amount: 7 } });
    const again = parkedEvent({}, { event: { ...event, id: 'another' }, position: 30 });
    assert.ok(await store.subscriptions.park(lease, [again]));
    assert.deepStrictEqual(await store.subscriptions.parked('mailer', 10), [again]);
    assert.equal(await store.subscriptions.skip('mailer', event.id), false);
    assert.equal(await store.subscriptions.skip('mailer', 'another'), true);
    assert.deepEqual(await parkedIds(store), []);
  },

  'paging through parked orders returns each once, by its first event': async ({ store }) => {
    const lease = await take(store);
    const specs = upTo(7).flatMap((index) => [
      { orderId: `order-${index}`, expectedVersion: 9 },
      { orderId: `order-${index}`, expectedVersion: index },
      { orderId: `order-${index}`, tenantId: 'tenant-2' },
    ]);
    await store.subscriptions.park(
      lease,
      specs.map((spec) => parkedEvent(spec)),
    );
    const expected = [
      ...upTo(7).map((index) => `tenant-1/order-${index}/${1 + index}`),
      ...upTo(7).map((index) => `tenant-2/order-${index}/1`),
    ];
    for (const limit of [1, 3, 14, 100]) assert.deepEqual(await lanesBy(store, limit), expected);
  },

  'the parked orders of one partition can be requested': async ({ store }) => {
    const { subscriptions } = store;
    for (const partition of [0, 1]) {
      const request = { subscription: 'mailer', partition, owner: 'worker-1', now: 0 };
      const lease = await subscriptions.acquire({
        ...request,
        durationMs: 100,
        startPosition: 0,
      });
      assert.ok(lease);
      const entry = parkedEvent({ orderId: `order-${partition}` }, { partition });
      await subscriptions.park(lease, [
        entry,
        parkedEvent({ orderId: `a${partition}` }, { partition }),
      ]);
    }
    assert.deepEqual(await lanes(store, { partition: 0 }), ['tenant-1/a0/1', 'tenant-1/order-0/1']);
    assert.deepEqual(await lanes(store, { partition: 1 }), ['tenant-1/a1/1', 'tenant-1/order-1/1']);
    assert.deepEqual(await lanes(store, { partition: 1, limit: 1 }), ['tenant-1/a1/1']);
    assert.deepEqual(await lanes(store, { partition: 2 }), []);
    assert.equal((await lanes(store)).length, 4);
  },

  'skipping removes one event, and returns whether it was there': async ({ store }) => {
    const lease = await take(store);
    const first = parkedEvent();
    const second = parkedEvent({ expectedVersion: 1 });
    await store.subscriptions.park(lease, [first]);
    await store.subscriptions.park(lease, [second]);
    assert.equal(await store.subscriptions.skip('mailer', first.event.id), true);
    assert.equal(await store.subscriptions.skip('mailer', first.event.id), false);
    assert.deepEqual(await parkedIds(store), [second.event.id]);
    assert.equal(await store.subscriptions.skip('mailer', second.event.id), true);
    assert.deepEqual(await lanes(store), []);
  },

  'each subscription has its own parked events': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, [parkedEvent()]);
    assert.deepEqual(await store.subscriptions.parked('ledger', 10), []);
    assert.deepEqual(await lanes(store, { subscription: 'ledger' }), []);
    assert.equal(await store.subscriptions.skip('ledger', parkedEvent().event.id), false);
    assert.equal((await parkedIds(store)).length, 1);
  },

  'moving the checkpoint leaves parked events where they are': async ({ store }) => {
    const lease = await take(store);
    await store.subscriptions.park(lease, [parkedEvent()]);
    await store.subscriptions.checkpoint(lease, 10);
    await store.subscriptions.release(lease);
    await take(store, 'worker-2');
    assert.equal((await parkedIds(store)).length, 1);
  },
});
