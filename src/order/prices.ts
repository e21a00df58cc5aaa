import { chargedFor } from './figures.ts';
import { shareOfUnits } from './money.ts';
import type { Line } from './order.ts';
import type { MinorUnits } from './values.ts';

/**
 * What the next `units` of a line cost, counted after those cancelled or credited before, so
 * that all units one by one sum to the line; never more than what is still charged (law M6).
 */
export function priceOfNext(line: Line, units: number): MinorUnits {
  const from = Math.min(line.ordered, line.cancelled + line.creditedUnits);
  const to = Math.min(line.ordered, from + units);
  const share = (whole: MinorUnits) =>
    shareOfUnits(whole, line.ordered, to) - shareOfUnits(whole, line.ordered, from);
  const charged = chargedFor(line) - line.cancelledAmount - line.creditedAmount;
  return Math.min(share(line.net) + share(line.tax), Math.max(0, charged));
}
