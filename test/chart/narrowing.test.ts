import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emit, not, raise, stateIn } from 'xstate';
import {
  type Chart,
  type ChartDefinition,
  type ChartExtension,
  type ChartValue,
  extendChart,
  learnChart,
} from '../../src/chart/index.ts';
import { requestTypes } from '../../src/order/commands/commands.ts';
import { orderDelays } from '../../src/order/lifecycle/delays.ts';
import { orderGuards } from '../../src/order/lifecycle/guards.ts';
import { orderMachineConfig } from '../../src/order/lifecycle/machine.ts';
import { type Luck, luck, luckyGuard, runs } from './random-chart.ts';
import { expectSameWalk, type Move, machineOf, walkOracle } from './walk.ts';

// Random extensions of the real chart of orders. Its guards look at the order alone, so here they
// answer by the seed alone; the host's guards may look at the event as well.

const bySeed = (name: string) => {
  const guard = luckyGuard(name);
  return ({ context }: { context: Luck }) => guard({ context, event: { type: '' } }, undefined);
};

const core: ChartDefinition = {
  config: orderMachineConfig,
  guards: Object.fromEntries(Object.keys(orderGuards).map((name) => [name, bySeed(name)])),
  delays: Object.fromEntries(Object.keys(orderDelays).map((name) => [name, 1000])),
  shared: ['fact.*'],
};

const coreChart = learnChart<Luck>(machineOf(core));
const coreRegions = coreChart.root.children.map(({ key }) => key);
const lifecycle = coreChart.root.children.find(({ key }) => key === 'lifecycle');
const commands = [
  ...new Set(
    (lifecycle?.children ?? [])
      .flatMap(({ transitions }) => transitions)
      .filter(({ trigger, event }) => trigger === 'event' && !event.includes('*'))
      .map(({ event }) => event),
  ),
];

const hostGuards = ['h0', 'h1', 'h2'] as const;
const hostGuard = fc.oneof(
  fc.constantFrom(...hostGuards),
  fc.constantFrom(...hostGuards).map((name) => not(name)),
  fc.constant(stateIn({ lifecycle: 'confirmed' })),
);
const hostStates = ['s0', 's1', 's2'] as const;
const hostEmit = fc.constant(emit({ type: 'host.emitted' }));
const hostRaise = fc.constant(raise({ type: 'host.raised' }));
const hostList = (actions: fc.Arbitrary<unknown>) =>
  fc.array(
    fc.record(
      { target: fc.constantFrom(...hostStates), guard: hostGuard, actions, reenter: fc.boolean() },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 2 },
  );
const raising = hostList(fc.oneof(hostEmit, hostRaise));
// What follows a raised event raises none: XState would go round for ever.
const settling = hostList(hostEmit);
const hostState = fc.record(
  {
    on: fc.record(
      {
        'fact.*': raising,
        'fact.order.placed': raising,
        'host.go': raising,
        'host.raised': settling,
        'host.*': settling,
      },
      { requiredKeys: [] },
    ),
    after: fc.record({ hostDelay: raising }),
    entry: fc.constant(emit({ type: 'host.entered' })),
  },
  { requiredKeys: [] },
);
const hostRegion = fc
  .tuple(fc.constantFrom(...hostStates), hostState, hostState, hostState)
  .map(([initial, s0, s1, s2]) => ({ initial, states: { s0, s1, s2 } }));

const requirement = fc.uniqueArray(fc.constantFrom(...hostGuards), { minLength: 1, maxLength: 2 });
const requires = fc.dictionary(fc.constantFrom(...commands), requirement, {
  maxKeys: 4,
  noNullPrototype: true,
});

/** @param answer What the host's guards answer, or nothing for chance. */
const extensionOf = (answer?: boolean): fc.Arbitrary<ChartExtension> =>
  fc.record({
    regions: fc.record({ first: hostRegion, second: hostRegion }, { requiredKeys: ['first'] }),
    guards: fc.constant(
      Object.fromEntries(
        hostGuards.map((name) => [name, answer === undefined ? luckyGuard(name) : () => answer]),
      ),
    ),
    delays: fc.constant({ hostDelay: 10 }),
    requires,
  });

const into = fc.constantFrom('confirmed', 'cancelling', 'completed', 'archived');
const requiresInto = fc.dictionary(
  into.map((state) => `lifecycle.${state}`),
  requirement,
  {
    maxKeys: 2,
    noNullPrototype: true,
  },
);

const eventType = fc.constantFrom(
  ...commands,
  ...['fact.order.placed', 'fact.payment.captured', 'fact.host.happened', 'host.go', 'unheard.of'],
);
const moves: fc.Arbitrary<Move<Luck>[]> = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.record({ context: luck, event: fc.record({ type: eventType }) }) },
    { weight: 1, arbitrary: fc.record({ context: luck, timer: fc.nat(9) }) },
  ),
  { minLength: 1, maxLength: 40, size: 'max' },
);

function coreOf(value: ChartValue): ChartValue {
  const regions = Object.entries(value as Record<string, ChartValue>);
  return coreChart.resolve(
    Object.fromEntries(regions.filter(([key]) => coreRegions.includes(key))),
  );
}

const coreEmitted = (emitted: readonly string[]) =>
  emitted.filter((type) => !type.startsWith('host.'));

/** Walks an extended chart, showing every step to `visit`. */
function walk(
  chart: Chart<Luck>,
  all: readonly Move<Luck>[],
  visit: (
    from: ChartValue,
    move: { type: string },
    context: Luck,
    next: ReturnType<Chart<Luck>['step']>,
  ) => void,
): void {
  let { value } = chart.initial({ seed: 0 });
  for (const move of all) {
    if (!('event' in move)) continue;
    const next = chart.step(value, move.event, move.context);
    visit(value, move.event, move.context, next);
    value = next.value;
  }
}

describe('random extensions of the chart of orders', () => {
  it('are tried with every request', () => {
    const placed = requestTypes.filter((type) => type !== 'order.place');
    expect(commands.toSorted()).toEqual(placed.toSorted());
  });

  it('are answered as XState does', () => {
    const extension = fc
      .tuple(extensionOf(), requiresInto)
      .map(([first, second]) => ({ ...first, requiresInto: second }));
    fc.assert(
      fc.property(extension, moves, luck, (added, all, context) => {
        const machine = machineOf(extendChart(core, added));
        const chart = learnChart<Luck>(machine);
        const walked = walkOracle(machine, chart, all, context);
        expectSameWalk(chart, walked);
        expectSameWalk(chart, walked);
      }),
      { numRuns: runs(20) },
    );
  });

  it('never make a request of the core legal that was not', () => {
    fc.assert(
      fc.property(extensionOf(), moves, (added, all) => {
        const chart = learnChart<Luck>(machineOf(extendChart(core, added)));
        walk(chart, all, (from, event, context, next) => {
          if (!commands.includes(event.type) || !next.enabled) return;
          expect(coreChart.step(coreOf(from), event, context).enabled).toBe(true);
        });
      }),
      { numRuns: runs(40) },
    );
  });

  it('leave the core as it is where their requirements hold', () => {
    fc.assert(
      fc.property(extensionOf(true), moves, (added, all) => {
        const chart = learnChart<Luck>(machineOf(extendChart(core, added)));
        walk(chart, all, (from, event, context, next) => {
          const alone = coreChart.step(coreOf(from), event, context);
          expect(coreOf(next.value)).toBe(alone.value);
          expect(coreEmitted(next.emitted)).toEqual(alone.emitted);
        });
      }),
      { numRuns: runs(40) },
    );
  });

  it('close what they require where it does not hold, and nothing else', () => {
    fc.assert(
      fc.property(extensionOf(false), moves, (added, all) => {
        const chart = learnChart<Luck>(machineOf(extendChart(core, added)));
        walk(chart, all, (from, event, context, next) => {
          const closed = Object.hasOwn(added.requires ?? {}, event.type);
          const told = closed ? { type: 'unheard.of' } : event;
          const alone = coreChart.step(coreOf(from), told, context);
          if (commands.includes(event.type)) expect(next.enabled).toBe(alone.enabled);
          expect(coreOf(next.value)).toBe(alone.value);
        });
      }),
      { numRuns: runs(40) },
    );
  });
});
