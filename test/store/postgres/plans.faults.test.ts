import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchColumns, commitQuery } from '../../../src/store/postgres/commit.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { Statuses } from '../../../src/store/postgres/statuses.ts';
import type { Commit } from '../../../src/store/store.ts';
import { commitOf, upTo } from '../../../src/testing/conformance/given.ts';
import { dropSchema, newSchemaName } from '../../postgres/database.ts';
import { patience } from '../../postgres/patience.ts';
import { testUrl } from '../../postgres/server.ts';
import { type Explained, explain, explainCall, explainUndone, prepare } from './explained.ts';
import { analyze, fill, largeCustomer, makeUnlogged, rareStatus } from './filled.ts';
import { everyQuestion } from './questions.ts';

// No query may read a whole table, nor sort one: then its cost grows with what it gives, not with
// what is stored. Pages are counted rather than plans compared, because a walk over a whole index
// is no better than one over the table, and a function does not tell its plans.

const pagesMost = 40;

/**
 * Reading the dictionary of statuses whole is the purpose of one query; it has hundreds of rows. The
 * others have one row, and one for each partition, whatever is stored.
 */
const isLarge = (table: string): boolean => !['statuses', 'history', 'feed_heads'].includes(table);

function connected() {
  const schema = newSchemaName();
  const pool = new Pool({ connectionString: testUrl(), max: 3 });
  const client = new Client({ connectionString: testUrl() });
  afterAll(async () => {
    await client.end();
    await pool.end();
    await dropSchema(testUrl(), schema);
  });
  return { schema, pool, client };
}

function expectFrugal(explained: Explained, pages: number): void {
  expect(explained.scanned.filter(isLarge), explained.text).toEqual([]);
  expect(explained.pages, explained.text).toBeLessThanOrEqual(pages);
}

describe('at a million orders', () => {
  const { schema, pool, client } = connected();
  const questions = everyQuestion(schema);

  beforeAll(async () => {
    await client.connect();
    await makeUnlogged(pool, schema);
    await fill(pool, schema, { orders: 1_000_000, others: 200_000, few: 20_000 });
    await analyze(pool, schema);
    for (const { name, sql } of questions) await prepare(client, name, sql);
    // A function reads the server's own tables when it is called for the first time.
    await client.query(`SELECT ${schema}.is_known(3, ${schema}.current_history(), 500, '')`);
  });

  it.each(questions)('$name looks at few pages, planned once or for good', async (question) => {
    const { name, values, pages = pagesMost } = question;
    for (const kind of ['custom', 'generic'] as const) {
      const explained = await explain(client, { name, values, kind });
      expectFrugal(explained, pages);
      // Keys of thirty pages of a list, at most.
      expect(explained.sorted, explained.text).toBeLessThanOrEqual(30 * 101);
    }
  });

  it.each([
    ['any order', { tenantId: 'tenant-1' }, 100],
    ['a region in a state', { tenantId: 'tenant-1', status: { lifecycle: 'l4' } }, 100],
    ['a state that is rare', { tenantId: 'tenant-1', status: rareStatus }, 4],
    ['a customer', { tenantId: 'tenant-1', customerId: 'customer-31' }, 7],
    ['a customer of 33,000 orders', { tenantId: 'tenant-1', customerId: largeCustomer }, 100],
    [
      'a customer and a region',
      { tenantId: 'tenant-1', customerId: largeCustomer, status: { payment: 'p10' } },
      100,
    ],
    [
      'a customer and two regions, where nothing matches',
      {
        tenantId: 'tenant-1',
        customerId: 'customer-31',
        status: { lifecycle: 'l1', payment: 'p2' },
      },
      0,
    ],
  ])('the list of %s is found', async (_, query, count) => {
    const store = createPostgresStore({ pool, schema, migrate: false, ...patience });
    await store.open();
    try {
      const page = await store.list({ ...query, limit: 100 });
      expect(page.records).toHaveLength(count);
    } finally {
      await store.close();
    }
  });
});

describe('a plan that was made while the tables were empty', () => {
  const { schema, pool, client } = connected();
  const named = everyQuestion(schema).filter(({ name }) => !/^(purge|status)_/.test(name));

  beforeAll(async () => {
    await client.connect();
    await makeUnlogged(pool, schema);
    for (const { name, sql, values } of named) {
      await prepare(client, name, sql);
      await explain(client, { name, values, kind: 'generic' });
    }
    // The functions keep their plans, too: this makes those of all their statements.
    await commit(commitOf({ orderId: 'first' }), commitOf({ orderId: 'second', number: 'N' }));
    await commit(commitOf({ orderId: 'first', expectedVersion: 1, key: 'key' }));
    await client.query(`SELECT ${schema}.sweep_feed(1000)`);
    // Without statistics: nothing tells the server that its plans are old.
    await fill(pool, schema, { orders: 100_000, others: 100_000, few: 20_000 }, true);
  });

  const callOf = (commits: readonly Commit[]) => ({
    sql: commitQuery(schema),
    values: batchColumns(commits, new Statuses(schema), true),
  });
  const commit = (...commits: readonly Commit[]) => explainCall(client, callOf(commits));
  const tried = (...commits: readonly Commit[]) => explainUndone(client, callOf(commits));

  it('a batch takes what is pending of its partitions, a few pages each', async () => {
    const pendingOf = async (orderId: string) => {
      const { rows } = await pool.query(
        `SELECT count(*)::integer AS count FROM ${schema}.pending WHERE partition =
           (SELECT order_row & 15 FROM ${schema}.orders WHERE order_id = $1)`,
        [orderId],
      );
      return rows[0].count;
    };
    const before = await pendingOf('first');
    expect(before).toBeGreaterThan(1_000);
    const { pages, text } = await commit(commitOf({ orderId: 'first', expectedVersion: 2 }));
    expect(await pendingOf('first')).toBe(0);
    expect(pages, text).toBeLessThanOrEqual(15 * before);
    await commit(commitOf({ orderId: 'first', expectedVersion: 3 }));
    // As long as anybody has an older transaction open, what was taken is met by everybody who looks.
    await client.query(`TRUNCATE ${schema}.pending`);
  });

  it.each([
    ['a change', { orderId: 'first', expectedVersion: 4, key: 'k1', customerId: 'c' }],
    ['a conflict', { orderId: 'first', expectedVersion: 1, key: 'k2' }],
    ['a repeated command', { orderId: 'first', expectedVersion: 4, key: 'key' }],
    ['a taken number', { orderId: 'third', number: 'N' }],
  ])('a batch of %s looks at few pages', async (_, spec) => {
    const { pages, text } = await tried(commitOf(spec));
    expect(pages, text).toBeLessThanOrEqual(100);
  });

  it('a large batch looks at few pages for each of its commits', async () => {
    await commit(commitOf({ orderId: 'warm' }));
    const batch = upTo(200).map((n) => commitOf({ orderId: `new-${n}`, key: `new-${n}` }));
    const { pages, text } = await tried(...batch);
    expect(pages, text).toBeLessThanOrEqual(60 * batch.length);
  });

  it('reads no table from its beginning to its end inside the functions', async () => {
    const scansOf = async (): Promise<ReadonlyMap<string, number>> => {
      const { rows } = await client.query(
        `SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE schemaname = $1`,
        [schema],
      );
      return new Map(rows.map(({ relname, seq_scan }) => [relname, Number(seq_scan)]));
    };
    await client.query('BEGIN');
    const before = await scansOf();
    await commit(commitOf({ orderId: 'fourth', key: 'k4' }));
    await client.query(`SELECT ${schema}.sequence_pending('{1,2,3}')`);
    await client.query(`SELECT ${schema}.sweep_feed(100)`);
    await client.query(`SELECT ${schema}.raise_history(${schema}.current_history())`);
    await client.query(`SELECT ${schema}.is_known(3, ${schema}.current_history(), 500, '')`);
    const after = await scansOf();
    await client.query('ROLLBACK');
    const changed = [...after].filter(([table, count]) => count > (before.get(table) ?? 0));
    expect(changed).toEqual([]);
  });

  // Few subscriptions, few leases: the only table that may be read whole then.
  it.each(named)('$name still looks at few pages', async (question) => {
    const { name, values, pages = pagesMost, pagesUnvacuumed = pages } = question;
    const explained = await explain(client, { name, values, kind: 'generic' });
    const scanned = explained.scanned.filter((table) => table !== 'leases');
    const isOfLeases = scanned.length < explained.scanned.length;
    expectFrugal({ ...explained, scanned }, isOfLeases ? 600 : pagesUnvacuumed);
  });
});
