import assert from 'node:assert/strict';
import { PGlite } from '@electric-sql/pglite';
import { createOrderEngine } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { poolOf } from './pool.ts';

// The Postgres store within the process, for tests and development without a server: PGlite is
// PostgreSQL compiled to WebAssembly. It is in memory here; `new PGlite('./folder')` keeps its data.
const database = await PGlite.create();
const store = createPostgresStore({ pool: poolOf(database) });
const engine = await createOrderEngine({ store, policy: { confirmWhen: 'terms' } });
try {
  const heard: string[] = [];
  await engine.subscribe({
    name: 'mailer',
    from: 'beginning',
    types: ['order.confirmed'],
    handler: ({ orderId }) => void heard.push(orderId),
  });
  for (const orderId of ['order-1', 'order-2']) {
    const lines = [{ id: 'tea', quantity: 1, unitPrice: 1250 }];
    await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  }
  await engine.idle();
  console.log('confirmed:', heard.toSorted().join(', '));
  assert.deepEqual(heard.toSorted(), ['order-1', 'order-2']);

  // The tables are in a schema, as on any PostgreSQL server.
  const { rows } = await database.query('SELECT count(*)::integer AS count FROM orderchart.orders');
  assert.deepEqual(rows, [{ count: 2 }]);
} finally {
  await engine.close();
  await database.close();
}
