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
  /** Cancelled or expired if and only if all units are cancelled and no money is left to return. */
  L4: (order, { lifecycle }) =>
    lifecycle === 'archived' ||
    (lifecycle === 'cancelled' || lifecycle === 'expired') === isUndone(order),
  /** Completed only when nothing is left to do. */
  L5: (order, { lifecycle }) => lifecycle !== 'completed' || isFulfilled(order),
  /** Every broken ledger law has an open discrepancy, and vice versa. */
  flagged: (order) => {
    const breaches = unacceptedBreaches(order);
    const { open } = order.discrepancies;
    if (breaches.length !== open.length) return false;
    const flagged = new Set(open.map(nameOfBreach));
    return breaches.every((breach) => flagged.has(nameOfBreach(breach)));
  },
};

/** The invariants that an order and its status break. Not empty: a defect. */
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
 * Law M8: everything ever reported adds up to a safe integer, and every figure is one. Even a
 * report that would break it is refused, because the figures would be rounded.
 */
export function hasSafeAmounts(order: Order): boolean {
  return (
    Number.isSafeInteger(grossMoved(order)) &&
    Object.values(figuresOf(order)).every((figure) => Number.isSafeInteger(figure))
  );
}
