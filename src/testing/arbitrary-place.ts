import fc from 'fast-check';
import { maximumAmount } from '../order/money.ts';

/** What the generated commands of one order may name; small pools, so that they meet each other. */
export interface CommandPools {
  /** The lines of the generated order. */
  readonly lines: readonly { readonly id: string; readonly quantity: number }[];
  /** The currency of all amounts. */
  readonly currency: string;
  /** Amounts that commands name, in minor units. */
  readonly amounts: readonly number[];
  /** Prices of one unit. */
  readonly prices: readonly number[];
  /** Taxes on a whole line. */
  readonly taxes: readonly number[];
  /** Ids of payments. */
  readonly payments: readonly string[];
  /** Ids of shipments. */
  readonly shipments: readonly string[];
  /** Ids of returns. */
  readonly returns: readonly string[];
  /** Ids of the provider's objects. */
  readonly objects: readonly string[];
}

/** Pools for an order as {@link arbitraryPlace} makes them. */
export const defaultPools: CommandPools = {
  lines: [
    { id: 'a', quantity: 2 },
    { id: 'b', quantity: 3 },
  ],
  currency: 'EUR',
  amounts: [1, 2500, 5000, 7500, 10_000, 20_000],
  prices: [0, 1, 999, 2500, 3333],
  taxes: [0, 1, 700],
  payments: ['p1', 'p2'],
  shipments: ['s1', 's2'],
  returns: ['r1', 'r2'],
  objects: ['o1', 'o2', 'o3'],
};

/** Pools whose amounts lie at the limit of a single one, so that sums and products go beyond it. */
export const extremePools: CommandPools = {
  ...defaultPools,
  amounts: [1, maximumAmount / 2, maximumAmount - 1, maximumAmount],
  prices: [1, maximumAmount / 10, maximumAmount / 5 - 1, maximumAmount],
  taxes: [0, 1, maximumAmount / 2],
};

type Command = Readonly<Record<string, unknown>>;

/** An order over the pools' lines: prices, discounts, tax and charges that add up. */
export function arbitraryPlace(pools: CommandPools = defaultPools): fc.Arbitrary<Command> {
  const lines = pools.lines.map((line) => arbitraryLine(line, pools));
  const shipping = { id: 'shipping', amount: 500 };
  const taxes = [
    { code: 'state', rate: '19', amount: 79 },
    { code: 'free', rate: '0', amount: 0 },
  ];
  return fc
    .record({
      type: fc.constant('order.place'),
      currency: fc.constant(pools.currency),
      lines: fc.tuple(...lines),
      charges: fc.constantFrom([], [shipping], [{ ...shipping, taxIncluded: true, taxes }]),
      policy: fc.record({
        confirmWhen: fc.constantFrom('authorized', 'paid', 'terms', 'manual'),
        settlementDelayMs: fc.constantFrom(0, 60_000),
        settleCredits: fc.constantFrom('manual', 'auto'),
      }),
      // Eighths of the price.
      coupons: fc.constantFrom<readonly number[]>([], [], [1], [1, 1]),
    })
    .map(({ coupons, ...place }) => {
      if (coupons.length === 0) return place;
      const price = place.lines.reduce((sum, line) => sum + priceOf(line), 0);
      const discounts = coupons.map((eighths, at) => ({
        code: `coupon-${at}`,
        amount: Math.min(maximumAmount, Math.floor(price / 8) * eighths),
      }));
      return { ...place, discounts };
    });
}

interface PricedLine {
  readonly quantity: number;
  readonly unitPrice: number;
  readonly discounts?: readonly { readonly amount: number }[];
}

const sumOf = (amounts: readonly { readonly amount: number }[]) =>
  amounts.reduce((sum, { amount }) => sum + amount, 0);

const priceOf = ({ quantity, unitPrice, discounts = [] }: PricedLine) =>
  quantity * unitPrice - sumOf(discounts);

/** A line with its tax as a sum or by code, beside its price or in it. */
function arbitraryLine(
  { id, quantity }: CommandPools['lines'][number],
  pools: CommandPools,
): fc.Arbitrary<PricedLine> {
  const tax = fc.constantFrom(...pools.taxes);
  const taxes = fc.tuple(tax, tax).map(([state, city]) => [
    { code: 'state', rate: '8.875', amount: state },
    { code: 'city', amount: city },
  ]);
  const priced = {
    id: fc.constant(id),
    quantity: fc.constant(quantity),
    unitPrice: fc.constantFrom(...pools.prices),
  };
  return fc
    .tuple(
      fc.oneof(
        { weight: 2, arbitrary: fc.record({ ...priced, tax }) },
        { weight: 1, arbitrary: fc.record({ ...priced, taxes }) },
      ),
      fc.constantFrom('plain', 'included', 'reduced', 'reducedAndIncluded'),
    )
    .map(([line, kind]) => {
      const isReduced = kind.startsWith('reduced');
      const discounts = [{ code: 'sale', amount: Math.floor(line.unitPrice / 2) }];
      const reduced = isReduced ? { ...line, discounts } : line;
      const tax = 'tax' in line ? line.tax : sumOf(line.taxes);
      // Half of the price at most: the order's discounts come off before it includes the tax.
      const mayInclude = 2 * tax <= priceOf(reduced);
      return /included/i.test(kind) && mayInclude ? { ...reduced, taxIncluded: true } : reduced;
    });
}
