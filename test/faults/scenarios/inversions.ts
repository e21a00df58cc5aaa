import { Pool } from 'pg';
import { createOrderEngine, type OrderCommand, type OrderEngine } from '../../../src/index.ts';
import { checkBooks } from '../kit/books.ts';
import type { FaultTest, Findings, Round } from '../kit/fault-test.ts';
import { FeedReader } from '../kit/feed-reader.ts';
import { connectStore, postgresTarget } from '../kit/target.ts';
import { until } from '../kit/until.ts';

// Promise 3: a transaction gets its id, then waits for the order while another writes it; so the
// later version has the lower transaction id. Readers of the feed meet the versions in order; a
// control reader that goes by transaction ids must not, else the test forces nothing.

export const inversions: FaultTest = {
  name: 'postgres-inversions',
  promise: 'versions come in order although transactions got their ids in another',
  run,
};

async function run({ scale, url }: Round): Promise<Findings> {
  await using target = postgresTarget(url);
  const { store, end } = connectStore(target.address);
  const engine = await createOrderEngine({ store, timers: false });
  const pool = new Pool({ connectionString: url, max: 8 });
  // What a reader by transaction ids would have, and ours has not.
  const column = 'transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id()';
  await pool.query(`ALTER TABLE ${target.schema}.events ADD COLUMN ${column}`);
  const reader = new FeedReader('of the feed', store);
  const orderIds = Array.from({ length: 8 }, (_, index) => `order-${index}`);
  const forced = 8 * scale;
  await Promise.all(orderIds.map((orderId) => invertOften(engine, pool, orderId, forced)));
  const eventCount = orderIds.length * (1 + 2 * forced);
  const losses: string[] = [];
  await until(() => reader.events.length >= eventCount, 'every event').catch((error: Error) =>
    losses.push(error.message),
  );
  await reader.end();
  const shown = await inversionsByTransactionId(pool, target.schema);
  const wanted = orderIds.length * forced;
  if (shown < wanted)
    losses.push(`the control shows ${shown} of ${wanted} inversions: it is blind`);
  const books = await checkBooks(store, []);
  await engine.close();
  await end();
  await pool.end();
  return {
    faults: { 'inversions, as the control shows': shown },
    load: { 'events read': reader.events.length },
    losses: [...losses, ...reader.losses, ...books.losses],
  };
}

async function invertOften(engine: OrderEngine, pool: Pool, orderId: string, count: number) {
  const lines = [{ id: 'line-1', quantity: 1, unitPrice: 1000 }];
  await once(engine, { type: 'order.place', orderId, currency: 'EUR', lines }, `${orderId}/place`);
  for (let turn = 0; turn < count; turn += 1) {
    const transaction = await pool.connect();
    await transaction.query('BEGIN');
    // From now on it has an id, and it is lower than that of what comes next.
    await transaction.query('SELECT pg_current_xact_id()');
    const metadata = { turn };
    await once(engine, { type: 'order.annotate', orderId, metadata }, `${orderId}/${turn}-now`);
    const note = { type: 'order.annotate', orderId, metadata } as const;
    await once(engine, note, `${orderId}/${turn}-late`, transaction);
    await transaction.query('COMMIT');
    transaction.release();
  }
}

async function once(engine: OrderEngine, command: OrderCommand, key: string, transaction?: object) {
  const context = { idempotencyKey: key, causationId: key, transaction };
  const { status } = await engine.execute(command, context);
  if (status !== 'accepted') throw new Error(`${key} was ${status}.`);
}

/** How often a reader that goes by transaction ids would meet a version after a later one. */
async function inversionsByTransactionId(pool: Pool, schema: string): Promise<number> {
  const { rows } = await pool.query(
    `SELECT order_id, events.version FROM ${schema}.events JOIN ${schema}.orders USING (order_row) ` +
      'ORDER BY transaction_id, events.version',
  );
  const latest = new Map<string, number>();
  let count = 0;
  for (const { order_id: orderId, version } of rows) {
    if (version < (latest.get(orderId) ?? 0)) count += 1;
    latest.set(orderId, version);
  }
  return count;
}
