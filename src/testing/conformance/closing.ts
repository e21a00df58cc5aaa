import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import type { Lease, OrderStore } from '../../store/store.ts';
import { type ConformanceContext, casesOf } from './case.ts';
import {
  commitOf,
  fillFeed,
  fillPartitions,
  firstOrder,
  listIds,
  loadOne,
  statusesOf,
  wholeFeed,
  write,
} from './given.ts';
import { eventually, settled } from './patience.ts';

export const closingCases = casesOf('closing', {
  'closing again is harmless': async ({ store }) => {
    await store.close();
    await store.close();
  },

  'two calls of `close` at the same time both settle, and lose no call in progress': async ({
    store,
  }) => {
    const committing = statusesOf(store, [commitOf()]);
    await settled('closing twice', Promise.all([store.close(), store.close()]));
    assert.deepEqual(await committing, ['committed']);
  },

  'opening, using and closing repeatedly leaves nothing behind in the process': async (context) => {
    // A pool may grow by some connections, but not with every handle.
    const handleCount = 20;
    await useHandle(context);
    const before = activeResources();
    for (let count = 0; count < handleCount; count += 1) await useHandle(context);
    const grown = () =>
      [...activeResources()].filter(
        ([kind, count]) => count - (before.get(kind) ?? 0) > handleCount / 2,
      );
    await eventually('closing leaves something behind', () => grown().length === 0).catch(() => {});
    assert.deepEqual(grown(), []);
  },

  'closing finishes every call in progress': async ({ store }) => {
    const lease = await store.subscriptions.acquire(leaseRequest);
    assert.ok(lease);
    const calls = everyCall(store, lease).map((call) => call());
    const closing = store.close();
    const answers = await Promise.allSettled(calls);
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.status, 'fulfilled', `call ${index}: ${String(reasonOf(answer))}`);
    }
    await closing;
    await assert.rejects(
      () => store.load([firstOrder]),
      (error) => isOrderchartError(error, 'storeClosed'),
    );
  },

  'a closed store refuses every call': async ({ store }) => {
    const lease = await store.subscriptions.acquire(leaseRequest);
    assert.ok(lease);
    await store.close();
    for (const call of everyCall(store, lease)) {
      await assert.rejects(call, (error) => isOrderchartError(error, 'storeClosed'), `${call}`);
    }
  },
});

/** One call of each method, all of which may run at the same time. */
function everyCall(store: OrderStore, lease: Lease): readonly (() => Promise<unknown>)[] {
  const { subscriptions } = store;
  return [
    () => store.load([firstOrder]),
    () => store.commit([commitOf()]),
    () => store.findByNumber('tenant-1', 'N-1'),
    () => store.findCommands([{ tenantId: 'tenant-1', scope: 's', key: 'k' }]),
    () => store.history(firstOrder, 0, 1),
    () => store.list({ tenantId: 'tenant-1', limit: 1 }),
    () => store.list({ tenantId: 'tenant-1', status: { lifecycle: 'placed' }, limit: 1 }),
    () => store.feed(0, 0, 1),
    () => store.feedEnd(0),
    () => store.feedPositionAt(0, 0),
    () => store.due(0, 1),
    () => store.nextDueAt(),
    () => store.archived(0, 1),
    () => store.purge({ limit: 1 }),
    () => subscriptions.join(leaseRequest),
    () => subscriptions.leave('mailer', 'worker-1'),
    () => subscriptions.acquire(leaseRequest),
    () => subscriptions.renew(lease, 0, 1),
    () => subscriptions.checkpoint(lease, 0),
    () => subscriptions.checkpoints('mailer'),
    () => subscriptions.rewind('mailer', 0, 0),
    () => subscriptions.release(lease),
    () => subscriptions.remove('mailer', 0),
    () => subscriptions.requeue('mailer'),
    () => subscriptions.parked('mailer', 1),
    () => subscriptions.parkedLanes({ subscription: 'mailer', limit: 1 }),
    () => subscriptions.unpark(lease, 'event-1'),
    () => subscriptions.skip('mailer', 'event-1'),
    () => subscriptions.park(lease, []),
    ...(store.now === undefined ? [] : [async () => store.now?.()]),
  ];
}

/** The number of resources that keep the process alive, by kind. */
function activeResources(): ReadonlyMap<string, number> {
  const kinds = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  return new Map([...kinds].map(([kind, all]) => [kind, all.length]));
}

/** Opens, uses and closes a store: another handle on the same data if the store can be shared. */
async function useHandle({ store, share, fresh }: ConformanceContext): Promise<void> {
  const { durable, shared } = store.features;
  const handle = await (durable || shared ? share() : fresh());
  const [first] = await handle.load([firstOrder]);
  await handle.commit([commitOf({ expectedVersion: first?.version ?? 0 })]);
  // Do not end listening, because `close` must do so.
  await handle.listen?.(() => {});
  await handle.close();
}

const reasonOf = (answer: PromiseSettledResult<unknown>): unknown =>
  answer.status === 'rejected' ? answer.reason : undefined;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const leaseRequest = {
  subscription: 'mailer',
  partition: 0,
  owner: 'worker-1',
  now: 0,
  durationMs: 1_000,
  startPosition: 0,
};

/** Cases about closing that need transactions. */
export const closingTransactionCases = casesOf(
  'closing',
  {
    'closing waits for a projection in progress': async ({ store }) => {
      const lease = await store.subscriptions.acquire(leaseRequest);
      assert.ok(lease);
      const begun = Promise.withResolvers<void>();
      const gate = Promise.withResolvers<void>();
      let isClosed = false;
      const projecting = store.subscriptions.project?.(lease, async () => {
        begun.resolve();
        await gate.promise;
        assert.equal(isClosed, false, 'the store was closed during the projection');
        return 0;
      });
      await begun.promise;
      const closing = store.close().then(() => {
        isClosed = true;
      });
      // Give a store that does not wait the time to fail.
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      gate.resolve();
      assert.ok(await projecting);
      await closing;
    },
  },
  'transactions',
);

export const durabilityCases = casesOf(
  'durability',
  {
    'a commit in progress when the store is closed is there when it is opened again': async ({
      store,
      reopen,
    }) => {
      const committing = statusesOf(store, [commitOf()]);
      const again = await reopen();
      assert.deepEqual(await committing, ['committed']);
      assert.equal((await loadOne(again))?.version, 1);
    },

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

    'versions and positions continue when the store is opened again': async ({ store, reopen }) => {
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

    'purged positions are not reused when the store is opened again': async ({ store, reopen }) => {
      await write(store, commitOf({ eventCount: 2, archivedAt: 1 }));
      const partition = (await wholeFeed(store))[0]?.partition ?? 0;
      await store.purge({ archivedBefore: 5, limit: 10 });
      const again = await reopen();
      assert.equal(await again.feedEnd(partition), 2);
      await fillPartitions(again);
      assert.equal((await again.feed(partition, 0, 1))[0]?.position, 3);
    },

    'members, leases, checkpoints and parked events survive the process': async ({
      store,
      reopen,
    }) => {
      await fillFeed(store);
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
        retryAt: null,
        requeues: 0,
        parkedAt: 9,
      };
      await store.subscriptions.park(lease, [parked]);
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
