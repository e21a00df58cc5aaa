import { describe, expect, it } from 'vitest';
import { Connections } from '../../../src/store/postgres/connections.ts';
import { readOptions } from '../../../src/store/postgres/options.ts';
import type { CommitSpec } from '../../../src/testing/conformance/given.ts';
import {
  commitOf,
  firstOrder,
  listIds,
  loadOne,
  rejectionOf,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { testPool } from '../../postgres/server.ts';
import { errorOf, given, hostTransaction, inside, outcomesOf } from './kit.ts';

describe('what is written in a transaction of the host', () => {
  it('is seen in it at once, and by others with everything of theirs when it commits', async () => {
    const { store } = await given();
    const host = await hostTransaction();
    const within = inside(store, host);
    const commit = commitOf({ key: 'key-1', number: 'N-1', eventCount: 2 });
    expect(await outcomesOf(within, commit)).toEqual(['committed']);
    expect(await within.load([firstOrder])).toEqual([commit.record]);
    expect(await within.history(firstOrder, 0, 9)).toEqual(commit.events);
    expect(await outcomesOf(within, commit, commitOf())).toEqual(['duplicate', 'conflict']);
    expect(await loadOne(store)).toBeUndefined();
    expect(await wholeFeed(store)).toEqual([]);
    await host.query('COMMIT');
    expect(await loadOne(store)).toEqual(commit.record);
    expect((await wholeFeed(store)).map(({ event }) => event)).toEqual(commit.events);
    expect(await outcomesOf(store, commit)).toEqual(['duplicate']);
  });

  it('leaves nothing when it rolls back: key, number and order are free', async () => {
    const { store, rows } = await given();
    const host = await hostTransaction();
    const commit = commitOf({ key: 'key-1', number: 'N-1' });
    await inside(store, host).commit([commit]);
    await host.query('ROLLBACK');
    expect(await rows('SELECT FROM @.pending UNION ALL SELECT FROM @.events')).toEqual([]);
    expect(await outcomesOf(store, commit)).toEqual(['committed']);
    expect(await wholeFeed(store)).toHaveLength(1);
  });

  it('goes with the savepoint that is rolled back, and stays with the one that is released', async () => {
    const { store } = await given();
    const host = await hostTransaction();
    const within = inside(store, host);
    await host.query('SAVEPOINT first');
    await within.commit([commitOf({ orderId: 'a', key: 'a', eventCount: 2 })]);
    await host.query('ROLLBACK TO SAVEPOINT first');
    await host.query('SAVEPOINT second');
    await within.commit([commitOf({ orderId: 'b', key: 'b' })]);
    await host.query('RELEASE SAVEPOINT second');
    await within.commit([commitOf({ orderId: 'b', expectedVersion: 1 })]);
    await host.query('COMMIT');
    expect(await listIds(store)).toEqual(['b']);
    const versions = (await wholeFeed(store)).map(({ event }) => [event.orderId, event.version]);
    expect(versions).toEqual([
      ['b', 1],
      ['b', 2],
    ]);
    expect(await outcomesOf(store, commitOf({ orderId: 'a', key: 'a' }))).toEqual(['committed']);
  });

  it('is refused, with what to do, when there is no transaction, or a failed one', async () => {
    const { store, pool } = await given();
    expect(() => store.within?.(pool)).toThrow(/BEGIN/);
    expect(() => store.within?.({})).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    const host = await hostTransaction();
    await expect(host.query('SELECT 1 / 0')).rejects.toThrow();
    await expect(inside(store, host).commit([commitOf()])).rejects.toSatisfy(
      errorOf('invalidArgument', /already failed.* roll it back/),
    );
    await host.query('ROLLBACK');
    await expect(inside(store, host).commit([commitOf()])).rejects.toSatisfy(
      errorOf('invalidArgument', /BEGIN first/),
    );
    expect(await listIds(store)).toEqual([]);
  });

  it('is written with statuses that nobody has met, which outlive a rollback', async () => {
    const { store, another } = await given();
    const host = await hostTransaction();
    const status = { lifecycle: 'never seen before' };
    await inside(store, host).commit([commitOf({ status })]);
    await host.query('ROLLBACK');
    await write(store, commitOf({ orderId: 'b', status }));
    expect(await listIds(await another(), { status })).toEqual(['b']);
  });
});

describe('a transaction of the host that meets another one', () => {
  const specs: readonly [string, CommitSpec, CommitSpec, string][] = [
    ['the same new order', { orderId: 'x' }, { orderId: 'x' }, 'conflict'],
    ['a number', { orderId: 'x', number: 'N' }, { orderId: 'y', number: 'N' }, 'numberTaken'],
    ['a key', { orderId: 'x', key: 'k' }, { orderId: 'y', key: 'k' }, 'duplicate'],
  ];

  it.each(specs)(
    'over %s does not wait for ever, stays usable, and is told the truth afterwards',
    async (_, theirs, ours, answer) => {
      const { store } = await given({ lockTimeoutMs: 50 });
      const [other, host] = [await hostTransaction(), await hostTransaction()];
      await inside(store, other).commit([commitOf(theirs)]);
      const within = inside(store, host);
      await within.commit([commitOf({ orderId: 'mine' })]);
      expect(await outcomesOf(within, commitOf(ours))).toEqual(['locked']);
      await other.query('COMMIT');
      expect(await outcomesOf(within, commitOf(ours))).toEqual([answer]);
      expect(await outcomesOf(within, commitOf({ orderId: 'z' }))).toEqual(['committed']);
      await host.query('COMMIT');
      expect(await listIds(store)).toEqual(['z', 'x', 'mine']);
    },
  );

  it('that commits while it waits is answered without harm to what was written before', async () => {
    const { store, rows } = await given({ lockTimeoutMs: 60_000 });
    const [other, host] = [await hostTransaction(), await hostTransaction()];
    await inside(store, other).commit([commitOf()]);
    const within = inside(store, host);
    await within.commit([commitOf({ orderId: 'mine' })]);
    const waiting = outcomesOf(within, commitOf());
    const waits = () =>
      rows(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
      AND query LIKE '%@.commit_batch%'`);
    await expect.poll(async () => (await waits()).length).toBe(1);
    await other.query('COMMIT');
    expect(await waiting).toEqual(['locked']);
    await host.query('COMMIT');
    expect(await listIds(store)).toEqual(['order-1', 'mine']);
  });

  it('keeps its own limit for waiting, and gets it back', async () => {
    const { store } = await given({ lockTimeoutMs: 50 });
    const host = await hostTransaction();
    const limit = async () => (await host.query('SHOW lock_timeout')).rows[0].lock_timeout;
    await inside(store, host).commit([commitOf()]);
    expect(await limit()).toBe('0');
    await host.query("SET LOCAL lock_timeout = '7s'");
    await inside(store, host).commit([commitOf({ expectedVersion: 1 })]);
    expect(await limit()).toBe('7s');
  });
});

describe('a batch that meets a transaction of the host', () => {
  const neighbours = upTo(3).map((n) => commitOf({ orderId: `neighbour-${n}`, key: `n-${n}` }));

  const meetings: readonly [string, CommitSpec, CommitSpec, string][] = [
    ['an order', { expectedVersion: 1 }, { expectedVersion: 1 }, 'conflict'],
    ['a new order', { orderId: 'new' }, { orderId: 'new' }, 'conflict'],
    ['a key', { orderId: 'new', key: 'k' }, { orderId: 'other', key: 'k' }, 'duplicate'],
    ['a number', { orderId: 'new', number: 'N' }, { orderId: 'other', number: 'N' }, 'numberTaken'],
  ];

  it.each(meetings)(
    'over %s answers that one with `locked`, and commits its neighbours',
    async (_, theirs, ours, answer) => {
      const { store } = await given({ lockTimeoutMs: 50 });
      await write(store, commitOf());
      const host = await hostTransaction();
      await inside(store, host).commit([commitOf(theirs)]);
      const [first, ...rest] = neighbours;
      expect(await outcomesOf(store, ...(first ? [first] : []), commitOf(ours), ...rest)).toEqual([
        ...['committed', 'locked', 'committed', 'committed'],
      ]);
      await host.query('COMMIT');
      expect(await outcomesOf(store, commitOf(ours))).toEqual([answer]);
    },
  );

  it('waits for it once, together, and once for each that it is about', async () => {
    const statements: string[] = [];
    const { schema, store: first } = await given();
    await first.close();
    const pool = testPool({ max: 4 });
    const connect = async () => {
      const client = await pool.connect();
      return {
        query: (query: { text: string; values?: string[] }) => {
          if (query.text.includes('commit_batch')) statements.push(query.values?.[5] ?? '');
          return client.query(query);
        },
        release: (isBroken?: boolean) => client.release(isBroken),
      };
    };
    const { store } = await given({ pool: { connect }, schema, lockTimeoutMs: 50 });
    const host = await hostTransaction();
    await inside(store, host).commit([commitOf({ orderId: 'new', key: 'k' })]);
    statements.length = 0;
    const ours = [commitOf({ orderId: 'a', key: 'k' }), commitOf({ orderId: 'b' })];
    expect(await outcomesOf(store, ...ours)).toEqual(['locked', 'committed']);
    expect(statements).toEqual(['a\x1eb', 'a', 'b']);
  });

  it('stores the answer to a command, and nothing, when the order is held', async () => {
    const { store } = await given();
    await write(store, commitOf());
    const host = await hostTransaction();
    await host.query('SELECT 1');
    await inside(store, host).commit([commitOf({ expectedVersion: 1 })]);
    const rejection = rejectionOf({ key: 'key-1', expectedVersion: 1 });
    expect(await outcomesOf(store, rejection)).toEqual(['locked']);
    await host.query('ROLLBACK');
    expect(await outcomesOf(store, rejection)).toEqual(['committed']);
  });

  it('is not held up where the host only reads', async () => {
    const { store } = await given();
    await write(store, commitOf());
    const host = await hostTransaction();
    await inside(store, host).load([firstOrder]);
    expect(await outcomesOf(store, commitOf({ expectedVersion: 1 }))).toEqual(['committed']);
  });
});

describe('a COMMIT that the server answers with ROLLBACK', () => {
  it('is no success', async () => {
    const { pool, schema, rows } = await given();
    const connections = new Connections(readOptions({ pool, schema }));
    connections.open();
    const working = connections.transaction(async (client) => {
      const text = `INSERT INTO ${schema}.statuses VALUES (1, 'lost')`;
      await client.query({ text });
      await client.query({ text: 'SELECT 1 / 0' }).catch(() => {});
      return 'done';
    });
    await expect(working).rejects.toSatisfy(
      errorOf('storeUnavailable', /rolled back a transaction/),
    );
    await connections.close();
    expect(await rows('SELECT FROM @.statuses')).toEqual([]);
  });

  it('moves no checkpoint, when a projection has swallowed a failure', async () => {
    const { store } = await given();
    const { subscriptions } = store;
    const lease = await subscriptions.acquire({
      ...{ subscription: 'model', partition: 0, owner: 'me', startPosition: 3 },
      ...{ now: 1, durationMs: 9 },
    });
    if (lease === undefined || subscriptions.project === undefined) throw new Error('No lease.');
    const projecting = subscriptions.project(lease, async (transaction) => {
      const client = transaction as { query(query: { text: string }): Promise<unknown> };
      await client.query({ text: 'SELECT 1 / 0' }).catch(() => {});
      return 9;
    });
    await expect(projecting).rejects.toSatisfy(
      errorOf('storeUnavailable', /rolled back a transaction/),
    );
    expect(await subscriptions.checkpoints('model')).toEqual([{ partition: 0, position: 3 }]);
  });
});
