import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { builtinEvent } from './actions.ts';
import { matchesDescriptor } from './descriptors.ts';
import { pathOf } from './inspect.ts';

/** The names in a chart that a new region must not use. */
export interface CoreVocabulary {
  readonly ids: ReadonlySet<string>;
  /** Every event descriptor, including the shared ones. */
  readonly descriptors: ReadonlySet<string>;
  readonly emitted: ReadonlySet<string>;
  /** Descriptors of events that every region may handle. */
  readonly shared: readonly string[];
}

type Refuse = (path: string, reason: string) => never;

/** Collects the names in a chart. */
export function vocabularyOf(root: AnyStateNode, shared: readonly string[]): CoreVocabulary {
  const nodes = withDescendants(root);
  return {
    ids: new Set(nodes.map((node) => node.id)),
    descriptors: new Set(nodes.flatMap((node) => Object.keys(node.config.on ?? {}))),
    emitted: new Set(nodes.flatMap(actionsOf).flatMap((action) => builtinEvent(action, 'emit'))),
    shared,
  };
}

/** Refuses a region that could change more than its own state. */
export function checkRegion(region: AnyStateNode, core: CoreVocabulary, refuse: Refuse): void {
  for (const node of withDescendants(region)) {
    const path = pathOf(node);
    if (core.ids.has(node.id)) refuse(path, `the id "${node.id}" belongs to another state`);
    for (const descriptor of Object.keys(node.config.on ?? {})) {
      checkDescriptor(path, descriptor, core, refuse);
    }
    for (const transition of transitionsOf(node)) checkTargets(region, transition, refuse);
    for (const action of actionsOf(node)) checkAction(path, action, core, refuse);
  }
}

/** A new transition for one of the chart's requests would make the request legal. */
function checkDescriptor(
  path: string,
  descriptor: string,
  core: CoreVocabulary,
  refuse: Refuse,
): void {
  if (isShared(descriptor, core)) return;
  const meant = [...core.descriptors].find(
    (own) =>
      !isShared(own, core) &&
      (matchesDescriptor(own, descriptor) || matchesDescriptor(descriptor, own)),
  );
  if (meant !== undefined) {
    refuse(path, `on "${descriptor}": "${meant}" is an event of the chart itself`);
  }
}

function isShared(descriptor: string, { shared }: CoreVocabulary): boolean {
  return shared.some((family) => matchesDescriptor(descriptor, family));
}

function checkTargets(
  region: AnyStateNode,
  { source, target = [], reenter }: AnyTransitionDefinition,
  refuse: Refuse,
): void {
  const path = pathOf(source);
  for (const aimed of target) {
    if (aimed.path[0] !== region.key) refuse(path, `leads to "${pathOf(aimed)}", another region`);
    // To re-enter a region, XState goes through the root, and so re-enters all regions.
    if (source === region ? reenter : aimed === region) {
      refuse(path, 're-enters its whole region, and with it all others');
    }
  }
}

function checkAction(path: string, action: unknown, core: CoreVocabulary, refuse: Refuse): void {
  for (const type of builtinEvent(action, 'emit')) {
    if (core.emitted.has(type)) refuse(path, `emits "${type}", an event of the chart itself`);
  }
  for (const type of builtinEvent(action, 'raise')) {
    const heard = [...core.descriptors].some((descriptor) => matchesDescriptor(type, descriptor));
    if (heard) refuse(path, `raises "${type}", an event of the chart itself`);
  }
}

function actionsOf(node: AnyStateNode): unknown[] {
  const moving = transitionsOf(node).flatMap((transition) => [...transition.actions]);
  return [...node.entry, ...node.exit, ...node.initial.actions, ...moving];
}

function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function withDescendants(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return [node, ...children.flatMap(withDescendants)];
}
