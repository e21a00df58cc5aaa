import assert from 'node:assert/strict';
import { OrderchartError } from '../../errors.ts';
import type { Lease, OrderStore, ParkedEvent, TransactionStore } from '../../store/store.ts';
import { filledCasesOf } from './case.ts';
import { commitOf, loadOne, writeWithin } from './given.ts';

async function take(store: OrderStore, owner = 'worker-1', now = 0): Promise<Lease> {
  const request = { subscription: 'model', partition: 0, owner, now, durationMs: 100 };
  const lease = await store.subscriptions.acquire({ ...request, startPosition: 0 });
  assert.ok(lease);
  return lease;
}

/** Runs `work` in the transaction of a projection, with the store within that transaction. */
async function project(
  store: OrderStore,
  lease: Lease,
  work: (inside: TransactionStore, transaction: unknown) => Promise<number>,
): Promise<Lease | undefined> {
  assert.ok(store.subscriptions.project, 'the features say transactions, so there is `project`');
  return store.subscriptions.project(lease, (transaction) => {
    assert.ok(store.within);
    return work(store.within(transaction), transaction);
  });
}

async function checkpointOf(store: OrderStore): Promise<number | undefined> {
  return (await store.subscriptions.checkpoints('model'))[0]?.position;
}

const parkedEntry = (): ParkedEvent => {
  const [event] = commitOf().events;
  assert.ok(event);
  const rest = { error: 'no', attempts: 1, retryAt: null, requeues: 0, parkedAt: 9 };
  return { subscription: 'model', partition: 0, position: 1, event, ...rest };
};

export const projectionCases = filledCasesOf(
  'projections',
  {
    'the work and the checkpoint are written together': async ({ store }) => {
      const lease = await take(store);
      const done = await project(store, lease, async (inside) => {
        await writeWithin(inside, commitOf());
        assert.equal(await loadOne(store), undefined);
        assert.equal(await checkpointOf(store), 0);
        return 7;
      });
      assert.ok(done);
      assert.equal((await loadOne(store))?.version, 1);
      assert.equal(await checkpointOf(store), 7);
    },

    'work that throws writes neither, and its error is passed on': async ({ store }) => {
      const lease = await take(store);
      const failure = new Error('no');
      await assert.rejects(
        project(store, lease, async (inside) => {
          await writeWithin(inside, commitOf());
          throw failure;
        }),
        (error) => error === failure,
      );
      assert.equal(await loadOne(store), undefined);
      assert.equal(await checkpointOf(store), 0);
      assert.ok(await project(store, lease, async () => 3));
    },

    'the work is called once, and its error is passed on unchanged, whatever the error is': async ({
      store,
    }) => {
      const lease = await take(store);
      const failures: readonly unknown[] = [
        // Those that a store might take for its own, and try again or translate.
        new OrderchartError('storeUnavailable', 'no'),
        new OrderchartError('outcomeUnknown', 'no'),
        new OrderchartError('historyChanged', 'no'),
        Object.assign(new Error('no'), { code: '40001' }),
        Object.assign(new Error('no'), { code: 'ECONNRESET' }),
        ...['no', '', 0, null, undefined],
      ];
      for (const failure of failures) {
        let callCount = 0;
        const projecting = project(store, lease, async (inside) => {
          callCount += 1;
          await writeWithin(inside, commitOf());
          throw failure;
        });
        const [result] = await Promise.allSettled([projecting]);
        assert.ok(result.status === 'rejected', `${failure} is passed on`);
        assert.equal(result.reason, failure);
        assert.equal(callCount, 1);
        assert.equal(await loadOne(store), undefined);
      }
      assert.equal(await checkpointOf(store), 0);
      assert.ok(await project(store, lease, async () => 3));
    },

    'an old epoch does no work': async ({ store }) => {
      const old = await take(store);
      const present = await take(store, 'worker-2', 1_000);
      let isCalled = false;
      const done = await project(store, old, async () => {
        isCalled = true;
        return 9;
      });
      assert.deepEqual([done, isCalled], [undefined, false]);
      assert.equal(await checkpointOf(store), 0);
      assert.ok(await project(store, present, async () => 4));
      await store.subscriptions.release(present);
      assert.equal(await project(store, present, async () => 5), undefined);
      assert.equal(await checkpointOf(store), 4);
    },

    'parking and unparking in a projection take effect only if the projection succeeds': async ({
      store,
    }) => {
      const { subscriptions } = store;
      const lease = await take(store);
      const entry = parkedEntry();
      const parked = async () => (await subscriptions.parked('model', 10)).length;
      const abort = new Error('abort');
      const isAbort = (error: unknown) => error === abort;
      const park = (last: () => number) =>
        project(store, lease, async (_, transaction) => {
          assert.ok(await subscriptions.park(lease, [entry], transaction));
          assert.equal(await parked(), 0);
          return last();
        });
      const refuse = (): number => {
        throw abort;
      };
      await assert.rejects(park(refuse), isAbort);
      assert.equal(await parked(), 0);
      await park(() => 1);
      assert.deepStrictEqual(await subscriptions.parked('model', 10), [entry]);
      const unpark = (last: () => number) =>
        project(store, lease, async (_, transaction) => {
          assert.ok(await subscriptions.unpark(lease, entry.event.id, transaction));
          assert.equal(await parked(), 1);
          return last();
        });
      await assert.rejects(unpark(refuse), isAbort);
      assert.equal(await parked(), 1);
      await unpark(() => 1);
      assert.equal(await parked(), 0);
    },
  },
  'transactions',
);
