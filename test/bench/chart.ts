import { performance } from 'node:perf_hooks';
import { type AnyStateMachine, createMachine, initialTransition, transition } from 'xstate';
import { type Chart, type ChartValue, learnChart } from '../../src/chart/index.ts';
import { orderDelays } from '../../src/order/lifecycle/delays.ts';
import { orderGuards } from '../../src/order/lifecycle/guards.ts';
import { orderMachineConfig } from '../../src/order/lifecycle/machine.ts';

/** Steps per second of one chart, in two ways, on the same walk. */
export interface ChartRates {
  readonly learnedPerSecond: number;
  readonly xstatePerSecond: number;
  /** How many times faster the learned chart is. */
  readonly ratio: number;
  /** Questions and outcomes that the walk needs. */
  readonly entries: number;
}

/** What {@link benchChart} measures. */
export interface ChartBenchmark {
  /** The chart of orders, with guards that cost next to nothing. */
  readonly orderChart: ChartRates;
  /** Two regions and two guards: what a step costs besides its guards. */
  readonly smallChart: ChartRates;
}

interface Walk {
  readonly machine: AnyStateMachine;
  readonly events: readonly { readonly type: string }[];
  /** Answers of the guards, one bit each. */
  readonly contexts: readonly number[];
}

const learnedSteps = 2_000_000;
const xstateSteps = 2_000;
const walkLength = 997;

/** Compares the learned chart, warm, with XState's own pure `transition()` in the same run. */
export async function benchChart(): Promise<ChartBenchmark> {
  return { orderChart: measured(orderWalk()), smallChart: measured(smallWalk()) };
}

function measured(walk: Walk): ChartRates {
  const chart = learnChart<number>(walk.machine);
  runLearned(chart, walk, walkLength * 20);
  const learnedPerSecond = perSecond(learnedSteps, () => runLearned(chart, walk, learnedSteps));
  runXstate(walk, 200);
  const xstatePerSecond = perSecond(xstateSteps, () => runXstate(walk, xstateSteps));
  const ratio = Math.round(learnedPerSecond / xstatePerSecond);
  return { learnedPerSecond, xstatePerSecond, ratio, entries: chart.stats().entries };
}

function runLearned(chart: Chart<number>, { events, contexts }: Walk, steps: number): void {
  let value: ChartValue = chart.initial(0).value;
  for (let step = 0; step < steps; step += 1) {
    const index = step % walkLength;
    const event = events[index] ?? { type: '' };
    value = chart.step(value, event, contexts[index] ?? 0).value;
  }
}

function runXstate({ machine, events, contexts }: Walk, steps: number): void {
  let [snapshot] = initialTransition(machine, 0);
  for (let step = 0; step < steps; step += 1) {
    const index = step % walkLength;
    const here = { ...snapshot, context: contexts[index] };
    [snapshot] = transition(machine, here, events[index]);
  }
}

function perSecond(steps: number, run: () => void): number {
  const start = performance.now();
  run();
  return Math.round((steps * 1000) / (performance.now() - start));
}

/** The chart of orders: two facts for each command, as in the life of an order. */
function orderWalk(): Walk {
  const names = Object.keys(orderGuards);
  const guards = names.map((name, index) => [name, answerOf(index)] as const);
  const machine = createMachine(orderMachineConfig as never, {
    guards: Object.fromEntries(guards) as never,
    delays: Object.fromEntries(Object.keys(orderDelays).map((name) => [name, 1000])) as never,
  });
  const facts = ['fact.payment.captured', 'fact.shipment.dispatched', 'fact.order.annotated'];
  const commands = ['order.confirm', 'order.cancel', 'payment.capture', 'shipment.dispatch'];
  return walkOver(machine, [...facts, ...facts, ...facts, ...commands]);
}

function smallWalk(): Walk {
  const machine = createMachine(
    {
      type: 'parallel',
      states: {
        door: {
          initial: 'shut',
          states: {
            shut: { on: { turn: { guard: 'free', target: 'open' } } },
            open: { on: { turn: 'shut' } },
          },
        },
        light: {
          initial: 'off',
          states: {
            off: { on: { flip: 'on' } },
            on: { on: { flip: { guard: 'free', target: 'off' } } },
          },
        },
      },
    },
    { guards: { free: answerOf(0) as never } },
  );
  return walkOver(machine, ['turn', 'flip', 'nothing']);
}

/** A guard that answers by chance, the same for the same context. */
function answerOf(guard: number): (given: { readonly context: number }) => boolean {
  return ({ context }) => (Math.imul(context + guard + 1, 2_654_435_761) >>> 28) % 2 === 0;
}

function walkOver(machine: AnyStateMachine, types: readonly string[]): Walk {
  const chance = chances();
  const events = types.map((type) => ({ type }));
  return {
    machine,
    events: Array.from({ length: walkLength }, () => events[chance(events.length)] ?? { type: '' }),
    contexts: Array.from({ length: walkLength }, () => chance(16)),
  };
}

/** Numbers below a bound, the same in every run. */
function chances(): (bound: number) => number {
  let state = 42;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % bound;
  };
}
