import type { EventOf, OrderCommand } from 'orderchart';
import { currency } from './mapping.ts';

type MoneyAskedBack = EventOf<'payment.refund_requested'> | EventOf<'payment.void_requested'>;

/**
 * A payment provider that always says yes: it answers each request to give money back with the
 * report that it was given back. Subscribed by name, it has its own place in the feed, so it goes
 * on where it stopped; what it returns is executed once.
 */
export const fakeProvider = {
  name: 'payment-provider',
  from: 'beginning',
  types: ['payment.refund_requested', 'payment.void_requested'],
  handler: ({ type, orderId, data }: MoneyAskedBack): readonly OrderCommand[] => [
    {
      type: 'payment.report',
      outcome: type === 'payment.refund_requested' ? 'refunded' : 'voided',
      orderId,
      paymentId: data.paymentId,
      // The operation's id is our idempotency key at the provider; it names its object after it.
      operationId: data.operationId,
      objectId: `returned/${data.operationId}`,
      amount: data.amount,
      currency,
      source: 'provider',
      reportId: `returned/${data.operationId}`,
    },
  ],
} as const;
