import type { Exchange } from './changes.ts';
import { figuresOf } from './figures.ts';
import type { LineUnits, Order, Return } from './order.ts';
import { optionalRules } from './policy.ts';
import { priceOfNext } from './prices.ts';
import { less, refusedBy, unitsByLine } from './units-so-far.ts';
import type { MinorUnits, Units } from './values.ts';

/**
 * Units of an exchange that are back and not credited yet: accepted, or received where the policy
 * says so. A unit that nobody asked back is not the exchange's.
 */
export function uncreditedOf(exchange: Exchange, order: Order): readonly LineUnits[] {
  const entry = returnOf(exchange, order);
  if (entry === undefined) return [];
  const { creditOn = optionalRules.creditOn } = order.policy;
  const back = unitsByLine(creditOn === 'received' ? entry.received : entry.accepted);
  const credited = unitsByLine(exchange.credited);
  return entry.requested
    .map(({ lineId, units }) => ({
      lineId,
      units: Math.min(units, back.get(lineId) ?? 0) - (credited.get(lineId) ?? 0),
    }))
    .filter(({ units }) => units > 0);
}

/** Units that an exchange still expects to credit: on their way back, or back and not credited. */
function expectedOf(exchange: Exchange, order: Order): readonly LineUnits[] {
  const entry = returnOf(exchange, order);
  if (entry === undefined) return [];
  if (entry.isClosed) return uncreditedOf(exchange, order);
  const expected = less(less(entry.requested, exchange.credited), refusedBy(entry));
  return expected.filter(({ units }) => units > 0);
}

/**
 * Units by line that exchanges in advance still expect to credit (law Q5): at most what is on its
 * way back, or back and not credited. A unit that was refunded by hand is expected no more.
 */
export function expectedBack(order: Order): ReadonlyMap<string, Units> {
  const expected = new Map<string, Units>();
  for (const exchange of order.exchanges ?? []) {
    if (exchange.ship !== 'inAdvance') continue;
    for (const { lineId, units } of expectedOf(exchange, order)) {
      expected.set(lineId, (expected.get(lineId) ?? 0) + units);
    }
  }
  for (const { id, returnRequested, returned, creditedReturns } of order.lines) {
    const units = expected.get(id);
    const mayCome = returnRequested + Math.max(0, returned - creditedReturns);
    if (units !== undefined && units > mayCome) expected.set(id, mayCome);
  }
  return expected;
}

/**
 * What stands for goods that leave in advance: the price of the units that are expected back. It is
 * gone when their return is closed, by its deadline at the latest, and what they cost is due.
 */
export function expectedCover(order: Order): MinorUnits {
  if (order.exchanges === undefined) return 0;
  const expected = expectedBack(order);
  let cover = 0;
  for (const line of order.lines) {
    const units = expected.get(line.id);
    if (units !== undefined) cover += priceOfNext(line, units).amount;
  }
  return Math.min(cover, figuresOf(order).agreedTotal);
}

function returnOf({ returnId }: Exchange, { returns }: Order): Return | undefined {
  return returns.find(({ id }) => id === returnId);
}
