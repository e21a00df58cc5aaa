import { figuresOf } from './figures.ts';
import { openUnitsOf } from './line-figures.ts';
import type { Line, LineUnits, Order } from './order.ts';
import type { Operation } from './payment.ts';
import { priceOfNext } from './prices.ts';
import type { MinorUnits } from './values.ts';

// When an order may confirm and when its goods may leave: is the money there, and does it stay?

/**
 * Whether the confirm policy was ever met: the gross amounts, which reports can only raise. Law F1
 * measures by them, because a captured, delivered and refunded order must not break it.
 */
export function isConfirmPolicyMet(order: Order): boolean {
  const { authorized, captured, confirmTotal } = figuresOf(order);
  switch (order.policy.confirmWhen) {
    case 'authorized':
      return Math.max(authorized, captured) >= confirmTotal;
    case 'paid':
      return captured >= confirmTotal;
    case 'terms':
      return true;
    case 'manual':
      return order.confirmedAt !== null;
  }
}

/**
 * Whether the order confirms by itself: the gross amounts less everything that was asked back,
 * whatever became of it. The outcome of what was asked is a report, and a success and a failure
 * told of one operation would end apart by their order (law L3).
 */
export function confirmsByItself(order: Order): boolean {
  const { authorized, captured, confirmTotal } = figuresOf(order);
  switch (order.policy.confirmWhen) {
    case 'authorized': {
      const askedBack = everAsked(order, 'void') + everAsked(order, 'refund');
      return Math.max(authorized, captured) - askedBack >= confirmTotal;
    }
    case 'paid':
      return captured - everAsked(order, 'refund') >= confirmTotal;
    case 'terms':
      return true;
    case 'manual':
      return false;
  }
}

/**
 * Whether a request may confirm the order: the money is there now, or the policy needs none. What
 * was credited on request need not be there: else an order that left unpaid could never end.
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

/** What must be secured for goods to leave, and what is. */
export interface Cover {
  readonly secured: MinorUnits;
  readonly required: MinorUnits;
}

/**
 * What must be secured so that these units may leave: what the order costs, without the units that
 * stay open. What it costs by its own requests: a refund made at the provider is no reason to send
 * the rest for less.
 */
export function coverOf(order: Order, units: readonly LineUnits[]): Cover {
  const { secured, agreedTotal } = figuresOf(order);
  const leaving = new Map(units.map((entry) => [entry.lineId, entry.units]));
  let staying = 0;
  for (const line of order.lines) {
    const open = openUnitsOf(line) - (leaving.get(line.id) ?? 0);
    if (open > 0) staying += priceOfNext(line, open).amount;
  }
  return { secured, required: agreedTotal - staying };
}

/** Whether these units may leave; of an order on terms always. */
export function isSecured(order: Order, units: readonly LineUnits[]): boolean {
  if (order.policy.confirmWhen === 'terms') return true;
  const { secured, required } = coverOf(order, units);
  return secured >= required;
}

/** The units that need the least: asked for when nobody said which are to leave. */
export function cheapestUnit({ lines }: Order): readonly LineUnits[] {
  let cheapest: { line: Line; price: MinorUnits } | undefined;
  for (const line of lines) {
    const open = openUnitsOf(line);
    if (open === 0) continue;
    const price = priceOfNext(line, open).amount - priceOfNext(line, open - 1).amount;
    if (cheapest === undefined || price < cheapest.price) cheapest = { line, price };
  }
  return cheapest === undefined ? [] : [{ lineId: cheapest.line.id, units: 1 }];
}
