import { Pool } from 'pg';
import type { OrderStore } from '../../../src/index.ts';
import { commitOf } from '../../../src/testing/conformance/given.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { FeedReader } from '../kit/feed-reader.ts';
import { postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 3: a transaction gets its id, then waits for the order while another writes it; so the
// later version has the lower transaction id. Readers of the feed meet the versions in order; a
// control reader that goes by transaction ids must not, else the test forces nothing.

export const inversions: FaultTest = {
  name: 'postgres-inversions',
  promise: 'versions come in order although transactions got their ids in another',
  run,
};

const { tenantId } = commitOf();

async function run({ scale, url }: Round): Promise<Findings> {
  await using target = postgresTarget(url);
  const store = await target.open();
  const pool = new Pool({ connectionString: url, max: 8 });
  // What a reader by transaction ids would have, and ours has not.
  const column = 'transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()';
  await pool.query(`ALTER TABLE ${target.schema}.events ADD COLUMN ${column}`);
  const reader = new FeedReader('of the feed', store);
  const orderIds = Array.from({ length: 8 }, (_, index) => `order-${index}`);
  const forced = 8 * scale;
  await Promise.all(orderIds.map((orderId) => invertOften(store, pool, orderId, forced)));
  const eventCount = orderIds.length * 2 * forced;
  const losses: string[] = [];
  await until(() => reader.events.length >= eventCount, 'every event', 30_000).catch(
    (error: Error) => losses.push(error.message),
  );
  await reader.end();
  const shown = await inversionsByTransactionId(pool, target.schema);
  await pool.end();
  const wanted = orderIds.length * forced;
  if (shown < wanted)
    losses.push(`the control shows ${shown} of ${wanted} inversions: it is blind`);
  return {
    faults: { 'inversions, as the control shows': shown },
    load: { 'events read': reader.events.length },
    losses: [...losses, ...reader.losses],
  };
}

async function invertOften(store: OrderStore, pool: Pool, orderId: string, count: number) {
  for (let turn = 0; turn < count; turn += 1) {
    const version = 2 * turn;
    const client = await pool.connect();
    await client.query('BEGIN');
    // From now on it has an id, and it is lower than that of what comes next.
    await client.query('SELECT pg_current_xact_id()');
    await commitNow(store, orderId, version);
    const key = `${orderId}/${version + 2}`;
    const commit = commitOf({ orderId, expectedVersion: version + 1, key });
    const [outcome] = (await store.within?.(client).commit([commit])) ?? [];
    await client.query('COMMIT');
    client.release();
    if (outcome?.status !== 'committed') throw new Error(`${key}: ${outcome?.status}`);
  }
}

async function commitNow(store: OrderStore, orderId: string, expectedVersion: number) {
  const key = `${orderId}/${expectedVersion + 1}`;
  const [outcome] = await store.commit([commitOf({ orderId, expectedVersion, key })]);
  if (outcome?.status !== 'committed') throw new Error(`${key}: ${outcome?.status}`);
}

/** How often a reader that goes by transaction ids would meet a version after a later one. */
async function inversionsByTransactionId(pool: Pool, schema: string): Promise<number> {
  const { rows } = await pool.query(
    `SELECT order_id, events.version FROM ${schema}.events JOIN ${schema}.orders USING (order_row) ` +
      'WHERE tenant_id = $1 ORDER BY transaction_id, events.version',
    [tenantId],
  );
  const latest = new Map<string, number>();
  let count = 0;
  for (const { order_id: orderId, version } of rows) {
    if (version < (latest.get(orderId) ?? 0)) count += 1;
    latest.set(orderId, version);
  }
  return count;
}
