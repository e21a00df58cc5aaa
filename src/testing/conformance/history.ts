import assert from 'node:assert/strict';
import type { OrderEvent } from '../../order/envelope.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, readPages, upTo, write } from './given.ts';

export const historyCases = casesOf('history', {
  'events come back as they were given, each with its own status': async ({ store }) => {
    const first = commitOf({ eventCount: 2 });
    const second = commitOf({ expectedVersion: 2, status: { lifecycle: 'done' }, key: 'key-1' });
    await write(store, first, second);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 10), [
      ...first.events,
      ...second.events,
    ]);
  },

  'history starts after the version it is given, which is exclusive': async ({ store }) => {
    await write(store, commitOf({ eventCount: 5 }));
    for (const after of [0, 1, 4, 5, 6]) {
      assert.deepEqual(
        (await store.history(firstOrder, after, 10)).map((event) => event.version),
        upTo(5).filter((version) => version > after),
      );
    }
  },

  'history gives at most as many events as asked, the earliest first': async ({ store }) => {
    await write(store, commitOf({ eventCount: 5 }));
    for (const limit of [1, 4, 5, 6]) {
      assert.deepEqual(
        (await store.history(firstOrder, 0, limit)).map((event) => event.version),
        upTo(Math.min(limit, 5)),
      );
    }
  },

  'a long history is whole when it is read in pages': async ({ store }) => {
    await write(store, commitOf({ eventCount: 100 }));
    const events = await readPages<OrderEvent>('the history', (last) =>
      store.history(firstOrder, last?.version ?? 0, 7),
    );
    assert.deepEqual(
      events.map((event) => event.version),
      upTo(100),
    );
  },

  'history is of one order only, and empty for an unknown one': async ({ store }) => {
    await write(store, commitOf({ eventCount: 2 }), commitOf({ orderId: 'order-11' }));
    assert.equal((await store.history(firstOrder, 0, 10)).length, 2);
    assert.deepEqual(await store.history({ ...firstOrder, orderId: 'order' }, 0, 10), []);
    assert.deepEqual(await store.history({ ...firstOrder, tenantId: 'tenant-2' }, 0, 10), []);
  },
});
