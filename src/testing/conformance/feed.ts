import assert from 'node:assert/strict';
import type { FeedEntry, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import { commitOf, firstOrder, rejectionOf, statusesOf, upTo, wholeFeed, write } from './given.ts';

/** Reads the whole feed, and checks its laws. */
async function checkFeed(store: OrderStore): Promise<readonly FeedEntry[]> {
  const entries = await wholeFeed(store, 3);
  const versions = new Map<string, number>();
  const partitions = new Map<string, number>();
  for (let partition = 0; partition < store.features.partitions; partition += 1) {
    const positions = entries
      .filter((entry) => entry.partition === partition)
      .map((entry) => entry.position);
    assert.deepEqual(positions, upTo(positions.length), 'positions are dense, from 1');
    assert.equal(await store.feedEnd(partition), positions.length);
  }
  for (const { partition, event } of entries) {
    const order = JSON.stringify([event.tenantId, event.orderId]);
    assert.equal(event.version, (versions.get(order) ?? 0) + 1, 'versions ascend by one');
    assert.equal(partition, partitions.get(order) ?? partition, 'one partition per order');
    versions.set(order, event.version);
    partitions.set(order, partition);
  }
  return entries;
}

/** The partition of the events of the first order. */
async function partitionOfFirst(store: OrderStore): Promise<number> {
  const entries = await wholeFeed(store);
  const entry = entries.find(({ event }) => event.orderId === firstOrder.orderId);
  assert.ok(entry, 'the first order has an event in the feed');
  return entry.partition;
}

export const feedCases = casesOf('feed', {
  'an empty feed ends at 0': async ({ store }) => {
    assert.deepEqual(await checkFeed(store), []);
    assert.equal(await store.feedPositionAt(0, 0), 0);
  },

  'the feed has every event once, as it was written': async ({ store }) => {
    const commits = upTo(5).map((index) => commitOf({ orderId: `order-${index}`, eventCount: 2 }));
    await write(store, ...commits);
    const update = commitOf({ orderId: 'order-3', expectedVersion: 2 });
    await write(store, update);
    const events = (await checkFeed(store)).map((entry) => entry.event);
    const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
    assert.deepStrictEqual(
      events.toSorted(byId),
      [...commits, update].flatMap((commit) => commit.events).toSorted(byId),
    );
  },

  'refused commits leave no gap in the positions': async ({ store }) => {
    await write(store, commitOf({ number: 'N-1', key: 'key-1' }));
    await statusesOf(store, [
      commitOf({ eventCount: 3 }),
      commitOf({ orderId: 'order-2', number: 'N-1', eventCount: 3 }),
      commitOf({ orderId: 'order-3', key: 'key-1', eventCount: 3 }),
      rejectionOf({ orderId: 'order-4', key: 'key-4' }),
      commitOf({ expectedVersion: 1 }),
    ]);
    assert.equal((await checkFeed(store)).length, 2);
  },

  'the feed is read after a position, which is exclusive, and up to the limit': async ({
    store,
  }) => {
    await write(store, commitOf({ eventCount: 6 }));
    const partition = await partitionOfFirst(store);
    for (const [after, limit, positions] of [
      [0, 2, [1, 2]],
      [2, 3, [3, 4, 5]],
      [5, 3, [6]],
      [6, 3, []],
      [99, 3, []],
    ] as const) {
      assert.deepEqual(
        (await store.feed(partition, after, limit)).map((entry) => entry.position),
        positions,
      );
    }
  },

  'a reader beside many writers sees every event once, in order': async ({ store }) => {
    const seen = Array.from({ length: store.features.partitions }, (): FeedEntry[] => []);
    const read = async () => {
      for (const [partition, entries] of seen.entries()) {
        entries.push(...(await store.feed(partition, entries.at(-1)?.position ?? 0, 5)));
      }
    };
    const writeOrder = async (index: number) => {
      for (const expectedVersion of [0, 2, 4]) {
        await write(store, commitOf({ orderId: `order-${index}`, expectedVersion, eventCount: 2 }));
        // One of the writers reads, while the others write.
        if (index === 1) await read();
      }
    };
    await Promise.all(upTo(10).map(writeOrder));
    // There are 60 events, so twelve pages of five are enough for the rest.
    for (const _ of upTo(12)) await read();
    assert.equal(seen.flat().length, 60);
    assert.deepStrictEqual(seen.flat(), await checkFeed(store));
  },

  'a position is found by time: just before the first event at or after it': async ({ store }) => {
    for (const [index, recordedAt] of [10, 20, 20, 30].entries()) {
      await write(store, commitOf({ expectedVersion: index, recordedAt }));
    }
    const partition = await partitionOfFirst(store);
    for (const [time, position] of [
      [0, 0],
      [10, 0],
      [11, 1],
      [20, 1],
      [21, 3],
      [30, 3],
      [31, 4],
    ] as const) {
      assert.equal(await store.feedPositionAt(partition, time), position, `at ${time}`);
    }
  },

  'a position is found by time when clocks disagree': async ({ store }) => {
    for (const [index, recordedAt] of [10, 40, 20, 30, 50].entries()) {
      await write(store, commitOf({ expectedVersion: index, recordedAt }));
    }
    const partition = await partitionOfFirst(store);
    for (const [time, position] of [
      [15, 1],
      [40, 1],
      [41, 4],
      [51, 5],
    ] as const) {
      assert.equal(await store.feedPositionAt(partition, time), position, `at ${time}`);
    }
  },

  'a position is found by time past purged events, even when clocks disagree': async ({
    store,
  }) => {
    const { partitions } = store.features;
    const commits = upTo(partitions * 24).map((index) =>
      commitOf({
        orderId: `order-${index}`,
        // Up and down between 1 and 60; every third order is purged.
        recordedAt: ((index * 37) % 60) + 1,
        archivedAt: index % 3 === 0 ? 1 : null,
      }),
    );
    await write(store, ...commits);
    assert.equal((await store.purge({ archivedBefore: 2, limit: 1_000 })).orders, partitions * 8);
    for (const partition of upTo(partitions).map((number) => number - 1)) {
      const entries = await store.feed(partition, 0, 1_000);
      for (const time of [1, 10, 20, 30, 40, 50, 55, 60]) {
        const first = entries.find(({ event }) => event.recordedAt >= time);
        if (first === undefined) continue;
        const position = await store.feedPositionAt(partition, time);
        assert.equal(position, first.position - 1, `in partition ${partition} at ${time}`);
      }
    }
  },

  'a position is found by time in a feed of thousands': async ({ store }) => {
    for (const batch of upTo(4)) {
      const first = (batch - 1) * 900;
      await write(
        store,
        ...upTo(900).map((index) =>
          commitOf({ expectedVersion: first + index - 1, recordedAt: (first + index) * 10 }),
        ),
      );
    }
    const partition = await partitionOfFirst(store);
    for (const position of [0, 1, 899, 900, 1_000, 1_799, 2_500, 3_599, 3_600]) {
      assert.equal(await store.feedPositionAt(partition, position * 10 + 1), position);
    }
  },
});
