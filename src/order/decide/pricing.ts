import type { CommandOf } from '../commands/commands.ts';
import type { EventData } from '../events/events.ts';
import { addAmounts, allocateAmount, maximumAmount } from '../money.ts';
import type { AmountByCode } from '../order.ts';
import { Refusal } from '../refusal.ts';
import type { MinorUnits } from '../values.ts';

type Place = CommandOf<'order.place'>;
type Placed = EventData<'order.placed'>;
type Component = Place['lines'][number] | NonNullable<Place['charges']>[number];

/** What is to be priced: of a new order, or what an amendment adds to one. */
export type ToPrice = Pick<Place, 'lines' | 'charges' | 'discount' | 'discounts'>;

/** A line or charge of the command, with its price before discounts, its discount and its tax. */
interface Asked<Kind extends Component = Component> {
  readonly component: Kind;
  readonly kind: 'line' | 'charge';
  readonly price: MinorUnits;
  readonly discount: MinorUnits;
  readonly tax: MinorUnits;
}

/** Prices the components of a new order exactly. Refuses figures that contradict each other. */
export function priceComponents(command: ToPrice): Pick<Placed, 'lines' | 'charges'> | Refusal {
  const lines = command.lines.map((line) => ask('line', line.unitPrice * line.quantity, line));
  const charges = (command.charges ?? []).map((charge) => ask('charge', charge.amount, charge));
  const all = [...lines, ...charges];
  const discount = sumOf(command.discount, command.discounts);
  const refused =
    findContradiction(command, all) ?? beyondMaximum(all) ?? findExcess(discount, lines, all);
  if (refused !== undefined) return refused;
  const weights = () => lines.map((line) => line.price - line.discount);
  const shares = discount === 0 ? [] : allocateAmount(discount, weights());
  const byLine = sharesByCode(command.discounts, shares);
  const tooTaxed = findExcessiveTax(lines, shares) ?? findExcessiveTax(charges, []);
  if (tooTaxed !== undefined) return tooTaxed;
  return {
    lines: lines.map((asked, at) => {
      const { id, sku = null, title = null, quantity, unitPrice } = asked.component;
      const [net, tax] = [netOf(asked, shares[at]), asked.tax];
      const line = { id, sku, title, quantity, unitPrice, net, tax };
      const isIncluded = asked.component.taxIncluded === true;
      const taxed = isIncluded ? { ...line, taxIncluded: true as const } : line;
      return withCodes(taxed, asked.component, byLine[at]);
    }),
    charges: charges.map((asked) => {
      const charge = { id: asked.component.id, net: netOf(asked), tax: asked.tax };
      return withCodes(charge, asked.component);
    }),
  };
}

function ask<Kind extends Component>(
  kind: Asked['kind'],
  price: MinorUnits,
  component: Kind,
): Asked<Kind> {
  const discount = sumOf(component.discount, component.discounts);
  return { component, kind, price, discount, tax: sumOf(component.tax, component.taxes) };
}

/** Amounts by code take precedence over the plain sum; an empty list counts as absent. */
function sumOf(
  plain: MinorUnits | undefined,
  amounts: readonly AmountByCode[] | undefined,
): MinorUnits {
  if (amounts === undefined || amounts.length === 0) return plain ?? 0;
  return addAmounts(...amounts.map(({ amount }) => amount));
}

/** The price after discounts and without tax. */
function netOf({ component, price, discount, tax }: Asked, share: MinorUnits = 0): MinorUnits {
  return price - discount - share - (component.taxIncluded === true ? tax : 0);
}

/** Splits the order's discounts over the lines. The shares sum exactly by line and by code. */
function sharesByCode(
  discounts: Place['discounts'],
  shares: readonly MinorUnits[],
): readonly (readonly AmountByCode[])[] {
  let left = shares;
  const found = (discounts ?? []).map(({ code, amount }) => {
    const parts = allocateAmount(amount, left);
    left = left.map((share, at) => share - (parts[at] ?? 0));
    return { code, parts };
  });
  return shares.map((_, at) => found.map(({ code, parts }) => ({ code, amount: parts[at] ?? 0 })));
}

/** Merges a line's own discounts with its shares of the order's. Leaves out those of zero. */
function merged(
  own: readonly AmountByCode[],
  shares: readonly AmountByCode[],
): readonly AmountByCode[] {
  const sums = new Map<string, MinorUnits>();
  for (const { code, amount } of [...own, ...shares]) {
    if (amount > 0) sums.set(code, addAmounts(sums.get(code) ?? 0, amount));
  }
  return [...sums].map(([code, amount]) => ({ code, amount }));
}

/** Leaves out empty lists, so that an order without codes is stored without them. */
function withCodes<Priced extends object>(
  priced: Priced,
  { taxes = [], discounts: own = [] }: Component,
  shares: readonly AmountByCode[] = [],
) {
  if (taxes.length + own.length + shares.length === 0) return priced;
  const discounts = merged(own, shares);
  return {
    ...priced,
    ...(taxes.length > 0 && { taxes }),
    ...(discounts.length > 0 && { discounts }),
  };
}

/** Refuses a discount or tax whose plain sum differs from its amounts by code. */
function findContradiction(command: ToPrice, all: readonly Asked[]): Refusal | undefined {
  const { discount, discounts } = command;
  const sum = sumOf(discount, discounts);
  if (differs(discount, sum)) return contradiction('discount', 'the order', [discount, sum], {});
  const asked = all.find(contradicts);
  if (asked === undefined) return undefined;
  const { kind, component } = asked;
  const what = differs(component.discount, asked.discount) ? 'discount' : 'tax';
  const figures = [component[what], asked[what]] as const;
  return contradiction(what, `${kind} "${component.id}"`, figures, { [kind]: component.id });
}

function differs(told: MinorUnits | undefined, sum: MinorUnits): boolean {
  return told !== undefined && told !== sum;
}

function contradicts({ component, discount, tax }: Asked): boolean {
  return differs(component.discount, discount) || differs(component.tax, tax);
}

function contradiction(
  what: 'discount' | 'tax',
  of: string,
  [told = 0, sum]: readonly [told: MinorUnits | undefined, sum: MinorUnits],
  subject: Readonly<Record<string, string>>,
): Refusal {
  return new Refusal(
    'totalMismatch',
    `The ${what} of ${of} is ${told}, but by code it adds up to ${sum}: send figures that add up, ` +
      'or only one of the two.',
    { law: 'M5', figures: { ...subject, byCode: sum, [what]: told } },
  );
}

/**
 * Law M8: an order must not cost more than the largest single amount, so that every amount made of
 * its prices (nets, total, cancellations, refunds) is a valid amount too. Measured before
 * discounts. Plain addition is safe here: a sum that is too large to be exact is too large anyway.
 */
function beyondMaximum(all: readonly Asked[]): Refusal | undefined {
  let gross = 0;
  for (const { price, tax, component } of all) {
    gross += price + (component.taxIncluded === true ? 0 : tax);
  }
  if (gross <= maximumAmount) return undefined;
  return new Refusal(
    'lawBroken',
    `The order costs more than ${maximumAmount} minor units before discounts: split the order.`,
    { law: 'M8', figures: { gross, maximum: maximumAmount } },
  );
}

/** Refuses a discount that exceeds the price: it would make an amount negative. */
function findExcess(
  discount: MinorUnits,
  lines: readonly Asked[],
  all: readonly Asked[],
): Refusal | undefined {
  const reduced = all.find((asked) => asked.discount > asked.price);
  if (reduced !== undefined) {
    const { kind, component } = reduced;
    const figures = { [kind]: component.id, discount: reduced.discount, price: reduced.price };
    return new Refusal(
      'totalMismatch',
      `The discount of ${kind} "${component.id}" exceeds its price.`,
      { law: 'M5', figures },
    );
  }
  const price = addAmounts(...lines.map((line) => line.price - line.discount));
  if (discount <= price) return undefined;
  return new Refusal('totalMismatch', 'The discount of the order exceeds the price of its lines.', {
    law: 'M5',
    figures: { discount, price },
  });
}

/** Refuses an included tax that exceeds the price after discounts. */
function findExcessiveTax(
  all: readonly Asked[],
  shares: readonly MinorUnits[],
): Refusal | undefined {
  const at = all.findIndex((asked, index) => netOf(asked, shares[index]) < 0);
  const asked = all[at];
  if (asked === undefined) return undefined;
  const { kind, component, tax } = asked;
  const price = netOf(asked, shares[at]) + tax;
  return new Refusal(
    'totalMismatch',
    `The tax of ${kind} "${component.id}" exceeds the price after discounts, which includes it.`,
    { law: 'M5', figures: { [kind]: component.id, tax, price } },
  );
}
