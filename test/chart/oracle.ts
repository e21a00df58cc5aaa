import { type AnyStateMachine, initialTransition, transition } from 'xstate';
import type { ChartEvent, ChartStep, ChartValue } from '../../src/chart/index.ts';

/** What XState itself does: the measure of a learned chart. */
export interface OracleStep {
  readonly value: unknown;
  readonly enabled: boolean;
  readonly emitted: readonly string[];
  /** Descriptors of the timers that were started and not cancelled again, sorted. */
  readonly started: readonly string[];
  /** Descriptors of the timers that were cancelled and not started again, sorted. */
  readonly cancelled: readonly string[];
}

interface Listed {
  readonly type: string;
  readonly params?: {
    readonly event?: { readonly type: string };
    readonly id?: string;
    readonly delay?: number;
    readonly sendId?: string;
  };
}

/** Enters a machine whose context is its input. */
export function oracleInitial(machine: AnyStateMachine, context: unknown): OracleStep {
  const [snapshot, actions] = initialTransition(machine, context);
  if (snapshot.status === 'error') throw snapshot.error;
  return read(snapshot.value, true, actions as readonly Listed[]);
}

/** One step by `transition()`, from the state as a store would give it back. */
export function oracleStep(
  machine: AnyStateMachine,
  value: ChartValue,
  event: ChartEvent,
  context: unknown,
): OracleStep {
  const snapshot = machine.resolveState({ value, context });
  const selected = machine.getTransitionData(snapshot, event);
  const [next, actions] = transition(machine, snapshot, event);
  const enabled = selected.some(({ source, eventType }) => {
    const declared = source.config.on ?? {};
    return !(eventType in declared && declared[eventType] === undefined);
  });
  return read(next.value, enabled, actions as readonly Listed[]);
}

/** The step that changes nothing: a timer that does not run can not fire. */
export function oracleStill(value: ChartValue): OracleStep {
  return read(value, false, []);
}

function read(value: unknown, enabled: boolean, actions: readonly Listed[]): OracleStep {
  const last = new Map<string, 'started' | 'cancelled'>();
  const emitted: string[] = [];
  for (const { type, params = {} } of actions) {
    if (type === 'xstate.emit') emitted.push(params.event?.type ?? '');
    if (type === 'xstate.raise' && params.delay !== undefined) last.set(params.id ?? '', 'started');
    if (type === 'xstate.cancel') last.set(params.sendId ?? '', 'cancelled');
  }
  const those = (what: string) => [...last].filter((entry) => entry[1] === what);
  const names = (what: string) =>
    those(what)
      .map(([name]) => name)
      .sort();
  return { value, enabled, emitted, started: names('started'), cancelled: names('cancelled') };
}

/** A learned step in the oracle's terms, with timers by their descriptors. */
export function inOracleTerms(
  step: ChartStep,
  descriptors: ReadonlyMap<string, string>,
): Omit<OracleStep, 'cancelled'> {
  const started = step.timersSet.map(({ name }) => descriptors.get(name) ?? name).sort();
  return { value: step.value, enabled: step.enabled, emitted: step.emitted, started };
}

/** The timers that run after a step, given those that ran before. */
export function runningAfter(
  running: ReadonlySet<string>,
  { started, cancelled }: Pick<OracleStep, 'started' | 'cancelled'>,
): Set<string> {
  const after = new Set(running);
  for (const name of cancelled) after.delete(name);
  for (const name of started) after.add(name);
  return after;
}
