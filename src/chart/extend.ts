import { type AnyStateMachine, createMachine } from 'xstate';
import { OrderchartError } from '../errors.ts';
import { type CoreVocabulary, checkRegion, vocabularyOf } from './host-region.ts';
import { narrowed } from './narrow.ts';

/** A chart as data: XState's configuration, with guards and delays by name. */
export interface ChartDefinition {
  /** The argument of XState's `createMachine`. The root is parallel and has no transitions. */
  readonly config: object;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
  /**
   * Descriptors of events that every region may handle, such as `fact.*`. These inform the chart
   * instead of asking it for permission, so handling them makes nothing legal.
   */
  readonly shared?: readonly string[];
}

/** What a host adds to a chart. It can narrow what the chart allows, but never widen it. */
export interface ChartExtension {
  /**
   * New regions next to the chart's own, in XState's form. They handle shared events, their own
   * events and their own timers. They cannot handle other events of the chart, and their
   * transitions cannot leave the region.
   */
  readonly regions?: Readonly<Record<string, object>>;
  readonly guards?: Readonly<Record<string, unknown>>;
  readonly delays?: Readonly<Record<string, unknown>>;
  /** Additional guards by event type: `{ 'payment.capture': ['fraudCleared'] }`. */
  readonly requires?: Readonly<Record<string, readonly string[]>>;
  /**
   * Additional guards on every transition that enters a state, by the state's path:
   * `{ 'lifecycle.confirmed': ['fraudCleared'] }`. If they do not hold, the next transition in the
   * list is tried, as usual.
   */
  readonly requiresInto?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Adds a host's extension to a chart. The result can be extended again.
 *
 * @throws OrderchartError `extensionRefused`, details `{ path, reason }`, if a name is taken, if
 * the chart does not have the event, state or guard of a requirement, or if a region would widen
 * the chart.
 *
 * @example
 * const { config, guards, delays } = extendChart(core, {
 *   regions: {
 *     fraud: {
 *       initial: 'open',
 *       states: { open: { on: { 'fraud.clear': 'cleared' } }, cleared: {} },
 *     },
 *   },
 *   guards: { fraudCleared: ({ context }) => context.cleared },
 *   requires: { 'payment.capture': ['fraudCleared'] },
 * });
 * const chart = learnChart<Order>(createMachine(config, { guards, delays }));
 */
export function extendChart(core: ChartDefinition, extension: ChartExtension): ChartDefinition {
  const { regions = {}, requires = {}, requiresInto = {} } = extension;
  const machine = machineOf(core.config);
  checkRoot(machine);
  // 1 check that the names are new
  const guards = joined('guard', core.guards, extension.guards);
  const delays = joined('delay', core.delays, extension.delays);
  checkNew('region', machine.root.states, regions);
  checkGuards(guards, [...Object.entries(requires), ...Object.entries(requiresInto)]);
  // 2 narrow the chart's own regions
  const states = narrowed(machine.root, { requires, requiresInto }, refuse);
  // 3 add the host's regions, which must not affect the others
  const config = { ...core.config, states: { ...states, ...regions } };
  checkRegions(config, Object.keys(regions), vocabularyOf(machine.root, core.shared ?? []));
  return { ...core, config, guards, delays };
}

function machineOf(config: object): AnyStateMachine {
  return createMachine(config as Parameters<typeof createMachine>[0]);
}

function checkRoot({ root }: AnyStateMachine): void {
  if (root.type !== 'parallel') refuse('(root)', 'only a parallel chart can have more regions');
  if (root.transitions.size > 0 || root.always !== undefined) {
    // XState skips the root's handler when any region handles the event.
    refuse('(root)', 'a new region could disable the transitions of the root');
  }
}

function joined(
  what: string,
  own: Readonly<Record<string, unknown>>,
  added: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  checkNew(what, own, added);
  return { ...own, ...added };
}

function checkNew(what: string, own: object, added: object): void {
  for (const name of Object.keys(added)) {
    if (Object.hasOwn(own, name)) refuse(name, `the ${what} "${name}" already exists`);
  }
}

function checkGuards(
  guards: Readonly<Record<string, unknown>>,
  requirements: readonly (readonly [string, readonly string[]])[],
): void {
  for (const [path, names] of requirements) {
    const unknown = names.find((name) => !Object.hasOwn(guards, name));
    if (unknown !== undefined) refuse(path, `there is no guard "${unknown}" to require`);
  }
}

function checkRegions(config: object, regions: readonly string[], core: CoreVocabulary): void {
  const { root } = joinedMachine(config, regions);
  for (const region of regions) {
    const node = root.states[region];
    if (node !== undefined) checkRegion(node, core, refuse);
  }
}

function joinedMachine(config: object, regions: readonly string[]): AnyStateMachine {
  try {
    return machineOf(config);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(regions.join(', '), reason, error);
  }
}

function refuse(path: string, reason: string, cause?: unknown): never {
  throw new OrderchartError('extensionRefused', `Extension refused: "${path}": ${reason}.`, {
    details: { path, reason },
    cause,
  });
}
