import type { Draft } from 'immer';
import type { Line } from '../order.ts';
import type { Price } from '../prices.ts';

type Taxed = Draft<Pick<Line, 'taxes' | 'cancelledTax' | 'creditedTax'>>;

const counters = { cancelled: 'cancelledTax', credited: 'creditedTax' } as const;

/**
 * Counts the tax in what is no longer owed for a component. Adds the fields only with the first
 * tax, so that an order without taxes is stored without them.
 */
export function countTax(
  component: Taxed,
  kind: keyof typeof counters,
  { tax, taxes }: Pick<Price, 'tax' | 'taxes'>,
): void {
  if (tax === 0) return;
  const counter = counters[kind];
  component[counter] = (component[counter] ?? 0) + tax;
  component.taxes?.forEach((entry) => {
    const amount = taxes?.find(({ code }) => code === entry.code)?.amount ?? 0;
    if (amount > 0) entry[kind] = (entry[kind] ?? 0) + amount;
  });
}
