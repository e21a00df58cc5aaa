import { expect } from 'vitest';
import { type AnyStateMachine, createMachine, matchesState, pathToStateValue } from 'xstate';
import type { Chart, ChartEvent, ChartNode, ChartStep, ChartValue } from '../../src/chart/index.ts';
import { isOrderchartError } from '../../src/errors.ts';
import {
  inOracleTerms,
  type OracleStep,
  oracleInitial,
  oracleStep,
  oracleStill,
  runningAfter,
} from './oracle.ts';

/** One move of a random walk: an event, or one of the chart's timers, running or not. */
export type Move<Context> =
  | { readonly context: Context; readonly event: ChartEvent }
  | { readonly context: Context; readonly timer: number };

/** One step as XState made it. */
export interface Walked<Context> {
  readonly from: ChartValue;
  readonly move: Move<Context>;
  readonly running: ReadonlySet<string>;
  /** Nothing when XState gave up on a loop. */
  readonly expected: OracleStep | undefined;
}

/** A chart as data, the form that `createMachine` takes. */
export interface Definition {
  readonly config: object;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
}

interface KnownTimer {
  readonly name: string;
  readonly descriptor: string;
  readonly path: string;
}

/** The machine of a definition, with its input as context and bounded loops. */
export function machineOf({ config, guards, delays }: Definition): AnyStateMachine {
  const context = ({ input }: { readonly input: unknown }) => input ?? {};
  const bounded = { ...config, context, options: { maxIterations: 40 } };
  return createMachine(bounded as never, { guards, delays } as never);
}

/** Walks with XState alone; `chart` only puts values into document order. */
export function walkOracle<Context>(
  machine: AnyStateMachine,
  chart: Chart<Context>,
  moves: readonly Move<Context>[],
  context: Context,
): Walked<Context>[] {
  const timers = timersOf(chart.root);
  const first = boundless(() => oracleInitial(machine, context));
  if (first === undefined) return [];
  let value = chart.resolve(first.value);
  let running = runningAfter(new Set(), first);
  return moves.map((move) => {
    const from = value;
    const expected = boundless(() => oracleMove(machine, from, move, timers));
    const walked = { from, move, running, expected };
    if (expected !== undefined) {
      value = chart.resolve(expected.value);
      running = runningAfter(running, expected);
    }
    return walked;
  });
}

function oracleMove<Context>(
  machine: AnyStateMachine,
  from: ChartValue,
  move: Move<Context>,
  timers: readonly KnownTimer[],
): OracleStep {
  if ('event' in move) return oracleStep(machine, from, move.event, move.context);
  const timer = timers[move.timer % timers.length];
  if (timer === undefined) return oracleStill(from);
  const active = timer.path === '' || matchesState(pathToStateValue(timer.path.split('.')), from);
  if (!active) return oracleStill(from);
  return oracleStep(machine, from, { type: timer.descriptor }, move.context);
}

/** Checks that a learned chart makes the same steps. */
export function expectSameWalk<Context>(
  chart: Chart<Context>,
  walked: readonly Walked<Context>[],
): void {
  const timers = timersOf(chart.root);
  const descriptors = new Map(timers.map(({ name, descriptor }) => [name, descriptor]));
  for (const { from, move, running, expected } of walked) {
    const step = settled(() => learnedMove(chart, from, move, timers));
    if (expected === undefined || step === undefined) {
      expect(step).toBe(expected);
      continue;
    }
    const { cancelled, ...rest } = expected;
    const { started } = rest;
    expect(inOracleTerms(step, descriptors)).toEqual(rest);
    const dropped = step.timersDropped.map((name) => descriptors.get(name) ?? name);
    expect(runningAfter(running, { started, cancelled: dropped })).toEqual(
      runningAfter(running, { started, cancelled }),
    );
    expect(step.changed).toBe(chart.resolve(from) !== step.value);
    expect(chart.resolve(structuredClone(step.value))).toBe(step.value);
  }
}

function learnedMove<Context>(
  chart: Chart<Context>,
  from: ChartValue,
  move: Move<Context>,
  timers: readonly KnownTimer[],
): ChartStep {
  if ('event' in move) return chart.step(from, move.event, move.context);
  const name = timers[move.timer % timers.length]?.name ?? 'unknown';
  return chart.fire(from, name, move.context);
}

function timersOf(node: ChartNode): KnownTimer[] {
  const own = node.timers.map(({ name, delay }) => {
    const transition = node.transitions.find(
      (candidate) => candidate.trigger === 'after' && candidate.event === delay,
    );
    return { name, path: node.path, descriptor: transition?.descriptor ?? '' };
  });
  return [...own, ...node.children.flatMap(timersOf)];
}

/** Nothing when XState reached the bound on loops. */
function boundless<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Infinite loop')) return undefined;
    throw error;
  }
}

function settled<Result>(run: () => Result): Result | undefined {
  try {
    return run();
  } catch (error) {
    if (isOrderchartError(error, 'chartDefect')) return undefined;
    throw error;
  }
}
