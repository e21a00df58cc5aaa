import type { CommandOf } from '../commands/commands.ts';
import { fact } from '../events/events.ts';
import { creditableUnits, openUnitsOf } from '../line-figures.ts';
import { addAmounts } from '../money.ts';
import type { Line, Order } from '../order.ts';
import { priceOfNext } from '../prices.ts';
import { Refusal } from '../refusal.ts';
import { amend } from './amendment.ts';
import type { Decider } from './decider.ts';
import { findAmendment, idTaken, withLines } from './references.ts';

type Replace = CommandOf<'units.replace'>;

/**
 * Units are sent again at the price that is credited for them, in one commit: the order costs the
 * same, and no provider is called.
 */
export const decideReplace: Decider<Replace> = (command, context) => {
  const { replacementId, cause, lines } = command;
  const { order } = context;
  if (findAmendment(order, replacementId)) return idTaken('amendment', replacementId);
  const refused = notLeft(order, lines, cause);
  if (refused !== undefined) return refused;
  const added = addedLines(order, lines);
  const change = {
    amount: addAmounts(...added.flatMap(({ net, tax }) => [net, tax])),
    lines: added,
    charges: [],
    cancel: [],
    credit: {
      creditId: replacementId,
      cause,
      causeId: null,
      of: {
        kind: 'units' as const,
        lines: lines.map(({ lineId, units }) => ({ lineId, units })),
      },
    },
    total: null,
  };
  const facts = amend({ amendmentId: replacementId, reason: cause }, change, context);
  if (facts instanceof Refusal) return facts;
  return [fact('units.replaced', { replacementId, cause, lines: [...lines] }), ...facts];
};

/** A unit that is open is no damaged or wrong one: replaced, it would leave twice (law Q4). */
function notLeft(order: Order, lines: Replace['lines'], cause: Replace['cause']) {
  if (cause === 'lost' || cause === 'returnedToSender') return undefined;
  for (const { line, lineId, units } of withLines(order, lines)) {
    const open = openUnitsOf(line);
    const left = Math.max(0, creditableUnits(line, cause) - open);
    if (units <= left) continue;
    return new Refusal(
      'lawBroken',
      `Only ${left} units of line "${lineId}" have left and are not credited, not ${units}: the ` +
        'others can be dispatched or cancelled.',
      { law: 'Q4', figures: { lineId, asked: units, left, open } },
    );
  }
  return undefined;
}

function addedLines(order: Order, lines: Replace['lines']) {
  return withLines(order, lines).map(({ line, units, as }) => addedLine(line, units, as));
}

/** The same thing, at what the replaced units cost, net and taxes. */
function addedLine(line: Line, units: number, id: string) {
  const { sku, title, unitPrice, taxIncluded } = line;
  const { net, tax, taxes } = priceOfNext(line, units);
  const rates = new Map(line.taxes?.map(({ code, rate }) => [code, rate]));
  return {
    id,
    sku,
    title,
    quantity: units,
    unitPrice,
    net,
    tax,
    ...(taxIncluded && { taxIncluded }),
    ...(taxes && {
      taxes: taxes.map(({ code, amount }) => {
        const rate = rates.get(code);
        return rate === undefined ? { code, amount } : { code, rate, amount };
      }),
    }),
  };
}
