import { describe, expect, it } from 'vitest';
import type { FeedEntry, OrderStore } from '../../../src/store/store.ts';
import {
  commitOf,
  fillPartitions,
  firstOrder,
  noon,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { type Given, given, hostTransaction, inside } from './kit.ts';

/** Positions of each partition must be 1, 2, 3..., and versions of each order likewise. */
function expectWhole(entries: readonly FeedEntry[], versions: Readonly<Record<string, number>>) {
  for (const ofOne of Map.groupBy(entries, ({ partition }) => partition).values()) {
    expect(ofOne.map(({ position }) => position)).toEqual(upTo(ofOne.length));
  }
  const orders = Map.groupBy(entries, ({ event }) => event.orderId);
  expect([...orders.keys()].sort()).toEqual(Object.keys(versions).sort());
  for (const [orderId, ofOne] of orders) {
    expect(ofOne.map(({ event }) => event.version)).toEqual(upTo(versions[orderId] ?? 0));
  }
}

async function pendingCount({ rows }: Given): Promise<number> {
  return (await rows<{ count: number }>('SELECT count(*)::integer FROM @.pending'))[0]?.count ?? 0;
}

/** The partition of an order that is stored. */
async function partitionOf({ rows }: Given, orderId = firstOrder.orderId): Promise<number> {
  const found = await rows<{ partition: number }>(
    'SELECT (order_row & 15)::integer AS partition FROM @.orders WHERE order_id = $1',
    [orderId],
  );
  return found[0]?.partition ?? -1;
}

describe('events of a transaction that commits late', () => {
  it('come after what was read meanwhile, and nothing comes before it', async () => {
    const { store } = await given();
    await write(store, commitOf({ orderId: 'early' }));
    const host = await hostTransaction();
    await inside(store, host).commit(upTo(40).map((n) => commitOf({ orderId: `late-${n}` })));
    await fillPartitions(store);
    const before = await wholeFeed(store);
    await host.query('COMMIT');
    await write(store, commitOf({ orderId: 'last' }));
    const after = await wholeFeed(store);
    for (const partition of upTo(16).map((n) => n - 1)) {
      const of = (entries: readonly FeedEntry[]) =>
        entries.filter((entry) => entry.partition === partition);
      expect(of(after).slice(0, of(before).length)).toEqual(of(before));
    }
    expect(after).toHaveLength(before.length + 41);
  });

  it('stand before the later ones of their order', async () => {
    const setup = await given();
    const { store } = setup;
    await write(store, commitOf());
    const host = await hostTransaction();
    await inside(store, host).commit([commitOf({ expectedVersion: 1, eventCount: 2 })]);
    await host.query('COMMIT');
    expect(await pendingCount(setup)).toBe(2);
    await write(store, commitOf({ expectedVersion: 3 }));
    expect(await pendingCount(setup)).toBe(0);
    expectWhole(await wholeFeed(store), { 'order-1': 4 });
  });

  it('get their positions from whoever reads, once', async () => {
    const setup = await given();
    const other = await setup.another();
    const host = await hostTransaction();
    await inside(setup.store, host).commit([commitOf({ eventCount: 3 })]);
    await host.query('COMMIT');
    expect(await pendingCount(setup)).toBe(3);
    const feeds = await Promise.all([
      wholeFeed(setup.store),
      wholeFeed(other),
      wholeFeed(setup.store),
    ]);
    expect(await pendingCount(setup)).toBe(0);
    // Who came while another was at it may have found less, but nothing else.
    const whole = await wholeFeed(other);
    for (const feed of feeds) expect(whole.slice(0, feed.length)).toEqual(feed);
    expectWhole(whole, { 'order-1': 3 });
  });

  it('get them from whoever writes to their partition, or asks for its end', async () => {
    const setup = await given();
    await write(setup.store, commitOf());
    const partition = await partitionOf(setup);
    const lateEvent = async (expectedVersion: number) => {
      const host = await hostTransaction();
      await inside(setup.store, host).commit([commitOf({ expectedVersion })]);
      await host.query('COMMIT');
    };
    await lateEvent(1);
    expect(await pendingCount(setup)).toBe(1);
    await fillPartitions(setup.store);
    expect(await pendingCount(setup)).toBe(0);
    await lateEvent(2);
    const end = await setup.store.feedEnd(partition);
    expect(await pendingCount(setup)).toBe(0);
    expect(
      (await setup.store.feed(partition, end - 1, 9)).map(({ event }) => event.version),
    ).toEqual([3]);
  });

  it('come out in order however transactions interleave', async () => {
    const { store } = await given();
    const [first, second] = [await hostTransaction(), await hostTransaction()];
    // The one that began first, and drew its numbers first, commits last.
    await inside(store, first).commit([commitOf({ orderId: 'a' })]);
    await inside(store, second).commit([commitOf({ orderId: 'b' })]);
    await second.query('COMMIT');
    await write(store, commitOf({ orderId: 'b', expectedVersion: 1 }));
    expectWhole(await wholeFeed(store), { b: 2 });
    await first.query('COMMIT');
    await write(store, commitOf({ orderId: 'a', expectedVersion: 1 }));
    expectWhole(await wholeFeed(store), { a: 2, b: 2 });
  });
});

describe('while another transaction holds the heads of the feed', () => {
  async function held() {
    const setup = await given({ lockTimeoutMs: 60_000 });
    const holder = await hostTransaction();
    await holder.query(`SELECT FROM ${setup.schema}.feed_heads FOR NO KEY UPDATE`);
    return { setup, holder };
  }

  it('batches do not wait for it: their events wait in `pending`', async () => {
    const { setup, holder } = await held();
    const other = await setup.another();
    for (const version of [0, 1, 2]) {
      const batch = ['a', 'b', 'c'].map((orderId) =>
        commitOf({ orderId, expectedVersion: version }),
      );
      await write(version === 1 ? other : setup.store, ...batch);
    }
    expect(await pendingCount(setup)).toBe(9);
    expect(await wholeFeed(other)).toEqual([]);
    await holder.query('COMMIT');
    await write(other, commitOf({ orderId: 'a', expectedVersion: 3 }));
    expectWhole(await wholeFeed(setup.store), { a: 4, b: 3, c: 3 });
  });

  it('the end waits for what was committed before, and passes over nothing that comes after', async () => {
    const { setup, holder } = await held();
    await write(setup.store, commitOf({ orderId: 'before' }));
    const partition = await partitionOf(setup, 'before');
    // An event of the holder's own, which goes before what is pending.
    await holder.query(
      `UPDATE ${setup.schema}.feed_heads SET position = position + 1 WHERE partition = ${partition}`,
    );
    let isKnown = false;
    const asking = setup.store.feedEnd(partition).then((end) => {
      isKnown = true;
      return end;
    });
    for (const _ of upTo(5)) await setup.rows('SELECT pg_sleep(0.02)');
    expect(isKnown).toBe(false);
    await write(setup.store, commitOf({ orderId: 'before', expectedVersion: 1 }));
    await holder.query('COMMIT');
    const end = await asking;
    await write(setup.store, commitOf({ orderId: 'before', expectedVersion: 2 }));
    const taken = (await setup.store.feed(partition, end, 9)).map(({ event }) => event.version);
    expect(taken).not.toContain(1);
    expect(taken).toContain(3);
  });

  it('the end is not told when the head stays held', async () => {
    const { setup } = await held();
    await write(setup.store, commitOf());
    const partition = await partitionOf(setup);
    await expect(setup.store.feedEnd(partition)).rejects.toMatchObject({
      code: 'storeUnavailable',
    });
    expect(await setup.store.feedEnd((partition + 1) % 16)).toBe(0);
  });

  it('a batch gives positions where it can', async () => {
    const { setup, holder } = await held();
    await holder.query('COMMIT');
    await fillPartitions(setup.store);
    const filled = (await wholeFeed(setup.store)).length;
    await holder.query('BEGIN');
    await holder.query(
      `SELECT FROM ${setup.schema}.feed_heads WHERE partition < 8 FOR NO KEY UPDATE`,
    );
    await write(setup.store, ...upTo(64).map((n) => commitOf({ orderId: `order-${n}` })));
    const pending = await pendingCount(setup);
    expect(await wholeFeed(setup.store)).toHaveLength(filled + 64 - pending);
    expect(pending).toBe(32);
    await holder.query('COMMIT');
    expect(await wholeFeed(setup.store)).toHaveLength(filled + 64);
  });

  it('two stores that write at once put every event into the feed once', async () => {
    const setup = await given();
    const stores = [setup.store, await setup.another(), await setup.another()];
    const life = async (store: OrderStore, orderId: string) => {
      for (const version of [0, 1, 2, 3, 4]) {
        await write(store, commitOf({ orderId, expectedVersion: version }));
      }
    };
    const ids = upTo(30).map((n) => `order-${n}`);
    const host = async (): Promise<void> => {
      const client = await hostTransaction();
      for (const version of upTo(20).map((n) => n - 1)) {
        await client.query('BEGIN');
        const commit = commitOf({ orderId: 'hosted', expectedVersion: version });
        await inside(setup.store, client).commit([commit]);
        await client.query('COMMIT');
      }
    };
    const lives = ids.map((id, index) => life(stores[index % 3] ?? setup.store, id));
    await Promise.all([...lives, host()]);
    const versions = Object.fromEntries(ids.map((id) => [id, 5]));
    expectWhole(await wholeFeed(setup.store, 7), { ...versions, hosted: 20 });
    expect(await pendingCount(setup)).toBe(0);
  });
});

describe('the position at a time', () => {
  it('counts what is pending, and what was recorded late', async () => {
    const setup = await given();
    await write(setup.store, commitOf({ recordedAt: noon }));
    const partition = await partitionOf(setup);
    const host = await hostTransaction();
    await inside(setup.store, host).commit([
      commitOf({ expectedVersion: 1, recordedAt: noon + 10 }),
    ]);
    await host.query('COMMIT');
    await write(setup.store, commitOf({ expectedVersion: 2, recordedAt: noon + 5 }));
    const positions = [noon - 1, noon, noon + 1, noon + 5, noon + 10, noon + 11].map((time) =>
      setup.store.feedPositionAt(partition, time),
    );
    // The clock of who wrote last was behind: from noon + 5 on begins at the second event.
    expect(await Promise.all(positions)).toEqual([0, 0, 1, 1, 1, 3]);
  });

  it('is found by marks, whatever the clocks of those who wrote', async () => {
    const setup = await given();
    for (const n of upTo(9)) {
      const commits = upTo(1_000).map((m) => {
        const recordedAt = noon + n * 10_000 + m;
        return commitOf({ orderId: `order-${m}`, expectedVersion: n - 1, recordedAt });
      });
      await write(setup.store, ...commits);
      const held = commitOf({ orderId: 'order-1', expectedVersion: n, eventCount: 1_000 });
      if (n === 9) await write(setup.store, held);
    }
    const partition = await partitionOf(setup);
    const entries = await setup.store.feed(partition, 0, 10_000);
    expect((await setup.rows('SELECT FROM @.feed_marks')).length).toBeGreaterThan(0);
    for (const time of [noon, noon + 10_001, noon + 50_500, noon + 90_999, noon + 91_001]) {
      const first = entries.find(({ event }) => event.recordedAt >= time);
      const expected = first === undefined ? entries.length : first.position - 1;
      expect(await setup.store.feedPositionAt(partition, time)).toBe(expected);
    }
  });
});
