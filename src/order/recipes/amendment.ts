import type { Draft } from 'immer';
import type { Amendment } from '../changes.ts';
import { figuresOf } from '../figures.ts';
import type { Order } from '../order.ts';
import { newCharge, newLine } from './order.ts';
import type { RecipesOf } from './recipe.ts';

type AmendmentRecipes = RecipesOf<'amendment'> & Pick<RecipesOf<'order'>, 'order.amended'>;

export const amendmentRecipes: AmendmentRecipes = {
  'order.amended': (order, data, { recordedAt }, before) => {
    const { amendmentId, reason, amount, lines, charges } = data;
    // Gifts of more than is left were for what is gone: they must not pay for what is added.
    order.goodwill -= Math.min(before.goodwill, figuresOf(before).overCredited);
    order.total += amount;
    order.moneyChangedAt = recordedAt;
    for (const line of lines) order.lines.push(newLine(line) as Draft<Order>['lines'][number]);
    for (const charge of charges)
      order.charges.push(newCharge(charge) as Draft<Order>['charges'][number]);
    if (!decide(order, before, amendmentId, 'applied')) {
      add(order, { id: amendmentId, reason, state: 'applied' });
    }
  },
  'amendment.proposed': (order, { amendmentId, reason, change }, { recordedAt }) => {
    add(order, { id: amendmentId, reason, state: 'proposed', proposedAt: recordedAt, change });
  },
  'amendment.declined': (order, { amendmentId }, _, before) => {
    decide(order, before, amendmentId, 'declined');
  },
  'amendment.lapsed': (order, { amendmentId }, _, before) => {
    decide(order, before, amendmentId, 'lapsed');
  },
};

function add(order: Draft<Order>, amendment: Amendment): void {
  order.amendments ??= [];
  order.amendments.push(amendment as Draft<Amendment>);
}

/** What was proposed is kept only until it is decided: it would be stored with every change. */
function decide(
  order: Draft<Order>,
  before: Order,
  amendmentId: string,
  state: Amendment['state'],
): boolean {
  const at = before.amendments?.findIndex(({ id }) => id === amendmentId) ?? -1;
  const amendment = order.amendments?.[at];
  if (amendment === undefined) return false;
  amendment.state = state;
  delete amendment.change;
  return true;
}
