import { figuresOf, grossMoved } from './figures.ts';
import { isFulfilled, isUndone, nameOfBreach, unacceptedBreaches } from './laws.ts';
import type { OrderStatus } from './lifecycle/status.ts';
import { chargedFor } from './line-figures.ts';
import type { Charge, Line, Order } from './order.ts';

/** Laws that hold after every commit; a broken one is a defect of orderchart or of its store. */
const invariants: Readonly<Record<string, (order: Order, status: OrderStatus) => boolean>> = {
  /** The order's total is the sum of its components, and a tax the sum of its taxes by code. */
  M5: (order) => {
    let sum = 0;
    for (const line of order.lines) sum += chargedFor(line);
    for (const charge of order.charges) sum += chargedFor(charge);
    return sum === order.total && order.lines.every(hasItsTax) && order.charges.every(hasItsTax);
  },
  /** Amounts and counts are safe integers. */
  M8: hasSafeAmounts,
  /** Over before it was sold, if and only if nothing is left to ship, to return or to release. */
  L4: (order, { lifecycle }) =>
    lifecycle === 'archived' ||
    (lifecycle === 'cancelled' || lifecycle === 'expired') === isUndone(order),
  /** Completed only when nothing is left to do. */
  L5: (order, { lifecycle }) => lifecycle !== 'completed' || isFulfilled(order),
  /** Every ledger law that is broken is an open discrepancy, and the other way round. */
  flagged: (order) => {
    const breaches = unacceptedBreaches(order);
    const { open } = order.discrepancies;
    if (breaches.length !== open.length) return false;
    const flagged = new Set(open.map(nameOfBreach));
    return breaches.every((breach) => flagged.has(nameOfBreach(breach)));
  },
};

/** The invariants that an order and its status break: always empty, or something is defective. */
export function brokenInvariants(
  order: Order,
  status: OrderStatus,
): readonly { readonly law: string; readonly subject: string }[] {
  const broken: { readonly law: string; readonly subject: string }[] = [];
  for (const law in invariants) {
    if (!invariants[law]?.(order, status)) broken.push({ law, subject: 'order' });
  }
  return broken;
}

function hasItsTax({ tax, taxes }: Line | Charge): boolean {
  if (taxes === undefined) return true;
  let sum = 0;
  for (const { amount } of taxes) sum += amount;
  return sum === tax;
}

/**
 * Law M8: all that was ever reported adds up to a safe integer, and so does every figure. A report
 * that would break it is refused: an order whose figures are rounded could not be kept.
 */
export function hasSafeAmounts(order: Order): boolean {
  return (
    Number.isSafeInteger(grossMoved(order)) &&
    Object.values(figuresOf(order)).every((figure) => Number.isSafeInteger(figure))
  );
}
