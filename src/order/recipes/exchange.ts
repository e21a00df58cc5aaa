import type { Draft } from 'immer';
import type { Exchange } from '../changes.ts';
import type { LineUnits } from '../order.ts';
import type { RecipesOf } from './recipe.ts';

export const exchangeRecipes: RecipesOf<'exchange'> & RecipesOf<'units'> = {
  'exchange.requested': (order, { exchangeId, returnId, ship }, { recordedAt }) => {
    order.exchanges ??= [];
    order.exchanges.push({
      id: exchangeId,
      returnId,
      ship,
      requestedAt: recordedAt,
      credited: [],
    });
  },
  'exchange.credited': (order, { exchangeId, lines }, _, before) => {
    const at = before.exchanges?.findIndex(({ id }) => id === exchangeId) ?? -1;
    const [exchange, known] = [order.exchanges?.[at], before.exchanges?.[at]];
    if (exchange === undefined || known === undefined) return;
    exchange.credited = added(known.credited, lines) as Draft<Exchange>['credited'];
  },
  // What is credited and added follows; this one records which units are sent again, and as what.
  'units.replaced': () => {},
};

function added(known: readonly LineUnits[], more: readonly LineUnits[]): readonly LineUnits[] {
  const sums = new Map(known.map(({ lineId, units }) => [lineId, units]));
  for (const { lineId, units } of more) sums.set(lineId, (sums.get(lineId) ?? 0) + units);
  return [...sums].map(([lineId, units]) => ({ lineId, units }));
}
