import { type AnyStateNode, type AnyTransitionDefinition, and } from 'xstate';
import { matchesDescriptor } from './descriptors.ts';
import { pathOf } from './inspect.ts';

/** Additional guards: by event type, and by the path of a state that is entered. */
export interface Requirements {
  readonly requires: Readonly<Record<string, readonly string[]>>;
  readonly requiresInto: Readonly<Record<string, readonly string[]>>;
}

type Refuse = (path: string, reason: string) => never;

/** A transition as written in the configuration. */
type Declared = string | { readonly guard?: unknown; readonly target?: unknown } | undefined;

/**
 * Returns the configurations of a chart's regions with the requirements added to their guards. The
 * chart's own guard is asked first, so that a refusal of its own still names the same reason.
 */
export function narrowed(
  root: AnyStateNode,
  requirements: Requirements,
  refuse: Refuse,
): Record<string, object> {
  const nodes = descendants(root);
  checkEvents(nodes, Object.keys(requirements.requires), refuse);
  const entries = Object.entries(requirements.requiresInto).map(([path, guards]) => {
    const state = nodes.find((node) => pathOf(node) === path);
    if (state === undefined) return refuse(path, 'the chart has no such state');
    const leads = (transition: AnyTransitionDefinition) => entersState(transition, state);
    if (!nodes.some((node) => transitionsOf(node).some(leads))) {
      refuse(path, 'no transition enters this state');
    }
    return { leads, guards };
  });
  const required = (transition: AnyTransitionDefinition) => [
    ...(requirements.requires[transition.eventType] ?? []),
    ...entries.filter(({ leads }) => leads(transition)).flatMap(({ guards }) => guards),
  ];
  return narrowStates(root, required);
}

/** Returns the guards that a transition needs in addition to its own. */
type Required = (transition: AnyTransitionDefinition) => readonly string[];

function checkEvents(
  nodes: readonly AnyStateNode[],
  events: readonly string[],
  refuse: Refuse,
): void {
  const descriptors = new Set(nodes.flatMap((node) => Object.keys(node.config.on ?? {})));
  for (const event of events) {
    if (!descriptors.has(event)) refuse(event, 'the chart has no such event');
    const wider = [...descriptors].find(
      (descriptor) => descriptor !== event && matchesDescriptor(event, descriptor),
    );
    // The wider transition would handle the event when the requirement does not hold.
    if (wider !== undefined)
      refuse(event, `"${wider}" handles it too, so nothing would be required`);
  }
}

function narrowStates(node: AnyStateNode, required: Required): Record<string, object> {
  const states = Object.values(node.states) as AnyStateNode[];
  return Object.fromEntries(states.map((child) => [child.key, narrowState(child, required)]));
}

function narrowState(node: AnyStateNode, required: Required): object {
  const { on, after, always, onDone } = node.config;
  const done = `xstate.done.state.${node.id}`;
  const narrowList = (declared: unknown, definitions: readonly AnyTransitionDefinition[]) =>
    listOf(declared).map((one, index) => narrowOne(one, definitions[index], required));
  const delayed = (delay: string) => node.after.filter((each) => String(each.delay) === delay);
  return {
    ...node.config,
    ...(on && {
      on: mapEntries(on, (list, event) => narrowList(list, node.transitions.get(event) ?? [])),
    }),
    ...(after && { after: mapEntries(after, (list, delay) => narrowList(list, delayed(delay))) }),
    ...(always && { always: narrowList(always, node.always ?? []) }),
    ...(onDone && { onDone: narrowList(onDone, node.transitions.get(done) ?? []) }),
    ...(node.config.states && { states: narrowStates(node, required) }),
  };
}

function narrowOne(
  declared: Declared,
  definition: AnyTransitionDefinition | undefined,
  required: Required,
): Declared {
  // Without a transition it keeps parents from handling the event, and must continue to.
  if (declared === undefined) return declared;
  const transition = typeof declared === 'string' ? { target: declared } : declared;
  const guards = definition === undefined ? [] : required(definition);
  if (guards.length === 0) return transition;
  const own = transition.guard === undefined ? [] : [transition.guard];
  return { ...transition, guard: and([...own, ...guards] as string[]) };
}

function listOf(declared: unknown): readonly Declared[] {
  return (Array.isArray(declared) ? declared : [declared]) as readonly Declared[];
}

function mapEntries(
  entries: object,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, map(value, key)]));
}

function entersState(
  { source, target = [] }: AnyTransitionDefinition,
  state: AnyStateNode,
): boolean {
  return target.some((aimed) => {
    if (isWithin(aimed, state)) return aimed === state || !isWithin(source, state);
    return initialDescent(aimed).includes(state);
  });
}

function isWithin(node: AnyStateNode, state: AnyStateNode): boolean {
  return node === state || (node.parent !== undefined && isWithin(node.parent, state));
}

/** The states below a state that are entered along with it. */
function initialDescent(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  const first = node.type === 'compound' ? node.initial.target : children;
  return first.flatMap((child: AnyStateNode) => [child, ...initialDescent(child)]);
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function descendants(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return children.flatMap((child) => [child, ...descendants(child)]);
}
