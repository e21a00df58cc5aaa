import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { learnChart } from '../../src/chart/index.ts';
import { learnShop, newShop, pending } from './shop-chart.ts';

describe('timers', () => {
  it('fire by their names', () => {
    const step = learnShop().fire(pending, 'lifecycle.pending.unpaidTimeout', newShop);
    expect(step).toMatchObject({
      enabled: true,
      emitted: ['order.expired'],
      timersDropped: ['lifecycle.pending.unpaidTimeout'],
    });
  });

  it('do nothing in a state that does not wait for them, or when the chart does not know them', () => {
    const chart = learnShop();
    const cancelling = { ...pending, lifecycle: 'cancelling' };
    for (const timer of ['lifecycle.pending.unpaidTimeout', 'lifecycle.gone.unpaidTimeout']) {
      const step = chart.fire(cancelling, timer, newShop);
      expect(step).toMatchObject({
        value: cancelling,
        enabled: false,
        changed: false,
        emitted: [],
      });
    }
  });

  it('hand their fields to the guards, under the type that XState uses', () => {
    const seen: unknown[] = [];
    const machine = createMachine(
      {
        id: 'm',
        initial: 'a',
        states: { a: { after: { 5: { guard: 'due', target: 'b' } } }, b: {} },
      },
      { guards: { due: ({ event }) => seen.push(event) > 0 } },
    );
    const chart = learnChart(machine);
    chart.fire('a', 'a.5', {}, { at: 1 });
    chart.fire('a', 'a.5', {}, { at: 2, type: 'forged' });
    expect(seen).toEqual([
      { type: 'xstate.after.5.m.a', at: 1 },
      { type: 'xstate.after.5.m.a', at: 2 },
    ]);
  });
});
