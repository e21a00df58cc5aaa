import { figuresOf, openCreditOf } from './figures.ts';
import { creditableUnits, missingOf, openUnitsOf } from './line-figures.ts';
import type { Order } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

/** Figures of an order's ledgers: amounts in minor units of its currency, and whole units. */
export interface OrderFigures {
  /** The sum of all components, as placed or added. */
  readonly total: MinorUnits;
  /** The price according to requests: the total less everything cancelled and credited. */
  readonly agreedTotal: MinorUnits;
  /** The price now: the agreed total less what refunds at the provider and lost disputes credited. */
  readonly currentTotal: MinorUnits;
  /** What the confirm policy requires: the total less cancelled units. */
  readonly confirmTotal: MinorUnits;
  /** Captured less refunded and disputed. */
  readonly net: MinorUnits;
  /** Withdrawn for disputes and not reinstated. */
  readonly disputed: MinorUnits;
  /** The part of it that belongs to lost disputes. */
  readonly chargedBack: MinorUnits;
  /** The net less refunds in flight, plus what is authorized and not being voided. */
  readonly secured: MinorUnits;
  /** What the customer still has to pay; zero if nothing. */
  readonly due: MinorUnits;
  /** What the order owes the customer beyond refunds in flight; zero if nothing. */
  readonly owed: MinorUnits;
  /** One entry per line, in the same sequence as in the order. */
  readonly lines: readonly LineFigures[];
}

/** What may still be done with the units of one line. */
export interface LineFigures {
  /** The line. */
  readonly id: string;
  /** Neither cancelled nor gone: may be cancelled or dispatched. */
  readonly open: Units;
  /** May be credited or refunded for any cause except a return or a loss (law Q4). */
  readonly creditable: Units;
  /** Came back in a return, and may be credited for it. */
  readonly creditableReturns: Units;
  /** Lost or returned to sender, and may be credited for it. */
  readonly creditableMissing: Units;
  /** A return of these may be requested (law Q3). */
  readonly returnable: Units;
}

/**
 * Computes the figures of an order: of a view, or of an order replayed from its history.
 *
 * @example
 * const { due, owed } = orderFigures(order);
 */
export function orderFigures(order: Order): OrderFigures {
  const { agreedTotal, currentTotal, confirmTotal, net, secured, balance } = figuresOf(order);
  const { disputed, chargedBack } = figuresOf(order);
  return {
    total: order.total,
    agreedTotal,
    currentTotal,
    confirmTotal,
    net,
    disputed,
    chargedBack,
    secured,
    due: Math.max(0, balance),
    owed: openCreditOf(order),
    lines: order.lines.map((line) => ({
      id: line.id,
      open: openUnitsOf(line),
      creditable: creditableUnits(line, 'correction'),
      creditableReturns: creditableUnits(line, 'return'),
      creditableMissing: creditableUnits(line, 'lost'),
      returnable: Math.max(
        0,
        line.shipped - missingOf(line) - line.returned - line.returnRequested,
      ),
    })),
  };
}
