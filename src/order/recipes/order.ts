import type { EventData } from '../events/events.ts';
import { grossMoved } from '../figures.ts';
import type { Charge, Line, Order } from '../order.ts';
import { creditComponents } from './credit.ts';
import { positionsOf } from './positions.ts';
import type { Moment, RecipesOf } from './recipe.ts';
import { countTax } from './taxes.ts';

/** Makes an order from its first fact. */
export function placeOrder(
  data: EventData<'order.placed'>,
  moment: Moment,
  key: { readonly tenantId: string; readonly orderId: string },
): Order {
  return {
    id: key.orderId,
    tenantId: key.tenantId,
    number: data.number,
    customerId: data.customerId,
    currency: data.currency,
    total: data.total,
    policy: data.policy,
    lines: data.lines.map(newLine),
    charges: data.charges.map(newCharge),
    payments: [],
    shipments: [],
    fulfillments: [],
    returns: [],
    credits: [],
    holds: [],
    discrepancies: { open: [], accepted: [] },
    goodwill: 0,
    placedAt: moment.recordedAt,
    confirmedAt: null,
    completedAt: null,
    cancelledAt: null,
    expiredAt: null,
    archivedAt: null,
    deliveredAt: null,
    moneyChangedAt: moment.recordedAt,
    grossAtExpiry: 0,
    metadata: data.metadata,
    extensions: data.extensions,
  };
}

/** A line of which nothing has happened yet. */
export function newLine(line: EventData<'order.placed'>['lines'][number]): Line {
  const { quantity, ...rest } = line;
  return {
    ...rest,
    ordered: quantity,
    cancelled: 0,
    shipped: 0,
    delivered: 0,
    lost: 0,
    returnedToSender: 0,
    found: 0,
    returnRequested: 0,
    returned: 0,
    creditedUnits: 0,
    creditedReturns: 0,
    creditedMissing: 0,
    cancelledAmount: 0,
    creditedAmount: 0,
  };
}

export function newCharge(charge: EventData<'order.placed'>['charges'][number]): Charge {
  return { ...charge, creditedAmount: 0 };
}

export const orderRecipes: Omit<RecipesOf<'order'>, 'order.amended'> = {
  // `placeOrder` makes the order; a second `order.placed` never reaches a recipe.
  'order.placed': () => {},
  'order.confirmed': (order, _, { recordedAt }) => {
    order.confirmedAt ??= recordedAt;
  },
  'order.held': (order, { reason }, { recordedAt }) => {
    order.holds.push({ reason, heldAt: recordedAt });
  },
  'order.released': (order, { reason }, _, before) => {
    order.holds = before.holds.filter((hold) => hold.reason !== reason);
  },
  // The units follow in `order.units_cancelled`; this one records who asked for what, and why.
  'order.cancellation_requested': () => {},
  'order.units_cancelled': (order, { lines }, { recordedAt }, before) => {
    order.moneyChangedAt = recordedAt;
    const at = positionsOf(before.lines);
    for (const cancelled of lines) {
      const line = order.lines[at(cancelled.lineId)];
      if (line === undefined) continue;
      line.cancelled += cancelled.units;
      line.cancelledAmount += cancelled.amount;
      countTax(line, 'cancelled', cancelled);
      // A unit credited before and cancelled now counts only as cancelled (law Q4).
      line.creditedUnits = Math.min(line.creditedUnits, line.ordered - line.cancelled);
    }
  },
  'order.credited': (order, data, { recordedAt }, before) => {
    order.moneyChangedAt = recordedAt;
    const { creditId: id, cause, causeId, amount } = data;
    order.credits.push({ id, cause, causeId, amount });
    creditComponents(order, data, before);
  },
  'order.cancelled': (order, _, { recordedAt }) => {
    order.cancelledAt = recordedAt;
  },
  'order.expired': (order, _, { recordedAt }, before) => {
    order.expiredAt = recordedAt;
    order.grossAtExpiry = grossMoved(before);
  },
  'order.completed': (order, _, { recordedAt }) => {
    order.completedAt = recordedAt;
  },
  'order.reopened': (order) => {
    order.completedAt = null;
  },
  'order.archived': (order, _, { recordedAt }) => {
    order.archivedAt = recordedAt;
  },
  'order.annotated': (order, { metadata }, _, before) => {
    const merged = { ...before.metadata, ...metadata };
    order.metadata = Object.fromEntries(
      Object.entries(merged).filter(([, value]) => value !== null),
    ) as typeof order.metadata;
  },
};
