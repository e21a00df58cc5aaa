import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOrderEngine, type OrderEngine } from 'orderchart';
import { createWebhookReceiver, stripeWebhooks } from 'orderchart/webhook';
import { events, type StripeEvent, sendEvent } from './fake-stripe.ts';
import { type PaymentOwner, paymentReports } from './payment-reports.ts';

const secret = 'whsec_0123456789abcdefghijklmnopqrstuv';

/** What the host recorded when it created the PaymentIntents. */
const payments: ReadonlyMap<string, PaymentOwner> = new Map([
  ['pi_1', { orderId: '1001', paymentId: 'card' }],
  ['pi_2', { orderId: '1002', paymentId: 'card' }],
]);

/** Places two orders, sends these events one by one or all at once, and returns the ledgers. */
async function ordersAfter(sent: readonly StripeEvent[], inTurn: boolean) {
  await using engine = await createOrderEngine();
  await place(engine, '1001', 4500);
  await place(engine, '1002', 2000);

  const receiver = createWebhookReceiver({
    secrets: [secret],
    scheme: stripeWebhooks,
    onRefused: ({ reason, status }) => console.log(`  a request was refused: ${status} ${reason}`),
  });
  await engine.startReceiving({
    name: 'stripe',
    transport: receiver,
    map: (message) => paymentReports(message, (intentId) => payments.get(intentId)),
    deadLetter: ({ detail }) => console.log(`  dead letter: ${detail}`),
  });
  const server = createServer((request, response) => void receiver.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stripe`;

  if (inTurn) for (const event of sent) await sendEvent(url, secret, event);
  else await Promise.all(sent.map((event) => sendEvent(url, secret, event)));
  // A sender that does not know the secret is refused.
  const [forged] = events;
  if (forged !== undefined) await sendEvent(url, 'whsec_guessed', { ...forged, id: 'evt_forged' });

  server.close();
  const { requests, delivered, repeated } = receiver.stats();
  console.log(`  ${requests} requests: ${delivered} handled, ${repeated} repeated`);
  return { 1001: await ledger(engine, '1001'), 1002: await ledger(engine, '1002') };
}

async function place(engine: OrderEngine, orderId: string, unitPrice: number): Promise<void> {
  const lines = [{ id: 'mug', quantity: 1, unitPrice }];
  await engine.execute({ type: 'order.place', orderId, currency: 'EUR', lines });
}

/** Returns the figures of an order's payment, and the order's status. */
async function ledger(engine: OrderEngine, orderId: string) {
  const view = await engine.get(orderId);
  const { authorized, captured, released, refunded } = view?.payments[0] ?? {};
  return {
    status: view?.status,
    payment: { authorized, captured, released, refunded },
    discrepancies: view?.discrepancies.open.length,
  };
}

/** Shuffles a list by a seed: the same seed always gives the same sequence. */
function shuffled<Entry>(entries: readonly Entry[], seed: number): readonly Entry[] {
  let state = seed;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  return entries
    .map((entry) => [next(), entry] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, entry]) => entry);
}

console.log('each event once, in order');
const inOrder = await ordersAfter(events, true);
console.log(' ', JSON.stringify(inOrder['1001'].payment));
console.log(' ', JSON.stringify(inOrder['1002'].payment));
assert.deepEqual(inOrder['1001'].payment, {
  authorized: 5000,
  captured: 4500,
  released: 500,
  // 5.00 bounced, and no longer count.
  refunded: 1000,
});
assert.deepEqual(inOrder['1002'].payment, {
  authorized: 2000,
  captured: 0,
  released: 2000,
  refunded: 0,
});

for (const seed of [1, 2, 3]) {
  console.log(`each event three times, all at once, shuffled (seed ${seed})`);
  const mixed = await ordersAfter(shuffled([...events, ...events, ...events], seed), false);
  assert.deepEqual(mixed, inOrder);
}
console.log('the orders are the same');
