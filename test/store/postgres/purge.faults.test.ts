import { describe, expect, it } from 'vitest';
import { purgeQueries } from '../../../src/store/postgres/purge.ts';
import {
  commitOf,
  listIds,
  loadOne,
  noon,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { type Given, given, hostTransaction, inside, outcomesOf } from './kit.ts';

async function countOf({ rows }: Given, table: string): Promise<number> {
  const found = await rows<{ count: number }>(`SELECT count(*)::integer FROM @.${table}`);
  return found[0]?.count ?? 0;
}

describe('the places of purged orders in the feed', () => {
  /** Writes orders with ten events each, that may be purged at once. */
  async function writeArchived({ store }: Given, name: string, count: number): Promise<void> {
    const commits = upTo(count).map((n) =>
      commitOf({ orderId: `${name}-${n}`, eventCount: 10, archivedAt: 1 }),
    );
    await write(store, ...commits);
  }

  it('are swept in many stretches, round after round, and the others stay', async () => {
    const setup = await given();
    const { store } = setup;
    await write(store, ...upTo(50).map((n) => commitOf({ orderId: `kept-${n}` })));
    const kept = await wholeFeed(store);
    // Some 2,500 rows in each of the sixteen partitions; a stretch is a thousand of them.
    for (const part of upTo(4)) await writeArchived(setup, `old-${part}`, 1_000);
    await write(store, ...upTo(50).map((n) => commitOf({ orderId: `last-${n}` })));
    let removed = 0;
    const left: number[] = [];
    while (removed < 4_000) {
      removed += (await store.purge({ archivedBefore: 2, limit: 1_000 })).orders;
      left.push(await countOf(setup, 'feed'));
    }
    while ((left.at(-1) ?? 0) > 100 && left.length < 12) {
      await store.purge({ archivedBefore: 2, limit: 1_000 });
      left.push(await countOf(setup, 'feed'));
    }
    expect(removed).toBe(4_000);
    expect(left).toEqual(left.toSorted((a, b) => b - a));
    expect(left.at(-1)).toBe(100);
    const entries = await wholeFeed(store);
    expect(entries).toHaveLength(100);
    expect(entries).toEqual(expect.arrayContaining([...kept]));
    // What is written later is swept, too, and no position is given twice.
    await writeArchived(setup, 'new', 16);
    const highest = Math.max(...(await wholeFeed(store)).map(({ position }) => position));
    await store.purge({ archivedBefore: 2, limit: 1_000 });
    for (const _ of upTo(6)) await store.purge({ archivedBefore: 2, limit: 1_000 });
    expect(await countOf(setup, 'feed')).toBe(100);
    await write(store, ...upTo(64).map((n) => commitOf({ orderId: `next-${n}` })));
    const positions = (await wholeFeed(store)).slice(-64).map(({ position }) => position);
    expect(Math.max(...positions)).toBeGreaterThan(highest);
  });

  it('are swept by two processes at once without harm', async () => {
    const setup = await given();
    const other = await setup.another();
    await writeArchived(setup, 'old', 400);
    await write(setup.store, commitOf());
    const request = { archivedBefore: 2, limit: 100 };
    const results = await Promise.all(
      upTo(8).map((n) => (n % 2 === 0 ? setup.store : other).purge(request)),
    );
    let orders = results.reduce((sum, result) => sum + result.orders, 0);
    while (orders < 400) orders += (await other.purge(request)).orders;
    await other.purge(request);
    expect(orders).toBe(400);
    expect(await countOf(setup, 'feed')).toBe(1);
    expect(await countOf(setup, 'events')).toBe(1);
  });
});

describe('a purge and those who write', () => {
  it('waits for nobody: an order or a key in somebody’s hands stays for the next time', async () => {
    const setup = await given({ lockTimeoutMs: 60_000 });
    const { store } = setup;
    const old = { archivedAt: 1, recordedAt: 1 };
    await write(
      store,
      ...upTo(3).map((n) => commitOf({ orderId: `old-${n}`, key: `${n}`, ...old })),
    );
    const host = await hostTransaction();
    await inside(store, host).commit([commitOf({ orderId: 'old-2', expectedVersion: 1, ...old })]);
    await host.query(`SELECT FROM ${setup.schema}.commands WHERE key = '3' FOR UPDATE`);
    const request = { archivedBefore: 2, commandsBefore: 2, limit: 10 };
    expect(await store.purge(request)).toEqual({ commands: 2, orders: 2 });
    expect(await listIds(store)).toEqual(['old-2']);
    await host.query('COMMIT');
    expect(await store.purge(request)).toEqual({ commands: 1, orders: 1 });
    await store.purge(request);
    expect([await countOf(setup, 'events'), await countOf(setup, 'feed')]).toEqual([0, 0]);
    // Its event was pending when its order went; nobody is told of it.
    expect(await wholeFeed(store)).toEqual([]);
  });

  it('leaves an order that was taken out of the archive meanwhile', async () => {
    const { store } = await given();
    await write(store, commitOf({ archivedAt: 1 }));
    const host = await hostTransaction();
    const commit = commitOf({ expectedVersion: 1, archivedAt: null });
    await inside(store, host).commit([commit]);
    const purging = store.purge({ archivedBefore: 2, limit: 10 });
    await host.query('COMMIT');
    expect((await purging).orders).toBe(0);
    expect(await store.purge({ archivedBefore: 2, limit: 10 })).toMatchObject({ orders: 0 });
    expect((await loadOne(store))?.version).toBe(2);
  });

  it('holds up no batch while it is under way', async () => {
    const setup = await given({ lockTimeoutMs: 60_000 });
    const { store, schema } = setup;
    await write(store, ...upTo(40).map((n) => commitOf({ orderId: `old-${n}`, archivedAt: 1 })));
    const purger = await hostTransaction();
    const { lockOrders, events, orders, commands, sweep } = purgeQueries(schema);
    const { rows } = await purger.query(lockOrders, ['2', '20']);
    const old = rows.map(({ order_row: row }) => row).join(',');
    await purger.query(events, [old]);
    await purger.query(orders, [old]);
    await purger.query(commands, [`${noon * 2}`, '20']);
    await purger.query(sweep, ['1000']);
    const batch = ['old-1', 'new-1', 'new-2', 'old-40'].map((orderId) =>
      commitOf({ orderId, expectedVersion: orderId.startsWith('old') ? 1 : 0 }),
    );
    expect(await outcomesOf(store, ...batch)).toEqual([
      ...['locked', 'committed', 'committed', 'committed'],
    ]);
    await purger.query('COMMIT');
    expect(await wholeFeed(store)).toHaveLength(23);
    expect(await outcomesOf(store, commitOf({ orderId: 'old-1' }))).toEqual(['committed']);
  });

  it('leaves no event behind, however many are written while it begins', async () => {
    const setup = await given();
    const { store } = setup;
    const other = await setup.another();
    const round = async (name: string): Promise<void> => {
      const ids = upTo(3_000).map((n) => `${name}-${n}`);
      for (const part of [0, 1_000, 2_000]) {
        const some = ids.slice(part, part + 1_000);
        await write(store, ...some.map((orderId) => commitOf({ orderId, archivedAt: 1 })));
      }
      let isOver = false;
      // Those that are locked last are written all the while, until they are gone.
      const change = async (orderId: string): Promise<void> => {
        for (let expectedVersion = 1; !isOver; expectedVersion += 1) {
          await outcomesOf(other, commitOf({ orderId, expectedVersion, archivedAt: 1 }));
        }
      };
      const changes = ids.slice(-4).map(change);
      const isChanging = async () =>
        (await other.history({ tenantId: 'tenant-1', orderId: ids.at(-1) ?? '' }, 3, 1)).length;
      await expect.poll(isChanging, { interval: 1 }).toBe(1);
      while ((await store.purge({ archivedBefore: 2, limit: 5_000 })).orders > 0);
      isOver = true;
      await Promise.all(changes);
      while ((await store.purge({ archivedBefore: 2, limit: 5_000 })).orders > 0);
    };
    for (const n of upTo(6)) await round(`round-${n}`);
    expect(await countOf(setup, 'orders')).toBe(0);
    expect(await countOf(setup, 'events')).toBe(0);
  });
});
