import { allocateAmount, shareOfUnits } from './money.ts';
import type { AmountByCode, Charge, Line } from './order.ts';
import type { MinorUnits, Units } from './values.ts';

/**
 * An amount by what it is made of. Net and tax add up to it, the taxes by code add up to the tax
 * (law M5). Everything that takes an amount off a component, or pays it back, is made here.
 */
export interface Price {
  readonly amount: MinorUnits;
  readonly net: MinorUnits;
  readonly tax: MinorUnits;
  /** Every tax of the component, also those of which this has nothing; absent without codes. */
  readonly taxes?: readonly AmountByCode[];
}

/** What a price is for: a line or a charge. */
export type Component = Line | Charge;

/** Net first, because it takes what has no other place; then the taxes, one by one. */
function partsOf({ net, tax, taxes }: Omit<Price, 'amount'>): readonly MinorUnits[] {
  return taxes === undefined ? [net, tax] : [net, ...taxes.map(({ amount }) => amount)];
}

/** The opposite of {@link partsOf}. */
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

/** An amount that is for no component: there is no tax in it. */
export function untaxed(amount: MinorUnits): Price {
  return { amount, net: amount, tax: 0 };
}

/** What a component was charged. */
export function chargedPrice(component: Component): Price {
  return priceFrom(partsOf(component), component.taxes);
}

/** What is no longer owed of a component: for cancelled units, and by credits. */
export function creditedPrice(component: Component): Price {
  const { creditedAmount, creditedTax = 0, taxes } = component;
  const { cancelledAmount = 0, cancelledTax = 0 } = component as Partial<Line>;
  const tax = cancelledTax + creditedTax;
  const net = cancelledAmount + creditedAmount - tax;
  const parts = taxes?.map(({ cancelled = 0, credited = 0 }) => cancelled + credited) ?? [tax];
  return priceFrom([net, ...parts], taxes);
}

/** What is still charged of a component (law M6). */
export function stillCharged(component: Component): Price {
  const credited = partsOf(creditedPrice(component));
  const left = partsOf(component).map((part, at) => Math.max(0, part - (credited[at] ?? 0)));
  return priceFrom(left, component.taxes);
}

/**
 * What the next `units` of a line cost, counted after those cancelled or credited before; never
 * more than what is still charged (law M6). All units one by one sum to the line, its net and each
 * of its taxes, and each unit has of all of them its exact share, up or down to a minor unit: the
 * remainder of one begins where that of another ended, so three units of 29.97 cost 9.99 each,
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

/** An amount out of a price, made of net and taxes in the same proportion, exactly. */
export function shareOfPrice(whole: Price, amount: MinorUnits): Price {
  if (amount === whole.amount) return whole;
  if (whole.tax === 0 && whole.taxes === undefined) return untaxed(amount);
  return priceFrom(allocateAmount(amount, partsOf(whole)), whole.taxes);
}

/** What is left of a price after a share of it. */
export function restOfPrice(whole: Price, share: Price): Price {
  const taken = partsOf(share);
  return priceFrom(
    partsOf(whole).map((part, at) => part - (taken[at] ?? 0)),
    whole.taxes,
  );
}
