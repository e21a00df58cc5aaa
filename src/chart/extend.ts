import { type AnyStateMachine, createMachine } from 'xstate';
import { OrderchartError } from '../errors.ts';
import { type CoreVocabulary, checkRegion, vocabularyOf } from './host-region.ts';
import { narrowed } from './narrow.ts';

/** A chart as data: XState's configuration, with guards and delays by name. */
export interface ChartDefinition {
  /** What XState's `createMachine` takes. The root is parallel, and has no transitions itself. */
  readonly config: object;
  readonly guards: Readonly<Record<string, unknown>>;
  readonly delays: Readonly<Record<string, unknown>>;
  /**
   * Descriptors of events that every region may follow, such as `fact.*`. What the chart is told
   * and not asked: following it makes nothing legal.
   */
  readonly shared?: readonly string[];
}

/** What a host adds to a chart. It can narrow what the chart allows, and never widen it. */
export interface ChartExtension {
  /**
   * New regions beside the chart's own, in XState's form. They follow shared events, their own
   * events and timers; they cannot react to an event of the chart, nor lead out of themselves.
   */
  readonly regions?: Readonly<Record<string, object>>;
  readonly guards?: Readonly<Record<string, unknown>>;
  readonly delays?: Readonly<Record<string, unknown>>;
  /** Guards that must hold as well, by event type: `{ 'payment.capture': ['fraudCleared'] }`. */
  readonly requires?: Readonly<Record<string, readonly string[]>>;
  /**
   * Guards that must hold as well on every transition that enters a state, by its path:
   * `{ 'lifecycle.confirmed': ['fraudCleared'] }`. Where a list of transitions is tried in turn,
   * the next one is tried when they do not hold.
   */
  readonly requiresInto?: Readonly<Record<string, readonly string[]>>;
}

/**
 * Joins a chart and what a host adds to it. The result can be extended again.
 *
 * @throws OrderchartError `extensionRefused`, details `{ path, reason }`, for a name that is
 * taken, for a requirement on something that the chart does not have, and for a region that
 * would widen the chart.
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
  // 1 names are new
  const guards = joined('guard', core.guards, extension.guards);
  const delays = joined('delay', core.delays, extension.delays);
  checkNew('region', machine.root.states, regions);
  checkGuards(guards, [...Object.entries(requires), ...Object.entries(requiresInto)]);
  // 2 the chart's own regions, narrowed
  const states = narrowed(machine.root, { requires, requiresInto }, refuse);
  // 3 the host's regions, which must not reach the others
  const config = { ...core.config, states: { ...states, ...regions } };
  checkRegions(config, Object.keys(regions), vocabularyOf(machine.root, core.shared ?? []));
  return { ...core, config, guards, delays };
}

function machineOf(config: object): AnyStateMachine {
  return createMachine(config as Parameters<typeof createMachine>[0]);
}

function checkRoot({ root }: AnyStateMachine): void {
  if (root.type !== 'parallel') refuse('(root)', 'only a parallel chart can have further regions');
  if (root.transitions.size > 0 || root.always !== undefined) {
    // XState skips the root's handler as soon as any region handles the event.
    refuse('(root)', 'a further region would silence the transitions of the root');
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
    if (Object.hasOwn(own, name)) refuse(name, `the ${what} "${name}" exists already`);
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
