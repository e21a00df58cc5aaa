import type { Pool, PoolClient } from 'pg';
import type { Commit } from '../../../src/store/store.ts';

// The way it is written by hand: one transaction per command, which locks the order, changes it,
// and notes the event for the outbox that a relay will publish. A pool of 32, and as many callers.

const callers = 32;

const tables = (schema: string): string => `
  CREATE SCHEMA IF NOT EXISTS ${schema};
  CREATE TABLE ${schema}.orders (
    tenant_id text NOT NULL, order_id text NOT NULL, version integer NOT NULL,
    status jsonb NOT NULL, data jsonb NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, order_id));
  CREATE TABLE ${schema}.events (
    tenant_id text NOT NULL, order_id text NOT NULL, version integer NOT NULL,
    type text NOT NULL, data jsonb NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, order_id, version));
  CREATE TABLE ${schema}.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, payload jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`;

/** Writes commits one by one, those of an order in their order; gives how many it wrote. */
export async function writeByHand(
  pool: Pool,
  schema: string,
  commits: readonly Commit[],
): Promise<number> {
  await pool.query(tables(schema));
  const lives = [...Map.groupBy(commits, ({ orderId }) => orderId).values()].values();
  let written = 0;
  const work = async (): Promise<void> => {
    for (const life of lives) {
      for (const commit of life) {
        await inTransaction(pool, (client) => writeOne(client, schema, commit));
        written += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: callers }, work));
  return written;
}

async function inTransaction(
  pool: Pool,
  work: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

async function writeOne(client: PoolClient, schema: string, commit: Commit): Promise<void> {
  const { tenantId, orderId, record, events } = commit;
  const key = [tenantId, orderId];
  const { rows } = await client.query({
    name: 'select',
    text: `SELECT version FROM ${schema}.orders WHERE tenant_id = $1 AND order_id = $2 FOR UPDATE`,
    values: key,
  });
  if ((rows[0]?.version ?? 0) !== commit.expectedVersion) throw new Error('A conflict.');
  const values = [...key, record?.version, JSON.stringify(record?.status)];
  const text =
    rows.length === 0
      ? `INSERT INTO ${schema}.orders VALUES ($1, $2, $3, $4, $5)`
      : `UPDATE ${schema}.orders SET version = $3, status = $4, data = $5, updated_at = now() ` +
        'WHERE tenant_id = $1 AND order_id = $2';
  const data = JSON.stringify(record?.order);
  await client.query({
    name: rows.length === 0 ? 'insert' : 'update',
    text,
    values: [...values, data],
  });
  for (const event of events) {
    await client.query({
      name: 'event',
      text: `INSERT INTO ${schema}.events VALUES ($1, $2, $3, $4, $5)`,
      values: [...key, event.version, event.type, JSON.stringify(event.data)],
    });
    await client.query({
      name: 'outbox',
      text: `INSERT INTO ${schema}.outbox (topic, payload) VALUES ($1, $2)`,
      values: [event.type, JSON.stringify(event)],
    });
  }
}
