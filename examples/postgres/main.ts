import assert from 'node:assert/strict';
import { createOrderEngine } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { Pool } from 'pg';

// Two engines on one database, as in two processes or on two machines.
const connectionString =
  process.env['ORDERCHART_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const schema = `orderchart_example_${process.pid}`;

// 1 each engine has a store with its own pool, which the host creates and ends
const pools = [1, 2].map(() => new Pool({ connectionString, max: 4 }));
const stores = pools.map((pool) =>
  createPostgresStore({ pool, schema, warn: ({ message }) => console.log('warning:', message) }),
);
const [shop, office] = await Promise.all(stores.map((store) => createOrderEngine({ store })));
assert.ok(shop && office);

try {
  // 2 the office receives what the shop writes: each event once, the events of an order in sequence
  const told = Promise.withResolvers<void>();
  await office.subscribe({
    name: 'office',
    from: 'beginning',
    handler: ({ orderId, version, type }) => {
      console.log('office:', orderId, version, type);
      if (type === 'order.completed') told.resolve();
    },
  });

  // 3 both engines work on the same order
  const orderId = 'order-1';
  const lines = [{ id: 'tea', quantity: 2, unitPrice: 1250 }];
  await shop.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
  const payment = {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    ...{ orderId, paymentId: 'card', amount: 2500, currency: 'EUR' },
    ...{ source: 'provider', objectId: 'charge-1', reportId: 'webhook-1' },
  } as const;

  // 4 the provider's webhook reaches both engines at the same time, but counts once
  const answers = await Promise.all(
    [shop, office].map((engine) => engine.execute(payment, { idempotencyKey: 'webhook-1' })),
  );
  assert.deepEqual(answers.map(({ replayed }) => replayed).sort(), [false, true]);

  const parcel = { orderId, shipmentId: 'parcel-1', lines: [{ lineId: 'tea', units: 2 }] };
  await office.execute({ type: 'shipment.dispatch', ...parcel });
  await shop.execute({
    type: 'shipment.report',
    outcome: 'delivered',
    ...parcel,
    ...{ source: 'carrier', reportId: 'scan-1' },
  });
  await told.promise;

  // 5 both see the same order
  const seen = await Promise.all([shop, office].map((engine) => engine.get(orderId)));
  assert.deepEqual(seen[0], seen[1]);
  console.log(orderId, 'is', seen[0]?.status['lifecycle']);
  assert.equal(seen[0]?.status['lifecycle'], 'completed');
} finally {
  await Promise.all([shop.close(), office.close()]);
  await pools[0]?.query(`DROP SCHEMA ${schema} CASCADE`);
  await Promise.all(pools.map((pool) => pool.end()));
}
