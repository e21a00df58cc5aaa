import { allocateAmount, shareOfUnits } from './money.ts';
import type { AmountByCode, Charge, Line } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

/**
 * An amount and its parts. Net and tax add up to the amount; the taxes by code add up to the tax
 * (law M5). Every amount taken off a component, or paid back, is computed in this file.
 */
export interface Price {
  readonly amount: MinorUnits;
  readonly net: MinorUnits;
  readonly tax: MinorUnits;
  /** Every tax of the component, including those that are zero here; absent without codes. */
  readonly taxes?: readonly AmountByCode[];
}

/** What a price is for: a line or a charge. */
export type Component = Line | Charge;

/** Net first: if all parts are zero, `allocateAmount` gives everything to the first. Then taxes. */
function partsOf({ net, tax, taxes }: Omit<Price, 'amount'>): readonly MinorUnits[] {
  return taxes === undefined ? [net, tax] : [net, ...taxes.map(({ amount }) => amount)];
}

/** The inverse of {@link partsOf}. */
function priceFrom(parts: readonly MinorUnits[], codes: Price['taxes']): Price {
  const [net = 0, first = 0] = parts;
  if (codes === undefined) return { amount: net + first, net, tax: first };
  let tax = 0;
  const taxes = codes.map(({ code }, at) => {
    const amount = parts[at + 1] ?? 0;
    tax += amount;
    return { code, amount };
  });
  return { amount: net + tax, net, tax, taxes };
}

/** The price of an amount that belongs to no component: it has no tax. */
export function untaxed(amount: MinorUnits): Price {
  return { amount, net: amount, tax: 0 };
}

/** What a component was charged. */
export function chargedPrice(component: Component): Price {
  return priceFrom(partsOf(component), component.taxes);
}

/** What is no longer owed for a component: for cancelled units, and by credits. */
export function creditedPrice(component: Component): Price {
  const { creditedAmount, creditedTax = 0, taxes } = component;
  const { cancelledAmount = 0, cancelledTax = 0 } = component as Partial<Line>;
  const tax = cancelledTax + creditedTax;
  const net = cancelledAmount + creditedAmount - tax;
  const parts = taxes?.map(({ cancelled = 0, credited = 0 }) => cancelled + credited) ?? [tax];
  return priceFrom([net, ...parts], taxes);
}

/** What is still charged for a component (law M6). */
export function stillCharged(component: Component): Price {
  const credited = partsOf(creditedPrice(component));
  const left = partsOf(component).map((part, at) => Math.max(0, part - (credited[at] ?? 0)));
  return priceFrom(left, component.taxes);
}

/**
 * The price of the next `units` of a line, after those already cancelled or credited; never more
 * than what is still charged (law M6). Taken one by one, all units sum to the line's net and to
 * each of its taxes. The share of each unit is exact to a minor unit, also in total: the remainder
 * of each part starts where that of the part before ended, so three units of 29.97 cost 9.99 each,
 * however much of it is tax.
 */
export function priceOfNext(line: Line, units: Units): Price {
  const { ordered } = line;
  const from = Math.min(ordered, line.cancelled + line.creditedUnits);
  const to = Math.min(ordered, from + units);
  const left = partsOf(stillCharged(line));
  let first = 0;
  const parts = partsOf(line).map((whole, at) => {
    const share =
      shareOfUnits(whole, ordered, to, first) - shareOfUnits(whole, ordered, from, first);
    first = (first + (whole % ordered)) % ordered;
    return Math.min(share, left[at] ?? 0);
  });
  return priceFrom(parts, line.taxes);
}

/** Takes an amount out of a price: net and taxes in proportion, which sum exactly. */
export function shareOfPrice(whole: Price, amount: MinorUnits): Price {
  if (amount === whole.amount) return whole;
  return priceFrom(allocateAmount(amount, partsOf(whole)), whole.taxes);
}

/** What is left of a price after taking a share out of it. */
export function restOfPrice(whole: Price, share: Price): Price {
  const taken = partsOf(share);
  return priceFrom(
    partsOf(whole).map((part, at) => part - (taken[at] ?? 0)),
    whole.taxes,
  );
}
