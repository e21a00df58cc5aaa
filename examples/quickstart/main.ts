import assert from 'node:assert/strict';
import { createOrderEngine } from 'orderchart';

await using engine = await createOrderEngine({ policy: { confirmWhen: 'paid' } });
engine.on('*', ({ version, type }) => console.log(version, type));

const orderId = 'order-1';
const lines = [{ id: 'tea', quantity: 2, unitPrice: 1250 }];
await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });

// Report what others did: first the payment provider, then the carrier.
await engine.execute({
  type: 'payment.report',
  outcome: 'captured',
  sale: true,
  orderId,
  paymentId: 'card',
  amount: 2500,
  currency: 'EUR',
  source: 'provider',
  objectId: 'charge-1',
  reportId: 'webhook-1',
});
const parcel = { orderId, shipmentId: 'parcel-1', lines: [{ lineId: 'tea', units: 2 }] };
await engine.execute({ type: 'shipment.dispatch', ...parcel });
await engine.execute({
  type: 'shipment.report',
  outcome: 'delivered',
  ...parcel,
  source: 'carrier',
  reportId: 'scan-1',
});

const order = await engine.get(orderId);
console.log(order?.status);
assert.equal(order?.status.lifecycle, 'completed');
