import assert from 'node:assert/strict';
import { createOrderEngine, type Rejection } from 'orderchart';
import { fraudReview } from './fraud-review.ts';

await using engine = await createOrderEngine({ extensions: [fraudReview] });
const orderId = 'order-1';
const lines = [{ id: 'watch', quantity: 1, unitPrice: 900_000 }];

// 1 place and authorize an order; without the extension, its money could now be captured
await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
await engine.execute({
  type: 'payment.report',
  outcome: 'authorized',
  orderId,
  paymentId: 'card',
  amount: 900_000,
  currency: 'EUR',
  source: 'provider',
  objectId: 'authorization-1',
  reportId: 'webhook-1',
});

// 2 the order has no score yet, so neither money nor goods may move
const capture = {
  type: 'payment.capture',
  orderId,
  paymentId: 'card',
  amount: 900_000,
  currency: 'EUR',
} as const;
const watch = [{ lineId: 'watch', units: 1 }];
const dispatch = {
  type: 'shipment.dispatch',
  orderId,
  shipmentId: 'parcel-1',
  lines: watch,
} as const;
assert.equal((await refusal(capture)).guard, 'fraudPassed');
assert.equal((await refusal(dispatch)).guard, 'fraudPassed');

// 3 the score is high, so a person must review the order
await engine.execute({
  type: 'fraud.report',
  orderId,
  score: 85,
  source: 'scoring',
  reportId: 'score-1',
});
assert.equal(await review(), 'waiting');
assert.equal((await refusal(capture)).guard, 'fraudPassed');
assert.equal((await refusal({ type: 'fraud.clear', orderId, by: '' })).code, 'refusedByHost');

// 4 once the order is cleared, it continues as usual
await engine.execute({ type: 'fraud.clear', orderId, by: 'maria' });
assert.equal(await review(), 'passed');
assert.equal((await engine.execute(capture)).status, 'accepted');
assert.equal((await engine.execute(dispatch)).status, 'accepted');
assert.equal((await refusal({ type: 'fraud.block', orderId, by: 'maria' })).code, 'notInThisState');
console.log((await engine.get(orderId))?.status);

/** Executes a command that must be refused. Prints and returns why it was. */
async function refusal(command: Parameters<typeof engine.execute>[0]): Promise<Rejection> {
  const result = await engine.execute(command);
  assert.ok(result.status === 'rejected', `${command.type} was not refused`);
  console.log(`${command.type} refused: ${result.rejection.message}`);
  return result.rejection;
}

async function review(): Promise<unknown> {
  return (await engine.get(orderId))?.status.fraud;
}
