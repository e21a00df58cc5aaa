import type { CommandOf } from '../commands/commands.ts';
import type { EventData } from '../events/events.ts';
import { figuresOf } from '../figures.ts';
import { creditableUnits } from '../line-figures.ts';
import { addAmounts, allocateAmount } from '../money.ts';
import type { LineUnits, Order } from '../order.ts';
import {
  type Component,
  type Price,
  priceOfNext,
  shareOfPrice,
  stillCharged,
  untaxed,
} from '../prices.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';
import { otherCurrency, unknownLine, withLines } from './references.ts';

// Allocates what is given back to components: a refund, a credit, or what a cancellation overpaid.

/** The parts of what is given back; their amounts sum to the whole (law M5). */
export type Allocation = EventData<'order.credited'>['allocation'];
type Part = Allocation[number];
type CreditOf = CommandOf<'order.credit'>['of'];

/** Allocates a credit to components. Refuses one that the components do not allow. */
export function allocate(order: Order, of: CreditOf, cause: string): Allocation | Refusal {
  switch (of.kind) {
    case 'units':
      return (
        unknownLine(order, of.lines) ??
        unitsNotThere(order, of.lines, cause) ??
        unitsParts(order, of.lines)
      );
    case 'components':
      return otherCurrency(order, of.currency) ?? knownComponents(order, of.components);
    case 'amount':
      return otherCurrency(order, of.currency) ?? spreadAmount(order, of.amount, cause);
  }
}

function unitsParts(order: Order, lines: readonly LineUnits[]): Allocation {
  return withLines(order, lines).map(({ line, lineId, units }) => ({
    component: `line:${lineId}`,
    ...priceOfNext(line, units),
    units,
  }));
}

/**
 * Law Q4: no unit is credited twice, or both credited and cancelled. A unit credited as returned
 * or lost must have come back or been lost.
 */
function unitsNotThere(
  order: Order,
  lines: readonly LineUnits[],
  cause: string,
): Refusal | undefined {
  for (const { line, lineId, units } of withLines(order, lines)) {
    const left = creditableUnits(line, cause);
    if (units <= left) continue;
    const { ordered, cancelled, creditedUnits, returned, lost, returnedToSender } = line;
    const figures = { ordered, cancelled, creditedUnits, returned, lost, returnedToSender };
    return new Refusal(
      'lawBroken',
      `Only ${left} units of line "${lineId}" can be credited with cause ${cause}, not ${units}: ` +
        'a unit can be credited once, not if it is cancelled, and as returned or lost only after a ' +
        'report of that.',
      { law: 'Q4', figures: { lineId, asked: units, left, ...figures } },
    );
  }
  return undefined;
}

/**
 * Refuses a credit of more than the order costs: a price cannot be negative. What was paid beyond
 * the price goes back by a refund of kind `credit`, which does not change the price.
 */
export function creditsTooMuch(order: Order, amount: MinorUnits): Refusal | undefined {
  const { agreedTotal, currentTotal } = figuresOf(order);
  if (amount <= agreedTotal) return undefined;
  return new Refusal(
    'lawBroken',
    `The order costs ${agreedTotal} minor units, so ${amount} cannot be credited: credit less, or ` +
      'pay back an overpayment by a refund of kind credit.',
    { law: 'M6', figures: { agreedTotal, currentTotal, asked: amount } },
  );
}

function knownComponents(
  order: Order,
  asked: readonly { readonly component: string; readonly amount: MinorUnits }[],
): Allocation | Refusal {
  const known = new Map(componentsOf(order).map(({ name, component }) => [name, component]));
  const parts: Part[] = [];
  for (const { component: name, amount } of asked) {
    const component = known.get(name);
    if (component === undefined) return unknownComponent(name);
    const price = shareOfPrice(stillCharged(component), amount);
    parts.push({ component: name, ...price, units: null });
  }
  return parts;
}

function unknownComponent(component: string): Refusal {
  return new Refusal(
    'unknownReference',
    `The order has no component "${component}": use line:<id> or charge:<id>.`,
    { figures: { component } },
  );
}

/** Spreads an amount over what is still charged. Only goodwill may exceed that (law M6). */
function spreadAmount(order: Order, amount: MinorUnits, cause: string): Allocation | Refusal {
  if (cause === 'goodwill') return [{ component: 'goodwill', ...untaxed(amount), units: null }];
  const charged = addAmounts(
    ...componentsOf(order).map(({ component }) => stillCharged(component).amount),
  );
  if (amount <= charged) return spreadOverComponents(order, amount, stillCharged);
  return new Refusal(
    'lawBroken',
    `Only ${charged} minor units are still charged, not ${amount}: use cause goodwill to give ` +
      'back more.',
    { law: 'M6', figures: { charged, asked: amount } },
  );
}

function componentsOf(order: Order): readonly { name: string; component: Component }[] {
  return [
    ...order.lines.map((component) => ({ name: `line:${component.id}`, component })),
    ...order.charges.map((component) => ({ name: `charge:${component.id}`, component })),
  ];
}

/** Splits an amount over the components exactly; what exceeds their prices is overpayment. */
export function spreadOverComponents(
  order: Order,
  amount: MinorUnits,
  priceOf: (component: Component) => Price,
): Allocation {
  const components = componentsOf(order).map(({ name, component }) => ({
    name,
    price: priceOf(component),
  }));
  const weights = components.map(({ price }) => price.amount);
  const explained = Math.min(amount, addAmounts(...weights));
  const shares = allocateAmount(explained, weights);
  const parts: Part[] = components
    .map(({ name, price }, index) => ({
      component: name,
      ...shareOfPrice(price, shares[index] ?? 0),
      units: null,
    }))
    .filter((part) => part.amount > 0);
  const rest = amount - explained;
  if (rest > 0) parts.push({ component: 'overpayment', ...untaxed(rest), units: null });
  return parts;
}
