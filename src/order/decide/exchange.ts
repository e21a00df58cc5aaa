import type { Exchange } from '../changes.ts';
import type { CommandOf } from '../commands/commands.ts';
import { type CoreFact, fact } from '../events/events.ts';
import { uncreditedOf } from '../exchange.ts';
import { figuresOf } from '../figures.ts';
import { creditableUnits } from '../line-figures.ts';
import { addAmounts } from '../money.ts';
import type { LineUnits, Order } from '../order.ts';
import { priceOfNext } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import { amend, priceChange } from './amendment.ts';
import { credit } from './credit.ts';
import type { Decider } from './decider.ts';
import { idTaken, withLines } from './references.ts';
import { decideReturnRequest } from './return.ts';

/** A return, approved, and what goes out for it, in one commit; its credit follows by a deadline. */
export const decideExchange: Decider<CommandOf<'exchange.request'>> = (command, context) => {
  const { exchangeId, returnId, back, out, outCharges, ship, reason = null, orderId } = command;
  const { order } = context;
  if (order.exchanges?.some(({ id }) => id === exchangeId)) return idTaken('exchange', exchangeId);
  const returned = decideReturnRequest(
    { type: 'return.request', orderId, returnId, lines: back, reason: command.reason },
    context,
  );
  if (returned instanceof Refusal) return returned;
  const { discount, discounts } = command;
  const asked = { amendmentId: exchangeId, add: out, addCharges: outCharges, discount, discounts };
  const change = priceChange(asked, order);
  if (change instanceof Refusal) return change;
  const amended = amend({ amendmentId: exchangeId, reason }, change, context);
  if (amended instanceof Refusal) return amended;
  return [
    ...returned,
    fact('return.approved', { returnId }),
    fact('exchange.requested', { exchangeId, returnId, back, ship, reason }),
    ...amended,
  ];
};

/**
 * The facts that credit what came back for an exchange; none while nothing did, or where the laws
 * do not allow it: a deadline asks, and would ask for ever.
 */
export function creditExchange(
  exchange: Exchange,
  order: Order,
  newId: () => string,
): readonly CoreFact[] {
  const lines = creditable(order, uncreditedOf(exchange, order));
  if (lines.length === 0) return [];
  const { id: exchangeId, returnId } = exchange;
  const of = { kind: 'units', lines, ...atMostItsCost(order, lines) } as const;
  const credited = credit(order, { creditId: newId(), cause: 'return', causeId: returnId, of });
  if (credited instanceof Refusal) return [];
  return [fact('exchange.credited', { exchangeId, lines }), ...credited];
}

/** Where more was given away than the rest costs, the units are credited for what it costs. */
function atMostItsCost(order: Order, lines: readonly LineUnits[]) {
  const known = withLines(order, lines);
  const prices = known.map(({ line, units }) => priceOfNext(line, units).amount);
  const { agreedTotal } = figuresOf(order);
  return addAmounts(...prices) > agreedTotal && { amount: agreedTotal };
}

function creditable(order: Order, lines: readonly LineUnits[]): LineUnits[] {
  return withLines(order, lines)
    .map(({ line, lineId, units }) => ({
      lineId,
      units: Math.min(units, creditableUnits(line, 'return')),
    }))
    .filter(({ units }) => units > 0);
}
