import assert from 'node:assert/strict';
import type { OrderEvent } from '../../order/envelope.ts';
import type { FeedEntry, OrderStore } from '../../store/store.ts';
import { casesOf } from './case.ts';
import {
  commitOf,
  firstOrder,
  listIds,
  loadOne,
  readPages,
  upTo,
  wholeFeed,
  write,
} from './given.ts';

/** A text with a size of `bytes`, of characters of one, two, three and four bytes. */
function textOf(bytes: number): string {
  return 'aé€😀'.repeat(Math.floor(bytes / 10)).padEnd(bytes / 2, 'x');
}

const megabyte = 1_000_000;

/** Writes six events of the first order, each with `bytes` bytes of data. */
async function writeLarge(store: OrderStore, bytes: number): Promise<void> {
  for (const version of upTo(6)) {
    await write(
      store,
      commitOf({ expectedVersion: version - 1, data: { text: 'x'.repeat(bytes) } }),
    );
  }
}

/** A page limit in bytes, for events of 100,000 bytes each. */
const bound = 250_000;
const eventBytes = 100_000;

/**
 * Checks the size of a page. A store that keeps JSON in another form may count a little
 * differently, so two to four events are allowed. Six would mean that the limit is ignored.
 */
function assertBounded(page: readonly unknown[], read: string): void {
  assert.ok(
    page.length >= 2 && page.length <= 4,
    `${read} returns 3 events of ${eventBytes} bytes for a limit of ${bound}, not ${page.length}`,
  );
}

export const largeCases = casesOf('large orders and events', {
  'an order and an event of a megabyte are read back equal': async ({ store }) => {
    const data = { text: textOf(megabyte) };
    const commit = commitOf({ order: data, data });
    await write(store, commit, commitOf({ orderId: 'order-2' }));
    assert.deepStrictEqual(await loadOne(store), commit.record);
    assert.deepStrictEqual(await store.history(firstOrder, 0, 10), commit.events);
    const large = (await wholeFeed(store)).find(({ event }) => event.orderId === commit.orderId);
    assert.deepStrictEqual(large?.event, commit.events[0]);
  },

  'a batch of several megabytes is written, and read in one call': async ({ store }) => {
    const order = { text: textOf(megabyte) };
    const commits = upTo(4).map((number) => commitOf({ orderId: `order-${number}`, order }));
    await write(store, ...commits);
    assert.deepStrictEqual(
      await store.load(commits),
      commits.map(({ record }) => record),
    );
  },

  'history ends a page with the event that reaches the byte limit': async ({ store }) => {
    await writeLarge(store, eventBytes);
    assertBounded(await store.history(firstOrder, 0, 100, bound), 'history');
    assert.equal((await store.history(firstOrder, 0, 100)).length, 6, 'all without a byte limit');
    assert.equal(
      (await store.history(firstOrder, 0, 2, bound)).length,
      2,
      'the count limit applies',
    );
    const events = await readPages<OrderEvent>('the history', (last) =>
      store.history(firstOrder, last?.version ?? 0, 100, bound),
    );
    assert.deepEqual(
      events.map(({ version }) => version),
      upTo(6),
    );
  },

  'feed ends a page with the event that reaches the byte limit': async ({ store }) => {
    await writeLarge(store, eventBytes);
    const [first] = await wholeFeed(store);
    const partition = first?.partition ?? 0;
    assertBounded(await store.feed(partition, 0, 100, bound), 'feed');
    assert.equal((await store.feed(partition, 0, 100)).length, 6, 'all without a byte limit');
    assert.equal((await store.feed(partition, 0, 2, bound)).length, 2, 'the count limit applies');
    const entries = await readPages<FeedEntry>('the feed', (last) =>
      store.feed(partition, last?.position ?? 0, 100, bound),
    );
    assert.deepEqual(
      entries.map(({ event }) => event.version),
      upTo(6),
    );
  },

  'a list ends a page with the order that reaches the byte limit': async ({ store }) => {
    const order = { text: 'x'.repeat(eventBytes) };
    const status = { lifecycle: 'placed' };
    const customerId = 'customer-1';
    const ids = upTo(6).map((number) => `order-${number}`);
    await write(store, ...ids.map((orderId) => commitOf({ orderId, order, status, customerId })));
    const tenantId = 'tenant-1';
    for (const filter of [{}, { status }, { customerId }, { status, customerId }]) {
      const query = { tenantId, ...filter, limit: 100 };
      const page = await store.list({ ...query, maximumBytes: bound });
      assertBounded(page.records, 'list');
      assert.ok(page.next, 'a page that ends early has a next page');
      assert.equal((await store.list(query)).records.length, 6, 'all without a byte limit');
      const short = await store.list({ ...query, limit: 2, maximumBytes: bound });
      assert.equal(short.records.length, 2, 'the count limit applies');
      for (const maximumBytes of [1, bound, 6 * eventBytes, 10 * eventBytes]) {
        const listed = await listIds(store, { ...filter, maximumBytes }, 100);
        assert.deepEqual(listed, ids.toReversed(), `in pages of ${maximumBytes} bytes`);
      }
    }
  },

  'a page has at least one event, however large, so that a reader can go on': async ({ store }) => {
    await writeLarge(store, eventBytes);
    const [first] = await wholeFeed(store);
    assert.equal((await store.history(firstOrder, 0, 100, 1)).length, 1);
    assert.equal((await store.feed(first?.partition ?? 0, 0, 100, 1)).length, 1);
  },
});
