// One order, from the installed package, on any runtime: from placed to completed. Plain JavaScript, so that it
// needs no flag.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createMemoryStore, createOrderEngine } from 'orderchart';
import { createSqliteStore } from 'orderchart/sqlite';

const folder = mkdtempSync(join(tmpdir(), 'orderchart-smoke-'));

async function lead(store) {
  const told = [];
  const engine = await createOrderEngine({ store, policy: { confirmWhen: 'paid' } });
  await engine.subscribe({
    name: 'told',
    from: 'beginning',
    handler: ({ type }) => void told.push(type),
  });
  const order = { orderId: '1001', currency: 'EUR' };
  const lines = [{ id: 'mug', quantity: 1, unitPrice: 2500 }];
  await engine.execute({ type: 'order.place', ...order, lines });
  const captured = {
    type: 'payment.report',
    outcome: 'captured',
    sale: true,
    paymentId: 'p1',
    amount: 2500,
  };
  await engine.execute({
    ...captured,
    ...order,
    objectId: 'ch_1',
    source: 'stripe',
    reportId: 'evt_1',
  });
  const sent = { type: 'shipment.report', orderId: '1001', shipmentId: 's1', source: 'warehouse' };
  const goods = [{ lineId: 'mug', units: 1 }];
  await engine.execute({ ...sent, outcome: 'dispatched', lines: goods, reportId: 'r1' });
  await engine.execute({ ...sent, outcome: 'delivered', lines: goods, reportId: 'r2' });
  await engine.idle();
  const stored = await engine.get('1001');
  assert.equal(stored?.status.payment, 'paid');
  assert.equal(told[0], 'order.placed');
  assert.ok(told.includes('shipment.delivered'), told.join());
  await engine.close();
}

try {
  await lead(createMemoryStore());
  await lead(createSqliteStore({ path: join(folder, 'orders.db') }));
  console.log(`One order was led through its life on ${process.version}.`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
