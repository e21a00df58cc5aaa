import type { Order } from './order.ts';

/**
 * How large an order may become, in bytes of its JSON and in entries (movements, operations,
 * parcels...). A request meets the lower limit, so that there is room for what has to be recorded
 * afterwards; a report, and a request that gives back, is refused only where the order could not
 * be kept any more: what is read, written and held in memory with every command must stay small.
 */
export const orderLimits = {
  /** Of the host's own data. */
  metadataBytes: 1_000_000,
  requests: { bytes: 2_000_000, entries: 5_000 },
  all: { bytes: 4_000_000, entries: 10_000 },
} as const;

/** What grows with what happens to an order, counted. */
export function entriesOf(order: Order): number {
  const { payments, shipments, fulfillments, returns, credits, holds, discrepancies } = order;
  let entries =
    shipments.length +
    fulfillments.length +
    returns.length +
    credits.length +
    holds.length +
    discrepancies.open.length +
    discrepancies.accepted.length;
  for (const { movements, operations } of payments) {
    entries += 1 + movements.length + operations.length;
  }
  return entries;
}

/** Requests that give back, or explain: an order at its limit must be able to end. */
const givesBack: ReadonlySet<string> = new Set([
  'order.cancel',
  'order.credit',
  'order.release',
  'order.archive',
  'payment.void',
  'payment.refund',
  'return.close',
  'discrepancy.resolve',
]);

/** The limits that a command meets. */
export function limitsFor(type: string, isReport: boolean): { bytes: number; entries: number } {
  return isReport || givesBack.has(type) ? orderLimits.all : orderLimits.requests;
}
