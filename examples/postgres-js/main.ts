import assert from 'node:assert/strict';
import { createOrderEngine } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import postgres from 'postgres';
import { PostgresJsPool } from './pool.ts';

// The store on postgres.js instead of pg.
const url = process.env['ORDERCHART_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const schema = `orderchart_example_js_${process.pid}`;

const pool = new PostgresJsPool(url, 4);
const engine = await createOrderEngine({ store: createPostgresStore({ pool, schema }) });
try {
  const lines = [{ id: 'tea', quantity: 1, unitPrice: 1250 }];
  await Promise.all(
    Array.from({ length: 100 }, (_, index) =>
      engine.execute({ type: 'order.place', orderId: `order-${index}`, currency: 'EUR', lines }),
    ),
  );
  const { orders } = await engine.list({ status: { lifecycle: 'pending' }, limit: 1000 });
  console.log(orders.length, 'orders placed');
  assert.equal(orders.length, 100);

  // A host transaction uses a connection of the same kind of pool.
  const host = new PostgresJsPool(url, 1);
  const client = await host.connect();
  await client.query({ text: 'BEGIN' });
  const place = { type: 'order.place', orderId: 'never', currency: 'EUR', lines } as const;
  const result = await engine.execute(place, { transaction: client });
  await client.query({ text: 'ROLLBACK' });
  client.release();
  await host.end();
  console.log('never was', result.status, 'and rolled back');
  assert.equal(await engine.get('never'), undefined);
} finally {
  await engine.close();
  await pool.end();
  const sql = postgres(url, { onnotice: () => {} });
  await sql.unsafe(`DROP SCHEMA ${schema} CASCADE`);
  await sql.end();
}
