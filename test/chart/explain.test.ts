import { describe, expect, it } from 'vitest';
import { confirmed, learnShop, newShop, paidShop, pending, told } from './shop-chart.ts';

describe('explanations', () => {
  it('tell the answers that decided, in the order of asking', () => {
    const held = { ...paidShop, held: true };
    const { step, ...rest } = learnShop().explain(pending, { type: 'order.confirm' }, held);
    const trail = [
      { guard: 'paid', answer: true },
      { guard: 'held', answer: true },
    ];
    expect(step.enabled).toBe(false);
    expect(rest).toEqual({ trail, selection: trail, candidates: 1 });
  });

  it('are the same when they come from memory', () => {
    const chart = learnShop();
    const first = chart.explain(pending, told, paidShop);
    expect(chart.stats()).toMatchObject({ hits: 0, misses: 1 });
    expect(chart.explain(pending, told, paidShop)).toEqual(first);
    expect(chart.stats()).toMatchObject({ hits: 1, misses: 1 });
  });

  it('part what selected a transition from what followed', () => {
    const { selection, trail } = learnShop().explain(pending, { type: 'order.cancel' }, paidShop);
    expect(selection).toEqual([]);
    expect(trail).toEqual([{ guard: 'paid', answer: true }]);
  });

  it('show the parameters of a guard', () => {
    const part = { ...confirmed, parcels: { some: 'part' } };
    const shipped = { type: 'fact.shipped' };
    const { trail } = learnShop().explain(part, shipped, { ...newShop, shipped: 1 });
    expect(trail).toContainEqual({ guard: 'atLeast(units=2)', answer: false });
  });

  it('count the transitions for the event, whatever the guards say', () => {
    const chart = learnShop();
    const candidates = (type: string) => chart.explain(pending, { type }, newShop).candidates;
    expect(candidates('order.confirm')).toBe(1);
    expect(candidates('fact.shipped')).toBe(4);
    expect(candidates('order.recount')).toBe(0);
  });

  it('list the events of a state', () => {
    expect(learnShop().events(pending)).toEqual([
      'order.confirm',
      'order.cancel',
      'order.annotate',
      'fact.*',
      'fact.shipped',
    ]);
  });
});
