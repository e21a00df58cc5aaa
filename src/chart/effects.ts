import type { NamedTimer } from './inspect.ts';
import type { ChartTimer } from './types.ts';

/** What a step does besides changing the value. */
export interface Effects {
  readonly emitted: readonly string[];
  readonly timersDropped: readonly string[];
  readonly timersSet: readonly ChartTimer[];
}

/** An action as the interpreter lists it. */
export interface ListedAction {
  readonly type: string;
  readonly params?: unknown;
}

/** The parameters of the actions that a learnable chart can have. */
interface ListedParams {
  readonly event?: { readonly type: string };
  readonly id?: string;
  readonly sendId?: string;
}

/**
 * Reads the interpreter's actions and keeps the net result for each timer: a state that was both
 * entered and left within the step sets no timer.
 *
 * @param timers The chart's timers, keyed by the interpreter's names for them.
 * @param before Names of the timers that may be set before the step.
 */
export function effectsOf(
  actions: readonly ListedAction[],
  timers: ReadonlyMap<string, NamedTimer>,
  before: ReadonlySet<string>,
): Effects {
  const emitted: string[] = [];
  const dropped = new Set<string>();
  const set = new Map<string, ChartTimer>();
  for (const { type, params } of actions) {
    const { event, id, sendId } = (params ?? {}) as ListedParams;
    if (type === 'xstate.emit' && event !== undefined) emitted.push(event.type);
    const started = timers.get(id ?? '')?.timer;
    if (type === 'xstate.raise' && started !== undefined) set.set(started.name, started);
    const ended = timers.get(sendId ?? '')?.timer.name;
    if (type === 'xstate.cancel' && ended !== undefined) {
      set.delete(ended);
      if (before.has(ended)) dropped.add(ended);
    }
  }
  return {
    emitted: Object.freeze(emitted),
    timersDropped: Object.freeze([...dropped]),
    timersSet: Object.freeze([...set.values()]),
  };
}
