import type { Draft } from 'immer';
import type { RecipesOf } from './recipe.ts';

export const discrepancyRecipes: RecipesOf<'discrepancy'> = {
  'discrepancy.detected': (order, { discrepancyId, law, subject }) => {
    order.discrepancies.open.push({ id: discrepancyId, law, subject });
  },
  'discrepancy.resolved': (order, data, _, before) => {
    const { discrepancyId, law, subject, cause, figures } = data;
    const { discrepancies } = order;
    const left = before.discrepancies.open.filter((open) => open.id !== discrepancyId);
    discrepancies.open = left as Draft<typeof left>;
    if (cause === 'accepted')
      discrepancies.accepted.push({ law, subject, figures: { ...figures } });
  },
};
