import type { Pool } from 'pg';
import { migratePostgres } from '../../../src/store/postgres/index.ts';
import { noon } from '../../../src/testing/conformance/given.ts';

/** How many rows each of the large tables is to have. */
export interface Filling {
  readonly orders: number;
  /** Events, feed rows, commands. */
  readonly others: number;
  /** What is small as a rule and must not be read whole even so: pending, parked, leases... */
  readonly few: number;
}

/** Statuses of three regions: 10 x 30 x 300 distinct ones, none of which is rare but the last. */
const statusCount = 300;
/** Only the ten oldest orders are in it. */
export const rareStatus = { lifecycle: 'rare' };
/** Has every tenth order of its tenant. */
export const largeCustomer = 'customer-large';

/**
 * Fills a schema straight by SQL, in seconds. Rows are narrow: what counts here is how many there
 * are. Without `keepIndexes` those of `orders` are made afterwards, which is faster.
 */
export async function fill(pool: Pool, schema: string, filling: Filling, keepIndexes = false) {
  const indexes = keepIndexes ? [] : await indexesOf(pool, schema);
  const statements = [
    ...indexes.map(({ name }) => `DROP INDEX ${schema}.${name}`),
    ...rowsOf(schema, filling),
    ...indexes.map(({ definition }) => definition),
  ];
  await pool.query(
    `BEGIN; SET LOCAL maintenance_work_mem = '200MB'; ${statements.join('; ')}; COMMIT`,
  );
}

/** A new schema of the present version; what it holds need not survive a crash. */
export async function makeUnlogged(pool: Pool, schema: string): Promise<void> {
  await migratePostgres(pool, { schema });
  const alter = (table: string): string =>
    `ALTER TABLE ${schema}.${table} SET UNLOGGED;
     ALTER TABLE ${schema}.${table} SET (autovacuum_enabled = off)`;
  // Rows that are filled in later have the numbers before.
  const setval = `SELECT setval('${schema}.order_rows', ${firstOwnRow})`;
  await pool.query([...tables.map(alter), setval].join(';'));
}

const firstOwnRow = 1_000_000_000;
const tables = ['orders', 'events', 'commands', 'feed', 'pending', 'leases', 'members', 'parked'];

/**
 * What autovacuum does sooner or later: tells the planner how much there is, and that everybody sees
 * it. A transaction that another test has open meanwhile may not; then it is done again.
 */
export async function analyze(pool: Pool, schema: string): Promise<void> {
  for (const table of tables) await pool.query(`VACUUM (ANALYZE) ${schema}.${table}`);
  while (!(await isVisible(pool, `${schema}.orders`))) await pool.query(`VACUUM ${schema}.orders`);
}

async function isVisible(pool: Pool, table: string): Promise<boolean> {
  const { rows } = await pool.query<{ visible: boolean }>(
    'SELECT relallvisible >= 0.99 * relpages AS visible FROM pg_class WHERE oid = $1::regclass',
    [table],
  );
  return rows[0]?.visible === true;
}

async function indexesOf(pool: Pool, schema: string) {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname = $1 AND tablename = 'orders' AND indexname LIKE 'orders_by%'`,
    [schema],
  );
  return rows;
}

/** Every tenth order has six events; commands, feed rows and events are numbered alike. */
function rowsOf(schema: string, { orders, others, few }: Filling): readonly string[] {
  const into = (table: string): string => `INSERT INTO ${schema}.${table}`;
  const from = (count: number): string => `FROM generate_series(1, ${count}) AS n`;
  return [
    `${into('statuses')} SELECT n, CASE n WHEN ${statusCount}
       THEN '${JSON.stringify(rareStatus)}'
       ELSE format('{"lifecycle":"l%s","payment":"p%s","shipping":"s%s"}', n % 10, n % 30, n) END
     ${from(statusCount)}`,
    `${into('orders')} SELECT n, 'tenant-' || n % 3, 'order-' || lpad(n::text, 9, '0'), 'N-' || n,
       CASE WHEN n % 10 = 0 THEN '${largeCustomer}' ELSE 'customer-' || n % 50000 END, 6, 'revision-' || n,
       CASE WHEN n <= 10 THEN ${statusCount} ELSE 1 + n % ${statusCount - 1} END,
       CASE WHEN n % 50 = 0 THEN ${noon} + n END, ${noon} + n,
       CASE WHEN n % 20 = 0 THEN n ELSE ${noon} + n END,
       CASE WHEN n % 20 = 0 THEN n END, '[]', '{}' ${from(orders)}`,
    `${into('events')} SELECT 1 + (n - 1) / 6 * 10, 1 + (n - 1) % 6, 1 + n % ${statusCount}, 1, ${noon} + n,
       ${noon} + n, 'event-' || n, 'order.placed', 'order@1', '[null,null,null,null]', '{}'
     ${from(others)}`,
    `${into('feed')} SELECT n & 15, 10 + n / 16, 1 + (n - 1) / 6 * 10, 1 + (n - 1) % 6 ${from(others)}`,
    `UPDATE ${schema}.feed_heads AS head SET position = (SELECT max(position) FROM ${schema}.feed
       WHERE feed.partition = head.partition), latest_recorded_at = ${noon} + ${others},
       marked_position = ${others} / 16 / 1000 * 1000`,
    `${into('feed_marks')} SELECT n & 15, ${noon} + n / 16 * 16000, n / 16 * 1000 ${from(Math.floor(others / 1000))}`,
    `${into('commands')} SELECT 'tenant-' || n % 3, 'requests', 'key-' || n, n, 'order-' || n, '', '{}'
     ${from(others)}`,
    `${into('pending')} (partition, order_row, version, recorded_at)
     SELECT n & 15, n, 7, ${noon} + n ${from(few)}`,
    `${into('leases')} SELECT 'subscription-' || n / 16, n % 16, 'owner', 1, ${noon}, n, 1 ${from(few)}`,
    `${into('members')} SELECT 'subscription-' || n / 16, 'owner-' || n, ${noon}, ${noon} ${from(few)}`,
    `${into('parked')} SELECT 'subscription-' || n % 50, 'tenant-1', 'order-' || n % 1000, n,
       'event-' || n, n & 15, n, 1, NULL, 0, ${noon}, 'null', '{}' ${from(few)}`,
  ];
}
