import type { Order } from './order.ts';

/**
 * How large an order may become, in bytes of its JSON and in entries (movements, operations,
 * parcels...). It must stay small, because every command reads, writes and holds all of it in
 * memory. Requests have the lower limit, which leaves room for what must be recorded afterwards.
 * Reports, and requests that give back, are refused only at the upper limit.
 */
export const orderLimits = {
  /** For the host's own data. */
  metadataBytes: 1_000_000,
  requests: { bytes: 2_000_000, entries: 5_000 },
  all: { bytes: 4_000_000, entries: 10_000 },
} as const;

/** Counts the entries that an order gains over time. */
export function entriesOf(order: Order): number {
  const { payments, shipments, fulfillments, returns, credits, amendments } = order;
  const { exchanges, holds, discrepancies } = order;
  let entries =
    shipments.length +
    fulfillments.length +
    returns.length +
    credits.length +
    (amendments?.length ?? 0) +
    (exchanges?.length ?? 0) +
    holds.length +
    discrepancies.open.length +
    discrepancies.accepted.length;
  for (const { movements, operations, disputes = [] } of payments) {
    entries += 1 + movements.length + operations.length + disputes.length;
  }
  return entries;
}

/** Requests that give back or resolve: an order at the lower limit must still be able to end. */
const givesBack: ReadonlySet<string> = new Set([
  'order.cancel',
  'order.credit',
  'order.release',
  'order.archive',
  'amendment.decline',
  'payment.void',
  'payment.refund',
  'dispute.submit',
  'dispute.concede',
  'return.close',
  'discrepancy.resolve',
]);

/** The limits for a command. */
export function limitsFor(type: string, isReport: boolean): { bytes: number; entries: number } {
  return isReport || givesBack.has(type) ? orderLimits.all : orderLimits.requests;
}
