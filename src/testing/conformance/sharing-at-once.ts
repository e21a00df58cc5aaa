import assert from 'node:assert/strict';
import type { FeedEntry, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, listIds, loadOne, noon, statusesOf, upTo, wholeFeed, write } from './given.ts';

/** Makes forty calls at the same time, alternating between the two handles. */
function ofForty<Result>(
  handles: readonly [OrderStore, OrderStore],
  call: (store: OrderStore, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  return Promise.all(upTo(40).map((index) => call(handles[index % 2 === 0 ? 0 : 1], index)));
}

const countOf = (statuses: readonly (readonly string[])[], wanted: string): number =>
  statuses.flat().filter((status) => status === wanted).length;

export const sharingAtOnceCases = casesOf(
  'two handles on one store',
  {
    'several handles may open empty data at once': async ({ openTogether }) => {
      const stores = await openTogether(5);
      await Promise.all(
        stores.map((store, index) => write(store, commitOf({ orderId: `order-${index}` }))),
      );
      for (const store of stores) {
        assert.equal((await wholeFeed(store)).length, 5);
        assert.equal((await listIds(store, { status: { lifecycle: 'placed' } })).length, 5);
      }
    },

    'opening changes no data, and does not disturb the calls of other handles': async ({
      store,
      share,
    }) => {
      await write(store, commitOf({ key: 'key-1', number: 'N-1' }));
      const writing = Promise.all(
        upTo(20).map((index) => write(store, commitOf({ orderId: `beside-${index}` }))),
      );
      const others = await Promise.all(upTo(3).map(() => share()));
      await writing;
      for (const other of [store, ...others]) {
        assert.equal((await wholeFeed(other)).length, 21);
        assert.equal(await other.findByNumber('tenant-1', 'N-1'), 'order-1');
      }
    },

    'of forty orders with one number at once from both handles, one gets it': async ({
      store,
      share,
    }) => {
      const handles = [store, await share()] as const;
      const statuses = await ofForty(handles, (one, index) =>
        statusesOf(one, [commitOf({ orderId: `order-${index}`, number: 'N-1' })]),
      );
      assert.equal(countOf(statuses, 'committed'), 1);
      assert.equal((await listIds(store)).length, 1);
    },

    'of forty repetitions of one command at once from both handles, one runs': async ({
      store,
      share,
    }) => {
      const handles = [store, await share()] as const;
      const statuses = await ofForty(handles, (one, index) =>
        statusesOf(one, [commitOf({ orderId: `order-${index}`, key: 'key-1' })]),
      );
      assert.equal(countOf(statuses, 'committed'), 1);
      assert.equal((await wholeFeed(store)).length, 1);
    },

    'changes of one order at once from both handles are each applied or refused': async ({
      store,
      share,
    }) => {
      const other = await share();
      await write(store, commitOf({ order: { total: 0 } }));
      const addOne = async (one: OrderStore) => {
        for (const _ of upTo(10)) {
          const record = await loadOne(one);
          assert.ok(record);
          const order = { total: Number(record.order['total']) + 1 };
          const change = commitOf({ expectedVersion: record.version, order });
          if ((await statusesOf(one, [change]))[0] === 'committed') committed += 1;
        }
      };
      let committed = 0;
      await Promise.all([addOne(store), addOne(other), addOne(store), addOne(other)]);
      const record = await loadOne(other);
      assert.equal(record?.order['total'], committed);
      assert.equal(record?.version, committed + 1);
    },

    'of forty workers at once on both handles, one gets the lease, and all become members': async ({
      store,
      share,
    }) => {
      const handles = [store, await share()] as const;
      const request = { subscription: 'mailer', now: noon, durationMs: 100 };
      const place = { ...request, partition: 0, startPosition: 0 };
      const leases = await ofForty(handles, (one, index) =>
        one.subscriptions.acquire({ ...place, owner: `worker-${index}` }),
      );
      assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
      await ofForty(handles, (one, index) =>
        one.subscriptions.join({ ...request, owner: `worker-${index}` }),
      );
      const members = await store.subscriptions.join({ ...request, owner: 'worker-1' });
      assert.equal(members.length, 40);
    },

    'a reader on one handle beside writers on both sees every event once, in order': async ({
      store,
      share,
    }) => {
      const other = await share();
      const seen = Array.from({ length: store.features.partitions }, (): FeedEntry[] => []);
      const readOn = async () => {
        for (const [partition, entries] of seen.entries()) {
          entries.push(...(await other.feed(partition, entries.at(-1)?.position ?? 0, 100)));
        }
      };
      // Read one page after the other, so that each continues where the last one ended.
      let reading = Promise.resolve();
      const read = () => {
        reading = reading.then(readOn);
        return reading;
      };
      const writeOrder = async (index: number) => {
        const one = index % 2 === 0 ? store : other;
        for (const expectedVersion of [0, 2, 4]) {
          await write(one, commitOf({ orderId: `order-${index}`, expectedVersion, eventCount: 2 }));
          if (index % 5 === 0) await read();
        }
      };
      await Promise.all(upTo(20).map(writeOrder));
      await read();
      const entries = await wholeFeed(store);
      assert.equal(entries.length, 120);
      assert.deepStrictEqual(seen.flat(), entries);
    },
  },
  'shared',
);
