import assert from 'node:assert/strict';
import type { OrderEvent } from '../../order/envelope.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, readPages, upTo, write } from './given.ts';

export const historyCases = casesOf('history', {
  'events are read back as they were written, each with its own status': async ({ store }) => {
    const first = commitOf({ eventCount: 2 });
    const second = commitOf({ expectedVersion: 2, status: { lifecycle: 'done' }, key: 'key-1' });
    await write(store, first, second);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 10), [
      ...first.events,
      ...second.events,
    ]);
  },

  'hundreds of statuses stay distinct, of orders and of events': async ({ store }) => {
    const statuses = upTo(300).map((index) => ({ lifecycle: 'placed', review: `state-${index}` }));
    const commits = statuses.map((status, index) =>
      commitOf({ orderId: `order-${index}`, status }),
    );
    await write(store, ...commits);
    const records = await store.load(commits);
    assert.deepStrictEqual(
      records.map((record) => record?.status),
      statuses,
    );
    for (const index of [0, 150, 299]) {
      const [event] = await store.history(commits[index] ?? firstOrder, 0, 1);
      assert.deepStrictEqual(event?.status, statuses[index]);
    }
    const query = { tenantId: 'tenant-1', status: { review: 'state-300' }, limit: 9 };
    const found = (await store.list(query)).records.map(({ orderId }) => orderId);
    assert.deepEqual(found, ['order-299']);
  },

  'history starts after the given version, which is exclusive': async ({ store }) => {
    await write(store, commitOf({ eventCount: 5 }));
    for (const after of [0, 1, 4, 5, 6]) {
      assert.deepEqual(
        (await store.history(firstOrder, after, 10)).map((event) => event.version),
        upTo(5).filter((version) => version > after),
      );
    }
  },

  'history returns the earliest events first, up to the limit': async ({ store }) => {
    await write(store, commitOf({ eventCount: 5 }));
    for (const limit of [1, 4, 5, 6]) {
      assert.deepEqual(
        (await store.history(firstOrder, 0, limit)).map((event) => event.version),
        upTo(Math.min(limit, 5)),
      );
    }
  },

  'a long history is complete when it is read in pages': async ({ store }) => {
    await write(store, commitOf({ eventCount: 100 }));
    const events = await readPages<OrderEvent>('the history', (last) =>
      store.history(firstOrder, last?.version ?? 0, 7),
    );
    assert.deepEqual(
      events.map((event) => event.version),
      upTo(100),
    );
  },

  'a history is sorted by version, whatever the ids and times of its events': async ({ store }) => {
    // Like machines whose clocks disagree: the ids and times of the events descend.
    const commits = upTo(5).map((version) => {
      const commit = commitOf({ expectedVersion: version - 1, recordedAt: 1_000 - version });
      return {
        ...commit,
        events: commit.events.map((event) => ({ ...event, id: `e-${9 - version}` })),
      };
    });
    await write(store, ...commits);
    const events = commits.flatMap((commit) => commit.events);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 10), events);
    assert.deepStrictEqual(await store.history(firstOrder, 2, 2), events.slice(2, 4));
  },

  'history is of one order only, and empty for an unknown one': async ({ store }) => {
    await write(store, commitOf({ eventCount: 2 }), commitOf({ orderId: 'order-11' }));
    assert.equal((await store.history(firstOrder, 0, 10)).length, 2);
    assert.deepEqual(await store.history({ ...firstOrder, orderId: 'order' }, 0, 10), []);
    assert.deepEqual(await store.history({ ...firstOrder, tenantId: 'tenant-2' }, 0, 10), []);
  },
});
