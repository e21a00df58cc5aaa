import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { OrderchartError } from '../errors.ts';
import { readActions } from './actions.ts';
import { guardLabel, readGuard } from './guards.ts';
import type { ChartNode, ChartTimer, ChartTransition } from './types.ts';

/** A timer of a chart, and the interpreter's name for its event. */
export interface NamedTimer {
  readonly timer: ChartTimer;
  readonly descriptor: string;
}

/** A description of a chart. */
export interface Inspection {
  readonly root: ChartNode;
  readonly guards: readonly string[];
  readonly delays: readonly string[];
  /** Every event descriptor, including the interpreter's own. */
  readonly descriptors: readonly string[];
  readonly timers: readonly NamedTimer[];
}

/** Collected while walking the states. */
interface Walk {
  readonly machine: AnyStateMachine;
  readonly guards: Set<string>;
  readonly delays: Set<string>;
  readonly descriptors: Set<string>;
  readonly timers: Map<string, NamedTimer>;
}

/**
 * Describes a machine. Refuses one that cannot be learned, because its answer depends on more than
 * the state value, the event type and the answers of its named guards.
 *
 * @throws OrderchartError `chartRefused`, details `{ path, reason }`.
 */
export function inspectMachine(machine: AnyStateMachine): Inspection {
  const walk: Walk = {
    machine,
    guards: new Set(),
    delays: new Set(),
    descriptors: new Set(),
    timers: new Map(),
  };
  const root = inspectNode(machine.root, walk);
  return {
    root,
    guards: Object.freeze([...walk.guards]),
    delays: Object.freeze([...walk.delays]),
    descriptors: [...walk.descriptors],
    timers: [...walk.timers.values()],
  };
}

/**
 * Whether the transition exists only to keep parents from handling the event
 * (`on: { event: undefined }`). The interpreter selects it like any other transition.
 */
export function isForbidden(transition: AnyTransitionDefinition): boolean {
  const { source, eventType } = transition;
  const declared: unknown = source.config.on?.[eventType];
  if (!Array.isArray(declared)) {
    return declared === undefined && Object.hasOwn(source.config.on ?? {}, eventType);
  }
  const position = source.transitions.get(eventType)?.indexOf(transition) ?? -1;
  return position >= 0 && declared[position] === undefined;
}

/** Returns the keys from the root, joined by dots; empty for the root. */
export function pathOf(node: AnyStateNode): string {
  return node.path.join('.');
}

function inspectNode(node: AnyStateNode, walk: Walk): ChartNode {
  const refuse = refusal(node, walk);
  const kind = inspectKind(node, refuse);
  // Children first, because XState adds their routes to the transitions of the root.
  const children = Object.values(node.states).map((child) => inspectNode(child, walk));
  const timers = inspectTimers(node, walk, refuse);
  const reading = {
    implementations: walk.machine.implementations.actions,
    timers: new Set(timers.map((named) => named.descriptor)),
    refuse,
  };
  return Object.freeze({
    key: node.key,
    path: pathOf(node),
    kind,
    initial: kind === 'compound' ? node.initial.target[0]?.key : undefined,
    emits: Object.freeze({
      entry: Object.freeze(readActions([...node.entry, ...node.initial.actions], reading)),
      exit: Object.freeze(readActions(node.exit, reading)),
    }),
    timers: Object.freeze(timers.map((named) => named.timer)),
    transitions: Object.freeze(inspectTransitions(node, walk)),
    children: Object.freeze(children),
  });
}

function inspectKind(node: AnyStateNode, refuse: (reason: string) => never): ChartNode['kind'] {
  if (node.type === 'history') return refuse('history state');
  if (node.invoke.length > 0) refuse('invoke');
  if (node.config.route !== undefined) refuse('route');
  if (hasFunction(node.output)) refuse('output given by a function');
  return node.type;
}

function hasFunction(output: unknown): boolean {
  if (typeof output !== 'object' || output === null) return typeof output === 'function';
  return Object.values(output).some((value) => typeof value === 'function');
}

function inspectTimers(
  node: AnyStateNode,
  walk: Walk,
  refuse: (reason: string) => never,
): NamedTimer[] {
  const own = new Map<string, NamedTimer>();
  for (const { delay, eventType } of node.after) {
    const key = String(delay);
    if (typeof delay !== 'number' && !Object.hasOwn(walk.machine.implementations.delays, key)) {
      refuse(`delay "${key}" has no implementation`);
    }
    const name = [...node.path, key].join('.');
    const timer = Object.freeze({ name, delay: key });
    own.set(name, Object.freeze({ timer, descriptor: eventType }));
  }
  for (const [name, named] of own) {
    if (walk.timers.has(name)) refuse(`timer name "${name}" is taken by another state`);
    walk.timers.set(name, named);
    walk.delays.add(named.timer.delay);
  }
  return [...own.values()];
}

function inspectTransitions(node: AnyStateNode, walk: Walk): ChartTransition[] {
  const declared = [...node.transitions.values()].flat();
  for (const descriptor of node.transitions.keys()) walk.descriptors.add(descriptor);
  return [...declared, ...(node.always ?? [])].map((transition) =>
    inspectTransition(node, transition, walk),
  );
}

function inspectTransition(
  node: AnyStateNode,
  transition: AnyTransitionDefinition,
  walk: Walk,
): ChartTransition {
  const { trigger, event } = inspectTrigger(node, transition);
  const place = trigger === 'event' ? `on "${event}"` : `${trigger} ${event}`.trim();
  const refuse = refusal(node, walk, place);
  const { guards, actions } = walk.machine.implementations;
  const { guard } = transition;
  const term =
    guard === undefined
      ? undefined
      : readGuard(guard, { implementations: guards, asked: walk.guards, refuse });
  const emits = readActions(transition.actions, {
    implementations: actions,
    timers: new Set(),
    refuse,
  });
  return Object.freeze({
    trigger,
    event,
    descriptor: transition.eventType,
    guard: term === undefined ? undefined : guardLabel(term),
    targets: Object.freeze((transition.target ?? []).map(pathOf)),
    emits: Object.freeze(emits),
    reenter: transition.reenter,
    forbidden: trigger === 'event' && isForbidden(transition),
  });
}

function inspectTrigger(
  node: AnyStateNode,
  transition: AnyTransitionDefinition,
): Pick<ChartTransition, 'trigger' | 'event'> {
  if (node.always?.includes(transition)) return { trigger: 'always', event: '' };
  const delayed = node.after.find((candidate) => candidate === transition);
  if (delayed !== undefined) return { trigger: 'after', event: String(delayed.delay) };
  if (transition.eventType === `xstate.done.state.${node.id}`)
    return { trigger: 'done', event: '' };
  return { trigger: 'event', event: transition.eventType };
}

function refusal(node: AnyStateNode, walk: Walk, place?: string): (reason: string) => never {
  const path = pathOf(node) || '(root)';
  return (reason) => {
    const where = place === undefined ? `state "${path}"` : `state "${path}", ${place}`;
    const message = `Chart "${walk.machine.id}" cannot be learned: ${where}: ${reason}.`;
    throw new OrderchartError('chartRefused', message, { details: { path, place, reason } });
  };
}
