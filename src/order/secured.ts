import { expectedCover } from './exchange.ts';
import { figuresOf } from './figures.ts';
import { openUnitsOf } from './line-figures.ts';
import type { Line, LineUnits, Order } from './order.ts';
import type { Operation } from './payment.ts';
import { priceOfNext } from './prices.ts';
import type { MinorUnits } from './values.ts';

// Whether the money is there, and stays: for confirming an order, and for dispatching its goods.

/**
 * Whether the confirm policy was ever met, other than by a request. Uses gross amounts, which
 * reports can only raise: an order that was captured, delivered and then refunded must not break
 * law F1.
 */
export function isConfirmPolicyMet(order: Order): boolean {
  return isPolicyMet(order, { voided: 0, refunded: 0 });
}

/**
 * Whether the order confirms by itself. Uses gross amounts less all voids and refunds ever
 * requested, regardless of their outcomes: these come in reports, and if a success and a failure of
 * one operation are reported, the result would depend on which comes first (law L3).
 */
export function confirmsByItself(order: Order): boolean {
  const [voided, refunded] = [everAsked(order, 'void'), everAsked(order, 'refund')];
  return isPolicyMet(order, { voided, refunded });
}

/** Whether the money that came in meets the policy, less what is given as asked back. */
function isPolicyMet(
  order: Order,
  { voided, refunded }: Readonly<Record<'voided' | 'refunded', MinorUnits>>,
): boolean {
  const { authorized, captured, confirmTotal } = figuresOf(order);
  switch (order.policy.confirmWhen) {
    case 'authorized':
      return Math.max(authorized, captured) - voided - refunded >= confirmTotal;
    case 'paid':
      return captured - refunded >= confirmTotal;
    case 'terms':
      return true;
    case 'manual':
      return false;
  }
}

/**
 * Whether a request may confirm the order: the money is there now, or the policy needs none. What
 * was credited on request is not needed; otherwise an order that left unpaid could never end.
 */
export function mayBeConfirmed(order: Order): boolean {
  const { secured, net, refundPending, agreedTotal } = figuresOf(order);
  if (agreedTotal === 0) return true;
  switch (order.policy.confirmWhen) {
    case 'authorized':
      return secured >= agreedTotal;
    case 'paid':
      return net - refundPending >= agreedTotal;
    case 'terms':
    case 'manual':
      return true;
  }
}

function everAsked({ payments }: Order, kind: Operation['kind']): MinorUnits {
  let sum = 0;
  for (const { operations } of payments) {
    for (const operation of operations) if (operation.kind === kind) sum += operation.amount;
  }
  return sum;
}

/** The money that must be secured for goods to leave, and the money that is. */
export interface Cover {
  readonly secured: MinorUnits;
  readonly required: MinorUnits;
}

/**
 * What must be secured before these units may leave: the agreed total, less the price of the units
 * that stay open. Not the current total, because a refund made at the provider is no reason to send
 * the rest for less.
 */
export function coverOf(order: Order, units: readonly LineUnits[]): Cover {
  const { secured, agreedTotal } = figuresOf(order);
  const leaving = new Map(units.map((entry) => [entry.lineId, entry.units]));
  let staying = 0;
  for (const line of order.lines) {
    const open = Math.max(0, openUnitsOf(line) - (leaving.get(line.id) ?? 0));
    staying += priceOfNext(line, open).amount;
  }
  return { secured: secured + expectedCover(order), required: agreedTotal - staying };
}

/** Whether the money allows these units to leave. On terms, always. */
export function isSecured(order: Order, units: readonly LineUnits[]): boolean {
  if (order.policy.confirmWhen === 'terms') return true;
  const { secured, required } = coverOf(order, units);
  return secured >= required;
}

/** The open unit that needs the least money. Stands in for a request that names no units. */
export function cheapestUnit({ lines }: Order): readonly LineUnits[] {
  return lines
    .filter((line) => openUnitsOf(line) > 0)
    .map((line) => ({ lineId: line.id, units: 1, price: lastPriceOf(line) }))
    .toSorted((one, other) => one.price - other.price)
    .slice(0, 1);
}

/** The price of the last open unit of a line. */
function lastPriceOf(line: Line): MinorUnits {
  const open = openUnitsOf(line);
  return priceOfNext(line, open).amount - priceOfNext(line, open - 1).amount;
}
