import type { Draft } from 'immer';
import type { EventData } from '../events/events.ts';
import type { Line, Order } from '../order.ts';
import type { Units } from '../values.ts';
import { positionsOf } from './positions.ts';
import { countTax } from './taxes.ts';

type Credited = Pick<EventData<'order.credited'>, 'cause' | 'allocation'>;

/** Takes a credit off the components that it is allocated to. */
export function creditComponents(
  order: Draft<Order>,
  { cause, allocation }: Credited,
  before: Order,
): void {
  const lineAt = positionsOf(before.lines);
  const chargeAt = positionsOf(before.charges);
  for (const part of allocation) {
    const { component, amount, units } = part;
    const id = component.slice(component.indexOf(':') + 1);
    if (component === 'goodwill') {
      order.goodwill += amount;
    } else if (component.startsWith('charge:')) {
      const charge = order.charges[chargeAt(id)];
      if (charge === undefined) continue;
      charge.creditedAmount += amount;
      countTax(charge, 'credited', part);
    } else {
      const line = order.lines[lineAt(id)];
      if (line === undefined) continue;
      line.creditedAmount += amount;
      countTax(line, 'credited', part);
      countUnits(line, cause, units ?? 0);
    }
  }
}

function countUnits(line: Draft<Line>, cause: string, units: Units): void {
  line.creditedUnits += units;
  if (cause === 'return') line.creditedReturns += units;
  if (cause === 'lost' || cause === 'returnedToSender') line.creditedMissing += units;
}
