import { describe, expect, it } from 'vitest';
import { createMachine, emit } from 'xstate';
import {
  type ChartDefinition,
  type ChartExtension,
  extendChart,
  learnChart,
} from '../../src/chart/index.ts';
import { paidShop, pending, type Shop, shop, told } from './shop-chart.ts';
import { machineOf } from './walk.ts';

const core: ChartDefinition = { ...shop, shared: ['fact.*'] };

interface Reviewed extends Shop {
  readonly cleared: boolean;
}

const review = {
  initial: 'open',
  states: {
    open: {
      on: { 'review.clear': {}, 'fact.review.cleared': 'cleared' },
      after: { reviewTimeout: { target: 'overdue', actions: emit({ type: 'review.overdue' }) } },
    },
    overdue: { on: { 'fact.*': { guard: 'cleared', target: 'cleared' } } },
    cleared: {},
  },
};

const extension = {
  regions: { review },
  guards: { cleared: ({ context }: { context: Reviewed }) => context.cleared },
  delays: { reviewTimeout: 5000 },
  requires: { 'order.cancel': ['cleared'] },
  requiresInto: { 'lifecycle.confirmed': ['cleared'] },
} satisfies ChartExtension;

const learnExtended = (added: ChartExtension = extension, from = core) =>
  learnChart<Reviewed>(machineOf(extendChart(from, added)));

const open = { ...pending, review: 'open' };
const paid: Reviewed = { ...paidShop, cleared: false };
const paidAndCleared: Reviewed = { ...paidShop, cleared: true };

describe('an extended chart', () => {
  it('has the further region, its events and its timers', () => {
    const chart = learnExtended();
    const { value, timersSet } = chart.initial(paid);
    expect(value).toEqual(open);
    expect(timersSet).toContainEqual({ name: 'review.open.reviewTimeout', delay: 'reviewTimeout' });
    expect(chart.events(open)).toContain('review.clear');
    expect(chart.step(open, { type: 'fact.review.cleared' }, paid).value).toMatchObject({
      review: 'cleared',
    });
    expect(chart.fire(open, 'review.open.reviewTimeout', paid).emitted).toEqual(['review.overdue']);
  });

  it('asks the requirement of an event after the guard that was there', () => {
    const chart = learnExtended();
    const confirmed = { ...open, lifecycle: 'confirmed' };
    expect(chart.explain(confirmed, { type: 'order.cancel' }, paid)).toMatchObject({
      step: { enabled: false },
      selection: [
        { guard: 'nothingShipped', answer: true },
        { guard: 'cleared', answer: false },
      ],
    });
    expect(chart.step(confirmed, { type: 'order.cancel' }, paidAndCleared).enabled).toBe(true);
    expect(chart.step(open, { type: 'order.cancel' }, paid).enabled).toBe(false);
  });

  it('asks the requirement of a state on every way into it', () => {
    const chart = learnExtended();
    const lifecycle = (type: string, context: Reviewed, value: object = open) =>
      (chart.step(value as never, { type }, context).value as Record<string, unknown>)['lifecycle'];
    expect(lifecycle('order.confirm', paid)).toBe('pending');
    expect(lifecycle('order.confirm', paidAndCleared)).toBe('confirmed');
    expect(lifecycle('fact.paid', paid)).toBe('pending');
    expect(lifecycle('fact.paid', paidAndCleared)).toBe('confirmed');
    const completed = { ...open, lifecycle: 'completed' };
    expect(lifecycle('fact.paid', paid, completed)).toBe('completed');
    expect(lifecycle('fact.paid', paidAndCleared, completed)).toBe('confirmed');
  });

  it('can be extended again', () => {
    const twice = extendChart(extendChart(core, extension), {
      regions: {
        gift: {
          initial: 'none',
          states: { none: { on: { 'gift.wrap': 'wrapped' } }, wrapped: {} },
        },
      },
      guards: { wrapped: () => false },
      requires: { 'order.cancel': ['wrapped'] },
    });
    const chart = learnChart<Reviewed>(machineOf(twice));
    const { trail } = chart.explain(
      { ...open, gift: 'none' },
      { type: 'order.cancel' },
      paidAndCleared,
    );
    expect(trail).toEqual([
      { guard: 'cleared', answer: true },
      { guard: 'wrapped', answer: false },
    ]);
  });

  it('leaves the definitions that it is made of as they are', () => {
    const before = JSON.stringify([core, extension]);
    extendChart(core, extension);
    expect(JSON.stringify([core, extension])).toBe(before);
  });

  it('is the chart itself when nothing is added', () => {
    const plain = learnChart<Shop>(machineOf(shop));
    const same = learnChart<Shop>(machineOf(extendChart(core, {})));
    expect(same.root).toEqual(plain.root);
    expect(same.step(pending, told, paidShop)).toEqual(plain.step(pending, told, paidShop));
  });
});

describe('requirements on what a chart declares in every form', () => {
  const forms: ChartDefinition = {
    config: {
      id: 'forms',
      type: 'parallel',
      states: {
        work: {
          initial: 'a',
          on: { start: '.b.y' },
          states: {
            a: { on: { go: 'b', stop: undefined }, after: { 5: 'b', 7: [{ target: 'b' }, {}] } },
            b: {
              initial: 'x',
              states: {
                x: { on: { next: 'y' } },
                y: { always: { target: 'z', guard: 'ready' } },
                z: { type: 'final' },
              },
              onDone: 'a',
              on: { stop: 'a', again: { target: 'b', reenter: true } },
            },
          },
        },
      },
    },
    guards: { ready: () => true },
    delays: {},
  };
  const labels = (added: ChartExtension) => {
    const extended = extendChart(forms, { guards: { ok: () => true }, ...added });
    const { root } = learnChart(createMachine(extended.config as never, extended as never));
    const nodes = root.children.flatMap((work) => [
      work,
      ...work.children,
      ...(work.children[1]?.children ?? []),
    ]);
    return nodes
      .flatMap((node) => node.transitions)
      .filter(({ guard }) => guard?.includes('ok'))
      .map(({ trigger, event, guard }) => `${trigger} ${event} [${guard}]`.replace('  ', ' '));
  };

  it('a composite state is entered by its own name and by the names of its states', () => {
    expect(labels({ requiresInto: { 'work.b': ['ok'] } })).toEqual([
      'event start [ok]',
      'event go [ok]',
      'after 5 [ok]',
      'after 7 [ok]',
      'event again [ok]',
    ]);
  });

  it('a first state is entered with the state around it', () => {
    expect(labels({ requiresInto: { 'work.b.x': ['ok'] } })).toEqual([
      'event go [ok]',
      'after 5 [ok]',
      'after 7 [ok]',
      'event again [ok]',
    ]);
  });

  it('completion and automatic transitions are ways in', () => {
    expect(labels({ requiresInto: { 'work.a': ['ok'] } })).toEqual([
      'event stop [ok]',
      'done [ok]',
    ]);
    expect(labels({ requiresInto: { 'work.b.z': ['ok'] } })).toEqual(['always [ready & ok]']);
  });

  it('an event that is declared without a transition stays so', () => {
    const extended = extendChart(forms, {
      guards: { ok: () => false },
      requires: { stop: ['ok'] },
    });
    const chart = learnChart(createMachine(extended.config as never, extended as never));
    expect(chart.explain({ work: 'a' }, { type: 'stop' }, {})).toMatchObject({
      candidates: 0,
      step: { enabled: false },
    });
    expect(labels({ requires: { stop: ['ok'] } })).toEqual(['event stop [ok]']);
  });
});
