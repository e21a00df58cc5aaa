import { describe, expect, it } from 'vitest';
import { createMachine, raise } from 'xstate';
import { type ChartEvent, learnChart } from '../../src/chart/index.ts';
import { thrownBy } from './refusals.ts';
import {
  confirmed,
  learnShop,
  newShop,
  paidShop,
  pending,
  type Shop,
  shop,
  told,
} from './shop-chart.ts';
import { machineOf } from './walk.ts';

describe('a learned chart', () => {
  it('says what it is', () => {
    const chart = learnShop();
    expect(chart.id).toBe('shop');
    expect(chart.version).toBe('7');
    expect(chart.delays).toEqual(['unpaidTimeout', '1000']);
    expect([...chart.guards].sort()).toEqual(Object.keys(shop.guards).sort());
  });

  it('enters its initial state and sets the timers there', () => {
    expect(learnShop().initial(newShop)).toEqual({
      value: pending,
      changed: true,
      enabled: true,
      emitted: [],
      timersDropped: [],
      timersSet: [{ name: 'lifecycle.pending.unpaidTimeout', delay: 'unpaidTimeout' }],
    });
  });

  it('moves, emits and drops the timers of the state that is left', () => {
    expect(learnShop().step(pending, told, paidShop)).toEqual({
      value: { ...confirmed, payment: 'paid' },
      changed: true,
      enabled: true,
      emitted: ['order.confirmed'],
      timersDropped: ['lifecycle.pending.unpaidTimeout'],
      timersSet: [],
    });
  });

  it('is enabled by a transition without a target, and changes nothing', () => {
    const step = learnShop().step(pending, { type: 'order.annotate' }, newShop);
    expect(step).toMatchObject({ enabled: true, changed: false, value: pending });
  });

  it('is not enabled for an event that has no place in the state', () => {
    const chart = learnShop();
    const shipped = { ...newShop, shipped: 1 };
    expect(chart.step(confirmed, { type: 'order.annotate' }, newShop).enabled).toBe(false);
    expect(chart.step(confirmed, { type: 'order.cancel' }, shipped).enabled).toBe(false);
  });

  it('moves by itself when what it waits for has come to pass, whatever the event', () => {
    const cancelling = { ...pending, lifecycle: 'cancelling' };
    const step = learnShop().step(cancelling, { type: 'nothing.we.know' }, newShop);
    expect(step).toMatchObject({ enabled: false, changed: true, emitted: ['order.cancelled'] });
  });

  it('reports a restarted timer as dropped and set', () => {
    const machine = createMachine({
      initial: 'waiting',
      states: {
        waiting: { on: { again: { target: 'waiting', reenter: true } }, after: { 5: {} } },
      },
    });
    const { timersDropped, timersSet } = learnChart(machine).step('waiting', { type: 'again' }, {});
    expect(timersDropped).toEqual(['waiting.5']);
    expect(timersSet).toEqual([{ name: 'waiting.5', delay: '5' }]);
  });

  it('leaves no trace of a timer in a state that is only passed through', () => {
    const machine = createMachine({
      initial: 'first',
      states: {
        first: { on: { go: 'passed' } },
        passed: { after: { 5: {} }, always: 'last' },
        last: {},
      },
    });
    const step = learnChart(machine).step('first', { type: 'go' }, {});
    expect(step).toMatchObject({ value: 'last', timersDropped: [], timersSet: [] });
  });
});

describe('learning', () => {
  it('is shared by all event types that the chart cannot tell apart', () => {
    const chart = learnShop();
    chart.step(pending, { type: 'fact.one' }, newShop);
    chart.step(pending, { type: 'fact.two' }, newShop);
    expect(chart.stats()).toMatchObject({ hits: 1, misses: 1, trees: 1 });
  });

  it('still shows each guard the event itself', () => {
    const machine = createMachine(
      { initial: 'a', states: { a: { on: { 'fact.*': { guard: 'big', target: 'b' } } }, b: {} } },
      { guards: { big: ({ event }) => event['size'] > 1 && event.type !== 'fact.small' } },
    );
    const chart = learnChart(machine);
    const step = (type: string, size: number) =>
      chart.step('a', { type, size } as ChartEvent, {}).value;
    expect(step('fact.one', 1)).toBe('a');
    expect(step('fact.two', 2)).toBe('b');
    expect(step('fact.small', 2)).toBe('a');
    expect(step('fact.three', 3)).toBe('b');
    expect(chart.stats()).toMatchObject({ hits: 2, misses: 2 });
  });

  it('tells an event from a raised one of the same type', () => {
    const machine = createMachine(
      {
        initial: 'a',
        states: {
          a: { on: { go: { guard: 'isFree', target: 'b', actions: raise({ type: 'go' }) } } },
          b: { on: { go: { guard: 'isFree', target: 'c' } } },
          c: {},
        },
      },
      { guards: { isFree: ({ event }) => event['fee'] === undefined || event['fee'] === 0 } },
    );
    const chart = learnChart(machine);
    for (const fee of [0, 0, 1]) {
      const expected = fee === 0 ? 'c' : 'a';
      expect(chart.step('a', { type: 'go', fee } as ChartEvent, {}).value).toBe(expected);
    }
  });

  it('asks each guard once for a step', () => {
    let asked = 0;
    const machine = createMachine(
      {
        initial: 'a',
        states: {
          a: { on: { go: [{ guard: 'no', target: 'b' }, { guard: 'no' }, { target: 'b' }] } },
          b: {},
        },
      },
      { guards: { no: () => ++asked < 0 } },
    );
    const chart = learnChart(machine);
    chart.step('a', { type: 'go' }, {});
    expect(asked).toBe(1);
    chart.step('a', { type: 'go' }, {});
    expect(asked).toBe(2);
  });

  it('passes on what a guard throws, and learns nothing from it', () => {
    const failure = new Error('cannot say');
    let fails = true;
    const machine = createMachine(
      { initial: 'a', states: { a: { on: { go: { guard: 'moody', target: 'b' } } }, b: {} } },
      {
        guards: {
          moody: () => {
            if (fails) throw failure;
            return true;
          },
        },
      },
    );
    const chart = learnChart(machine);
    expect(thrownBy(() => chart.step('a', { type: 'go' }, {}))).toBe(failure);
    expect(chart.stats().entries).toBe(0);
    fails = false;
    expect(chart.step('a', { type: 'go' }, {}).value).toBe('b');
    fails = true;
    expect(thrownBy(() => chart.step('a', { type: 'go' }, {}))).toBe(failure);
  });

  it('passes on what a guard throws on entering the chart', () => {
    const failure = new TypeError('cannot say');
    const machine = createMachine(
      { initial: 'a', states: { a: { always: { guard: 'moody', target: 'b' } }, b: {} } },
      {
        guards: {
          moody: () => {
            throw failure;
          },
        },
      },
    );
    expect(thrownBy(() => learnChart(machine).initial({}))).toBe(failure);
  });

  it.each([
    ['automatic transitions', { always: 'b' }, { always: 'a' }],
    [
      'raised events',
      { entry: raise({ type: 'go' }), on: { go: 'b' } },
      { entry: raise({ type: 'go' }), on: { go: 'a' } },
    ],
  ])('gives up on a chart that never settles: %s', (_what, a, b) => {
    const machine = createMachine({
      id: 'loop',
      initial: 'rest',
      states: { rest: { on: { start: 'a' } }, a, b } as never,
    });
    const error = thrownBy(() => learnChart(machine).step('rest', { type: 'start' }, {}));
    expect(error).toMatchObject({ code: 'chartDefect', details: { chart: 'loop' } });
  });

  it('gives up on a chart that never settles on entering', () => {
    const machine = createMachine({
      initial: 'a',
      states: { a: { always: 'b' }, b: { always: 'a' } },
    });
    expect(thrownBy(() => learnChart(machine).initial({}))).toMatchObject({ code: 'chartDefect' });
  });

  it('takes an event that is declared without a transition for no transition', () => {
    const machine = createMachine({
      on: { go: '.b', stop: '.b' },
      initial: 'a',
      states: { a: { on: { go: undefined, stop: [undefined, 'b'] as never } }, b: {} },
    });
    const chart = learnChart(machine);
    const explanation = chart.explain('a', { type: 'go' }, {});
    expect(explanation).toMatchObject({ candidates: 1, step: { enabled: false, value: 'a' } });
    expect(chart.step('a', { type: 'stop' }, {})).toMatchObject({ enabled: false, value: 'a' });
    expect(chart.step('b', { type: 'go' }, {}).enabled).toBe(true);
    const only = learnChart(
      createMachine({ initial: 'a', states: { a: { on: { go: undefined } } } }),
    );
    expect(only.events('a')).toEqual([]);
  });

  it.each(['*', 'xstate.init', 'xstate.stop', 'xstate.after.5.a', 1, undefined])(
    'refuses the reserved event type %s',
    (type) => {
      const chart = learnShop();
      const error = thrownBy(() => chart.step(pending, { type } as ChartEvent, newShop));
      expect(error).toMatchObject({ code: 'chartDefect' });
      expect(chart.step(pending, { type: 'unheard.of' }, newShop).enabled).toBe(false);
    },
  );

  it('does not change the machine, and can learn it again', () => {
    const machine = machineOf(shop);
    const before = JSON.stringify(machine.definition);
    const chart = learnChart<Shop>(machine);
    chart.step(pending, told, paidShop);
    expect(JSON.stringify(machine.definition)).toBe(before);
    expect(learnChart<Shop>(machine).step(pending, told, paidShop)).toEqual(
      chart.step(pending, told, paidShop),
    );
  });
});
