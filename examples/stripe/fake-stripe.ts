import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** An event as Stripe sends it, with only the fields that the example reads. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: object };
}

/** Sends an event as Stripe does, and retries until it gets a 2xx or 401. Returns the statuses. */
export async function sendEvent(
  url: string,
  secret: string,
  event: StripeEvent,
): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (;;) {
    const body = JSON.stringify(event);
    const t = Math.floor(Date.now() / 1000);
    const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
    const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${t},v1=${v1}` };
    const { status } = await fetch(url, { method: 'POST', headers, body });
    statuses.push(status);
    if (status < 300 || status === 401) return statuses;
    // Stripe waits for minutes to hours; the example does not.
    await pause(10);
  }
}

const ours = { orderId: '1001', paymentId: 'card' };
const intent = {
  object: 'payment_intent',
  id: 'pi_1',
  amount: 5000,
  amount_capturable: 0,
  amount_received: 0,
  currency: 'eur',
  capture_method: 'manual',
  latest_charge: 'ch_1',
  metadata: ours,
};
const charge = {
  object: 'charge',
  id: 'ch_1',
  amount: 5000,
  amount_captured: 0,
  amount_refunded: 0,
  captured: false,
  currency: 'eur',
  payment_intent: 'pi_1',
  metadata: ours,
};
/** A refund made in Stripe's dashboard, which has none of our metadata. */
const refund = {
  object: 'refund',
  currency: 'eur',
  payment_intent: 'pi_1',
  charge: 'ch_1',
  metadata: {},
  status: 'succeeded',
};
const otherCharge = {
  ...charge,
  id: 'ch_2',
  amount: 2000,
  payment_intent: 'pi_2',
  metadata: { orderId: '1002', paymentId: 'card' },
};

/** The events of two payments, in the sequence in which they happened. */
const happened: readonly (readonly [string, object])[] = [
  // The first card is declined; on the second, 50.00 are authorized and 45.00 captured.
  [
    'payment_intent.payment_failed',
    { ...intent, latest_charge: 'ch_0', last_payment_error: { code: 'card_declined' } },
  ],
  ['payment_intent.amount_capturable_updated', { ...intent, amount_capturable: 5000 }],
  ['charge.captured', { ...charge, amount_captured: 4500, captured: true }],
  ['payment_intent.succeeded', { ...intent, amount_received: 4500 }],
  // 10.00 are refunded; another 5.00 are refunded, but bounce days later.
  ['refund.created', { ...refund, id: 're_1', amount: 1000, balance_transaction: 'txn_1' }],
  ['charge.refunded', { ...charge, amount_captured: 4500, captured: true, amount_refunded: 1000 }],
  ['refund.created', { ...refund, id: 're_2', amount: 500, balance_transaction: 'txn_2' }],
  [
    'refund.failed',
    { ...refund, id: 're_2', amount: 500, balance_transaction: 'txn_2', status: 'failed' },
  ],
  // The other order: 20.00 are authorized, and released when it is cancelled.
  [
    'payment_intent.amount_capturable_updated',
    { ...intent, id: 'pi_2', amount_capturable: 2000, metadata: otherCharge.metadata },
  ],
  ['charge.refunded', { ...otherCharge, amount_refunded: 2000 }],
  // An event that is not about an order.
  ['customer.updated', { object: 'customer', id: 'cus_1' }],
];

export const events: readonly StripeEvent[] = happened.map(([type, object], index) => ({
  id: `evt_${index + 1}`,
  type,
  created: 1_767_225_600 + index,
  data: { object },
}));
