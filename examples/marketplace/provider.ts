import type { EventOf, OrderCommand } from 'orderchart';
import { currency } from './mapping.ts';

type MoneyAskedBack = EventOf<'payment.refund_requested'> | EventOf<'payment.void_requested'>;

/**
 * A payment provider that always succeeds: it answers each void or refund request with the report
 * that it was done. A named subscription has its own position in the feed, so it continues where it
 * stopped; the commands it returns are executed once.
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
      // The operation's id is the idempotency key; this provider names its object after it.
      operationId: data.operationId,
      objectId: `returned/${data.operationId}`,
      amount: data.amount,
      currency,
      source: 'provider',
      reportId: `returned/${data.operationId}`,
    },
  ],
} as const;
