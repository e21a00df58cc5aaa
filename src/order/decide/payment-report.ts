import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventType, fact } from '../events/events.ts';
import type { Order } from '../order.ts';
import type { MovementKind } from '../payment.ts';
import type { MinorUnits } from '../values.ts';
import type { Decider } from './decider.ts';
import { disputeFact, isDisputeReport } from './dispute.ts';
import { otherCurrency } from './references.ts';

type PaymentReport = CommandOf<'payment.report'>;
type MovementReport = Exclude<PaymentReport, { readonly outcome: `dispute${string}` }>;
type MoneyReport = Extract<MovementReport, { readonly amount: MinorUnits }>;

/**
 * Turns a report into the fact of its outcome. Refuses only another currency. Amounts are
 * cumulative ("so far"); each fact also has the `delta` it adds, for consumers that sum up events.
 */
export const decidePaymentReport: Decider<PaymentReport> = (report, { order }) => {
  if ('currency' in report && report.currency !== undefined) {
    const refused = otherCurrency(order, report.currency);
    if (refused !== undefined) return refused;
  }
  return [isDisputeReport(report) ? disputeFact(report, order) : paymentFact(report, order)];
};

function paymentFact(report: MovementReport, order: Order): CoreFact {
  const { paymentId, source, reportId, objectId, occurredAt } = report;
  const operationId = report.operationId ?? null;
  const method = report.method ?? null;
  const movement = { paymentId, source, reportId, objectId, operationId, method };
  switch (report.outcome) {
    case 'authorized':
    case 'voided':
    case 'refunded':
    case 'refundReversed': {
      const { type, kind } = movedEvents[report.outcome];
      return fact(type, { ...movement, ...moved(order, report, kind) }, occurredAt);
    }
    case 'captured': {
      const sale = report.sale ?? false;
      const data = { ...movement, ...moved(order, report, 'captured'), sale };
      return fact('payment.captured', data, occurredAt);
    }
    case 'actionRequired':
      return fact('payment.action_required', movement, occurredAt);
    case 'authorizationExpired':
      return fact('payment.authorization_expired', movement, occurredAt);
    default: {
      const reason = report.reason ?? null;
      return fact(failureEvents[report.outcome], { ...movement, reason }, occurredAt);
    }
  }
}

/** The amount so far, and what this report adds to the amount known of its object. */
function moved(order: Order, report: MoneyReport, kind: MovementKind) {
  const { paymentId, objectId, currency } = report;
  const payment = order.payments.find(({ id }) => id === paymentId);
  const known = payment?.movements.find(
    (movement) => movement.kind === kind && movement.objectId === objectId,
  );
  const before = known?.amount ?? 0;
  const amount = Math.max(before, report.amount);
  return { amount, delta: amount - before, currency };
}

const movedEvents = {
  authorized: { type: 'payment.authorized', kind: 'authorized' },
  voided: { type: 'payment.voided', kind: 'voided' },
  refunded: { type: 'payment.refunded', kind: 'refunded' },
  refundReversed: { type: 'payment.refund_reversed', kind: 'reversed' },
} as const satisfies Record<string, { readonly type: EventType; readonly kind: MovementKind }>;

const failureEvents = {
  authorizationFailed: 'payment.authorization_failed',
  captureFailed: 'payment.capture_failed',
  voidFailed: 'payment.void_failed',
  refundFailed: 'payment.refund_failed',
} as const satisfies Record<string, EventType>;
