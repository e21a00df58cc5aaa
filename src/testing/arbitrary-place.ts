import fc from 'fast-check';
import { maximumAmount } from '../order/money.ts';

/** The values in generated commands of one order. The pools are small, so that values collide. */
export interface CommandPools {
  /** The lines of the generated order. */
  readonly lines: readonly { readonly id: string; readonly quantity: number }[];
  /** Lines that amendments add. */
  readonly added: readonly { readonly id: string; readonly quantity: number }[];
  /** The currency of all amounts. */
  readonly currency: string;
  /** Amounts in commands, in minor units. */
  readonly amounts: readonly number[];
  /** Unit prices. */
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

/** The default pools of {@link arbitraryPlace}. */
export const defaultPools: CommandPools = {
  lines: [
    { id: 'a', quantity: 2 },
    { id: 'b', quantity: 3 },
  ],
  added: [
    { id: 'x', quantity: 1 },
    { id: 'y', quantity: 2 },
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

/** Pools with amounts at the limit of a single amount, so that sums and products exceed it. */
export const extremePools: CommandPools = {
  ...defaultPools,
  amounts: [1, maximumAmount / 2, maximumAmount - 1, maximumAmount],
  prices: [1, maximumAmount / 10, maximumAmount / 5 - 1, maximumAmount],
  taxes: [0, 1, maximumAmount / 2],
};

type Command = Readonly<Record<string, unknown>>;

/** An order with the lines of the pools. Its prices, discounts, tax and charges add up. */
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
      // Numbers are eighths of the price.
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

/** A line with its tax as a sum or by code, added to its price or included in it. */
export function arbitraryLine(
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
      // At most half of the price, since discounts of the order reduce the price that includes the tax.
      const mayInclude = 2 * tax <= priceOf(reduced);
      return /included/i.test(kind) && mayInclude ? { ...reduced, taxIncluded: true } : reduced;
    });
}
