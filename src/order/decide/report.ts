import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, type EventType, fact } from '../events/events.ts';
import type { LineUnits, Order } from '../order.ts';
import type { Refusal } from '../refusal.ts';
import type { Decider } from './decider.ts';
import { otherCurrency, unknownLine } from './references.ts';

type PaymentReport = CommandOf<'payment.report'>;
type ShipmentReport = CommandOf<'shipment.report'>;

/** A report becomes the fact of its outcome; only a reference to nothing is refused. */
export const decidePaymentReport: Decider<PaymentReport> = (report, { order }) => {
  if ('currency' in report) {
    const refused = otherCurrency(order, report.currency);
    if (refused !== undefined) return refused;
  }
  return [paymentFact(report)];
};

function paymentFact(report: PaymentReport): CoreFact {
  const { paymentId, source, reportId, objectId, occurredAt } = report;
  const operationId = report.operationId ?? null;
  const method = report.method ?? null;
  const movement = { paymentId, source, reportId, objectId, operationId, method };
  switch (report.outcome) {
    case 'authorized':
      return fact('payment.authorized', { ...movement, amount: report.amount }, occurredAt);
    case 'actionRequired':
      return fact('payment.action_required', movement, occurredAt);
    case 'captured':
      return fact(
        'payment.captured',
        { ...movement, amount: report.amount, sale: report.sale ?? false },
        occurredAt,
      );
    case 'voided':
      return fact('payment.voided', { ...movement, amount: report.amount }, occurredAt);
    case 'expired':
      return fact('payment.authorization_expired', movement, occurredAt);
    case 'refunded':
      return fact('payment.refunded', { ...movement, amount: report.amount }, occurredAt);
    case 'refundReversed':
      return fact('payment.refund_reversed', { ...movement, amount: report.amount }, occurredAt);
    default: {
      const reason = report.reason ?? null;
      return fact(failureEvents[report.outcome], { ...movement, reason }, occurredAt);
    }
  }
}

const failureEvents = {
  failed: 'payment.authorization_failed',
  captureFailed: 'payment.capture_failed',
  voidFailed: 'payment.void_failed',
  refundFailed: 'payment.refund_failed',
} as const satisfies Record<string, EventType>;

const shipmentEvents = {
  dispatched: 'shipment.dispatched',
  delivered: 'shipment.delivered',
  lost: 'shipment.lost',
  returnedToSender: 'shipment.returned_to_sender',
} as const satisfies Record<ShipmentReport['outcome'], EventType>;

export const decideShipmentReport: Decider<ShipmentReport> = (report, { order }) => {
  const { shipmentId, lines, source, reportId, outcome, occurredAt } = report;
  const carrier = report.carrier ?? null;
  const tracking = report.tracking ?? null;
  const data = { shipmentId, lines, carrier, tracking, source, reportId };
  return unknownLine(order, lines) ?? [fact(shipmentEvents[outcome], data, occurredAt)];
};

export const decideFulfillmentReport: Decider<CommandOf<'fulfillment.report'>> = (
  { objectId, lines, source, reportId, occurredAt },
  { order },
) =>
  unknownLine(order, lines) ?? [
    fact('fulfillment.granted', { objectId, lines, source, reportId }, occurredAt),
  ];

export const decideReturnReport: Decider<CommandOf<'return.report'>> = (report, { order }) => {
  const refused = unknownLines(order, report);
  if (refused !== undefined) return refused;
  const { returnId, source, reportId, occurredAt } = report;
  const data = { returnId, source, reportId };
  if (report.outcome === 'inspected') {
    const { accepted = [], rejected = [] } = report;
    return [fact('return.inspected', { ...data, accepted, rejected }, occurredAt)];
  }
  const type = report.outcome === 'inTransit' ? 'return.in_transit' : 'return.received';
  return [fact(type, { ...data, lines: report.lines }, occurredAt)];
};

function unknownLines(order: Order, report: CommandOf<'return.report'>): Refusal | undefined {
  const told: readonly LineUnits[] =
    report.outcome === 'inspected'
      ? [...(report.accepted ?? []), ...(report.rejected ?? [])]
      : report.lines;
  return unknownLine(order, told);
}
