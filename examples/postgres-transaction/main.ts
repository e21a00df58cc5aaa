import assert from 'node:assert/strict';
import { createOrderEngine } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { Pool, type PoolClient } from 'pg';

// A shop keeps its stock in its own table. It writes an order and the change to the stock in one
// transaction: both, or neither.
const connectionString =
  process.env['ORDERCHART_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const schema = `orderchart_example_transaction_${process.pid}`;

/** The engine's rules refused the order. */
class Refused extends Error {}

const ownPool = new Pool({ connectionString, max: 4 });
// The store has its own pool: it needs a connection while the shop holds one.
const storePool = new Pool({ connectionString, max: 4 });
const engine = await createOrderEngine({ store: createPostgresStore({ pool: storePool, schema }) });

try {
  await ownPool.query(`CREATE TABLE ${schema}.stock (
    item text PRIMARY KEY, units integer NOT NULL CHECK (units >= 0))`);
  await ownPool.query(`INSERT INTO ${schema}.stock VALUES ('tea', 5), ('mug', 5)`);
  const heard: string[] = [];
  await engine.subscribe({
    name: 'packing',
    from: 'beginning',
    types: ['order.placed'],
    handler: ({ orderId }) => void heard.push(orderId),
  });

  // 1 both are written
  assert.equal(await checkOut('first', 'tea', 2), 'placed');
  assert.equal(await unitsOf('tea'), 3);

  // 2 not enough tea in stock: the database refuses, so the order is not written either
  assert.equal(await checkOut('greedy', 'tea', 4), 'out of stock');
  assert.equal(await engine.get('greedy'), undefined);

  // 3 the engine refuses, because the order already exists, and the stock stays as it was
  assert.equal(await checkOut('first', 'tea', 1), 'refused: orderExists');
  assert.equal(await unitsOf('tea'), 3);

  // 4 a slow transaction: nothing waits for it, and its events are delivered after its commit
  await inTransaction(async (client) => {
    assert.equal(await placeIn(client, 'slow', 'tea', 1), undefined);
    assert.equal(await checkOut('quick', 'mug', 1), 'placed');
    await until(() => heard.includes('quick'));
    assert.deepEqual(heard.toSorted(), ['first', 'quick']);
  });
  await until(() => heard.includes('slow'));
  console.log('packing heard of', heard.toSorted().join(', '));
} finally {
  await engine.close();
  await ownPool.query(`DROP SCHEMA ${schema} CASCADE`);
  await Promise.all([ownPool.end(), storePool.end()]);
}

/** Takes units from the stock and places the order, in one transaction of the shop. */
async function checkOut(orderId: string, item: string, units: number): Promise<string> {
  try {
    await inTransaction(async (client) => {
      const refusal = await placeIn(client, orderId, item, units);
      if (refusal !== undefined) throw new Refused(refusal);
    });
    return 'placed';
  } catch (error) {
    if (error instanceof Refused) return `refused: ${error.message}`;
    if ((error as { code?: string }).code === '23514') return 'out of stock';
    throw error;
  }
}

/** Runs `work` in a transaction. Rolls back if it throws. */
async function inTransaction(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await ownPool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

async function placeIn(client: PoolClient, orderId: string, item: string, units: number) {
  const text = `UPDATE ${schema}.stock SET units = units - $2 WHERE item = $1`;
  await client.query(text, [item, units]);
  const lines = [{ id: item, quantity: units, unitPrice: 1250 }];
  const result = await engine.execute(
    { type: 'order.place', orderId, currency: 'EUR', lines },
    { transaction: client },
  );
  console.log(orderId, result.status);
  return result.status === 'rejected' ? result.rejection.code : undefined;
}

async function unitsOf(item: string): Promise<number> {
  const text = `SELECT units FROM ${schema}.stock WHERE item = $1`;
  return (await ownPool.query(text, [item])).rows[0].units;
}

/** Waits: the engine polls for what host transactions commit, and finds it within a second. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
