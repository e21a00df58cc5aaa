import assert from 'node:assert/strict';
import { isOrderchartError } from '../../errors.ts';
import { type ConformanceContext, casesOf } from './case.ts';
import { commitOf, fillFeed, firstOrder, listIds, loadOne, write, writeWithin } from './given.ts';

async function opened({ store, begin }: ConformanceContext) {
  const host = await begin();
  assert.ok(store.within, 'the features say transactions, so there is `within`');
  return { host, inside: store.within(host.transaction) };
}

const identity = { tenantId: 'tenant-1', scope: 'requests', key: 'key-1' };
const leaseRequest = {
  ...{ subscription: 'model', partition: 0, owner: 'worker-1', now: 0, durationMs: 100 },
  startPosition: 0,
};

export const furtherTransactionCases = casesOf(
  'transactions of the host',
  {
    'a status first used in a rolled back transaction can be written and listed by': async (
      context,
    ) => {
      const { store } = context;
      const status = { review: 'first met inside' };
      const deadlines = [{ name: 'a.b.c', dueAt: 5 }];
      const { host, inside } = await opened(context);
      await writeWithin(inside, commitOf({ orderId: 'gone', status, deadlines }));
      await host.rollBack();
      assert.deepEqual(await listIds(store, { status }), []);
      assert.equal(await store.nextDueAt(), undefined);
      const next = await opened(context);
      await writeWithin(next.inside, commitOf({ orderId: 'a', status }));
      await next.host.commit();
      const commit = commitOf({ orderId: 'b', status, customerId: 'c-1' });
      await write(store, commit);
      assert.deepEqual(await listIds(store, { status }), ['b', 'a']);
      assert.deepStrictEqual(await loadOne(store, commit), commit.record);
      assert.deepStrictEqual(await store.history(commit, 0, 9), commit.events);
    },

    'a transaction that has ended can write nothing': async (context) => {
      const { store } = context;
      for (const end of ['commit', 'rollBack'] as const) {
        const { host, inside } = await opened(context);
        await writeWithin(inside, commitOf({ orderId: end }));
        await host[end]();
        await assert.rejects(
          () => inside.commit([commitOf({ orderId: `after ${end}` })]),
          (error) => isOrderchartError(error, 'invalidArgument'),
          `after ${end}`,
        );
        assert.equal(await loadOne(store, { ...firstOrder, orderId: `after ${end}` }), undefined);
      }
      assert.deepEqual(await listIds(store), ['commit']);
    },

    'a transaction that read before another one wrote loses no update': async (context) => {
      const { store } = context;
      await write(store, commitOf());
      const { host, inside } = await opened(context);
      assert.equal((await inside.load([firstOrder]))[0]?.version, 1);
      await write(store, commitOf({ expectedVersion: 1, order: { by: 'another writer' } }));
      const late = commitOf({ expectedVersion: 1, order: { by: 'the transaction' } });
      const [outcome] = await inside.commit([late]);
      assert.ok(outcome?.status === 'conflict' || outcome?.status === 'locked', outcome?.status);
      await host.commit();
      assert.deepEqual((await loadOne(store))?.order, { by: 'another writer' });
      assert.equal((await store.history(firstOrder, 0, 9)).length, 2);
    },

    'a transaction answers in the order of the request, and pages history': async (context) => {
      await write(context.store, commitOf({ orderId: 'a', eventCount: 3, key: 'key-a' }));
      const { host, inside } = await opened(context);
      await writeWithin(
        inside,
        commitOf({ orderId: 'b', key: 'key-b' }),
        commitOf({ orderId: 'a', expectedVersion: 3, eventCount: 3 }),
      );
      const keys = ['b', 'none', 'a', 'b'].map((orderId) => ({ tenantId: 'tenant-1', orderId }));
      assert.deepEqual(
        (await inside.load(keys)).map((record) => record?.orderId),
        ['b', undefined, 'a', 'b'],
      );
      const commands = ['key-b', 'none', 'key-a'].map((key) => ({ ...identity, key }));
      assert.deepEqual(
        (await inside.findCommands(commands)).map((command) => command?.orderId),
        ['b', undefined, 'a'],
      );
      const page = await inside.history({ tenantId: 'tenant-1', orderId: 'a' }, 1, 4);
      assert.deepEqual(
        page.map(({ version }) => version),
        [2, 3, 4, 5],
      );
      await host.rollBack();
    },

    'keys, numbers and versions that a transaction wrote count within it': async (context) => {
      const { host, inside } = await opened(context);
      const first = commitOf({ key: 'key-1', number: 'N-1' });
      await writeWithin(inside, first);
      assert.deepStrictEqual(
        await inside.commit([
          commitOf({ key: 'key-1', expectedVersion: 1 }),
          commitOf(),
          commitOf({ orderId: 'order-2', number: 'N-1' }),
        ]),
        [
          { status: 'duplicate', record: first.command },
          { status: 'conflict' },
          { status: 'numberTaken' },
        ],
      );
      await host.commit();
      assert.equal((await loadOne(context.store))?.version, 1);
    },

    'tenants are isolated within a transaction, too': async (context) => {
      await write(context.store, commitOf({ key: 'key-1', number: 'N-1' }));
      const { host, inside } = await opened(context);
      const stranger = { ...firstOrder, tenantId: 'tenant-2' };
      assert.deepEqual(await inside.load([stranger]), [undefined]);
      assert.deepEqual(await inside.history(stranger, 0, 9), []);
      assert.deepEqual(await inside.findCommands([{ ...identity, tenantId: 'tenant-2' }]), [
        undefined,
      ]);
      await writeWithin(inside, commitOf({ ...stranger, key: 'key-1', number: 'N-1' }));
      await host.commit();
      assert.equal(await context.store.findByNumber('tenant-2', 'N-1'), 'order-1');
    },
  },
  'transactions',
);

export const rewoundProjectionCases = casesOf(
  'projections',
  {
    'rewinding during a projection wins: nothing moves the checkpoint again': async ({ store }) => {
      await fillFeed(store);
      const { subscriptions } = store;
      const lease = await subscriptions.acquire({ ...leaseRequest, startPosition: 9 });
      assert.ok(lease && subscriptions.project);
      let rewinding: Promise<void> | undefined;
      const isDone = await subscriptions.project(lease, async (transaction) => {
        // Do not await it here: it may have to wait for the projection.
        rewinding = subscriptions.rewind('model', 0, 4);
        const inside = store.within?.(transaction);
        assert.ok(inside);
        await writeWithin(inside, commitOf());
        return 0;
      });
      await rewinding;
      assert.deepEqual(await subscriptions.checkpoints('model'), [{ partition: 0, position: 4 }]);
      assert.equal((await loadOne(store))?.version, isDone ? 1 : undefined);
      assert.ok(!(await subscriptions.project(lease, async () => 0)));
      assert.ok(!(await subscriptions.checkpoint(lease, 0)));
    },

    'a projection is written after its lease expired if no other owner took the lease': async ({
      store,
    }) => {
      const { subscriptions } = store;
      const lease = await subscriptions.acquire(leaseRequest);
      assert.ok(lease && subscriptions.project);
      // Only the epoch counts: the engine decides by the clock who holds the lease.
      assert.ok(await subscriptions.project(lease, async () => 0));
    },
  },
  'transactions',
);
