import type { RecipesOf } from './recipe.ts';

export const discrepancyRecipes: RecipesOf<'discrepancy'> = {
  'discrepancy.detected': (order, { discrepancyId, law, subject }) => {
    order.discrepancies.open.push({ id: discrepancyId, law, subject });
  },
  'discrepancy.resolved': (order, { discrepancyId, law, subject, cause, figures }) => {
    const { discrepancies } = order;
    discrepancies.open = discrepancies.open.filter((open) => open.id !== discrepancyId);
    if (cause === 'accepted')
      discrepancies.accepted.push({ law, subject, figures: { ...figures } });
  },
};
