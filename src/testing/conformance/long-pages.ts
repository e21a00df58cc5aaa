import assert from 'node:assert/strict';
import type { Lease, OrderStore, ParkedEvent } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, loadOne, noon, upTo, wholeFeed, write } from './given.ts';

async function take(store: OrderStore): Promise<Lease> {
  const request = { subscription: 'mailer', partition: 0, owner: 'worker-1', now: noon };
  const lease = await store.subscriptions.acquire({
    ...request,
    durationMs: 100,
    startPosition: 0,
  });
  assert.ok(lease, 'the lease is free');
  return lease;
}

function parkedEvent(orderId: string, overrides: Partial<ParkedEvent> = {}): ParkedEvent {
  const [event] = commitOf({ orderId }).events;
  assert.ok(event);
  const rest = { error: 'no', attempts: 1, retryAt: null, requeues: 0, parkedAt: noon };
  return { subscription: 'mailer', partition: 0, position: 1, event, ...rest, ...overrides };
}

const greatest = Number.MAX_SAFE_INTEGER;

export const longPageCases = casesOf('large values', {
  'a subscription may begin at, and be rewound to, a position beyond 2^31': async ({ store }) => {
    const { subscriptions } = store;
    const request = { subscription: 'mailer', owner: 'worker-1', now: noon, durationMs: 100 };
    for (const [partition, position] of [2 ** 31, 2 ** 32 + 1, 2 ** 53 - 1].entries()) {
      const place = { ...request, partition, startPosition: position };
      assert.equal((await subscriptions.acquire(place))?.position, position);
      const expected = { partition, position };
      assert.deepEqual((await subscriptions.checkpoints('mailer')).at(partition), expected);
      await subscriptions.rewind('mailer', partition, position - 1);
      assert.equal((await subscriptions.acquire(place))?.position, position - 1);
    }
  },

  'an epoch is compared whole, not by its last bits': async ({ store }) => {
    const lease = await take(store);
    for (const epoch of [2 ** 16, 2 ** 31, 2 ** 32, 2 ** 52].map((more) => lease.epoch + more)) {
      const other = { ...lease, epoch };
      assert.ok(!(await store.subscriptions.renew(other, noon, 1)), `${epoch}`);
      assert.ok(!(await store.subscriptions.checkpoint(other, 0)), `${epoch}`);
      assert.ok(!(await store.subscriptions.park(other, [parkedEvent('order-1')])), `${epoch}`);
      await store.subscriptions.release(other);
    }
    assert.ok(await store.subscriptions.checkpoint(lease, 0));
  },

  'a history and a feed are empty beyond their ends, up to the largest number': async ({
    store,
  }) => {
    await write(store, commitOf());
    for (const after of [2 ** 31 - 1, 2 ** 31, 2 ** 32, greatest]) {
      assert.deepEqual(await store.history(firstOrder, after, 10), [], `after ${after}`);
      for (const { partition } of await wholeFeed(store)) {
        assert.deepEqual(await store.feed(partition, after, 10), [], `after ${after}`);
      }
    }
  },

  'an event of a megabyte is read whole from its history, the feed and the parked events': async ({
    store,
  }) => {
    const text = 'é\0\u{1f600}x'.repeat(140_000);
    const commit = commitOf({ data: { text } });
    await write(store, commit);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 9), commit.events);
    assert.deepStrictEqual(
      (await wholeFeed(store)).map(({ event }) => event),
      commit.events,
    );
    const lease = await take(store);
    const [event] = commit.events;
    assert.ok(event);
    await store.subscriptions.park(lease, [parkedEvent('order-1', { event })]);
    assert.deepStrictEqual((await store.subscriptions.parked('mailer', 9))[0]?.event, event);
  },

  'a page of large events is as long as requested': async ({ store }) => {
    await write(store, commitOf({ eventCount: 40, data: { text: 'x'.repeat(100_000) } }));
    assert.equal((await store.history(firstOrder, 0, 40)).length, 40);
    assert.equal((await wholeFeed(store, 40)).length, 40);
    const [entry] = await wholeFeed(store);
    assert.ok(entry);
    assert.equal((await store.feed(entry.partition, 0, 39)).length, 39);
  },

  'a page of a thousand is full while there is more: a short one means the end': async ({
    store,
  }) => {
    await write(store, commitOf({ orderId: 'long', eventCount: 1_001 }));
    const long = { ...firstOrder, orderId: 'long' };
    assert.equal((await store.history(long, 0, 1_000)).length, 1_000);
    assert.equal((await store.history(long, 1, 1_000)).length, 1_000);
    assert.equal((await store.history(long, 2, 1_000)).length, 999);
    const partition = (await wholeFeed(store, 1_000))[0]?.partition ?? 0;
    assert.equal((await store.feed(partition, 0, 1_000)).length, 1_000);
    assert.equal((await store.feed(partition, 2, 1_000)).length, 999);
    const deadlines = [{ name: 'a.b.c', dueAt: 5 }];
    const commits = upTo(1_001).map((index) =>
      commitOf({ orderId: `order-${index}`, customerId: 'c', archivedAt: 5, deadlines }),
    );
    await write(store, ...commits);
    assert.equal((await store.due(9, 1_000)).length, 1_000);
    assert.equal((await store.archived(9, 1_000)).length, 1_000);
    for (const filter of [{}, { customerId: 'c' }, { status: { lifecycle: 'placed' } }]) {
      const page = await store.list({ tenantId: 'tenant-1', limit: 1_000, ...filter });
      assert.equal(page.records.length, 1_000);
      assert.ok(page.next);
    }
    assert.equal((await store.purge({ archivedBefore: 9, limit: 1_000 })).orders, 1_000);
  },

  'a thousand events can be parked at once, and read in one page': async ({ store }) => {
    const { subscriptions } = store;
    const entries = upTo(1_001).map((index) => parkedEvent(`order-${index}`));
    assert.ok(await subscriptions.park(await take(store), entries));
    assert.equal((await subscriptions.parked('mailer', 1_000)).length, 1_000);
    assert.equal((await subscriptions.parked('mailer', 1_002)).length, 1_001);
    const query = { subscription: 'mailer', limit: 1_000 };
    const page = await subscriptions.parkedLanes(query);
    assert.equal(page.length, 1_000);
    assert.equal((await subscriptions.parkedLanes({ ...query, after: page.at(-1) })).length, 1);
    assert.equal(await subscriptions.requeue('mailer'), 1_001);
  },

  'a thousand orders and commands can be requested at once': async ({ store }) => {
    const commits = upTo(1_001).map((index) =>
      commitOf({ orderId: `order-${index}`, key: `key-${index}`, archivedAt: 5 }),
    );
    await write(store, ...commits);
    const identities = commits.flatMap(({ command }) => command ?? []);
    assert.deepStrictEqual(await store.findCommands(identities), identities);
    const records = commits.map(({ record }) => record);
    assert.deepStrictEqual(await store.load(commits), records);
    const orders = commits.map(({ tenantId, orderId }) => ({ tenantId, orderId }));
    const { orders: count } = await store.purge({ archivedBefore: 9, orders, limit: 2_000 });
    assert.equal(count, 1_001);
    assert.equal(await loadOne(store, orders.at(-1)), undefined);
  },

  'a limit may be far above the number of items': async ({ store }) => {
    const commit = commitOf({ archivedAt: 5, deadlines: [{ name: 'a.b.c', dueAt: 5 }] });
    await write(store, commit);
    await store.subscriptions.park(await take(store), [parkedEvent('order-1')]);
    const [entry] = await wholeFeed(store);
    assert.ok(entry);
    for (const limit of [2 ** 31 - 1, 2 ** 31, 2 ** 32, greatest]) {
      assert.equal((await store.history(firstOrder, 0, limit)).length, 1);
      assert.equal((await store.feed(entry.partition, 0, limit)).length, 1);
      assert.equal((await store.due(9, limit)).length, 1);
      assert.equal((await store.archived(9, limit)).length, 1);
      assert.equal((await store.list({ tenantId: 'tenant-1', limit })).records.length, 1);
      assert.equal((await store.subscriptions.parked('mailer', limit)).length, 1);
      const lanes = await store.subscriptions.parkedLanes({ subscription: 'mailer', limit });
      assert.equal(lanes.length, 1);
    }
    assert.equal((await store.purge({ archivedBefore: 9, limit: greatest })).orders, 1);
  },
});
