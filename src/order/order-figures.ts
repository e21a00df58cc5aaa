import { figuresOf, openCreditOf } from './figures.ts';
import { creditableUnits, missingOf, openUnitsOf } from './line-figures.ts';
import type { Order } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

/** What follows from an order's ledgers: amounts in minor units of its currency, and whole units. */
export interface OrderFigures {
  /** The sum of all components as placed. */
  readonly total: MinorUnits;
  /** What the order costs by its own requests: the total less everything cancelled and credited. */
  readonly agreedTotal: MinorUnits;
  /** What the order costs now: the agreed total less what refunds made at the provider credited. */
  readonly currentTotal: MinorUnits;
  /** What the confirm policy goes by: the total less cancelled units. */
  readonly confirmTotal: MinorUnits;
  /** Captured less refunded. */
  readonly net: MinorUnits;
  /** The net less refunds in flight, and what is authorized and not being voided. */
  readonly secured: MinorUnits;
  /** What the customer has still to pay; zero when nothing. */
  readonly due: MinorUnits;
  /** What the order owes to the customer, and no refund in flight gives back; zero when nothing. */
  readonly owed: MinorUnits;
  /** The lines, in the order of the order's own. */
  readonly lines: readonly LineFigures[];
}

/** What may still be done with the units of one line. */
export interface LineFigures {
  /** The line. */
  readonly id: string;
  /** Neither cancelled nor gone: may be cancelled or dispatched. */
  readonly open: Units;
  /** May be credited or refunded for any cause but a return or a loss (law Q4). */
  readonly creditable: Units;
  /** Came back by a return, and may be credited for it. */
  readonly creditableReturns: Units;
  /** Lost or returned to sender, and may be credited for it. */
  readonly creditableMissing: Units;
  /** May be requested back (law Q3). */
  readonly returnable: Units;
}

/**
 * The figures of an order: of a view, or of the order that a history was replayed to.
 *
 * @example
 * const { due, owed } = orderFigures(order);
 */
export function orderFigures(order: Order): OrderFigures {
  const { agreedTotal, currentTotal, confirmTotal, net, secured, balance } = figuresOf(order);
  return {
    total: order.total,
    agreedTotal,
    currentTotal,
    confirmTotal,
    net,
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
