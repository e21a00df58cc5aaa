import type { AnyStateMachine } from 'xstate';
import { OrderchartError } from '../errors.ts';
import { type Configuration, Configurations } from './configurations.ts';
import { type EventClass, EventClasses } from './descriptors.ts';
import { effectsOf } from './effects.ts';
import { inspectMachine, type NamedTimer } from './inspect.ts';
import { Interpreter, type Recording } from './interpreter.ts';
import {
  type Answer,
  type Branch,
  ChartMemory,
  type DecisionTree,
  type Outcome,
  type Question,
  type TreeHolder,
} from './memory.ts';
import type {
  Chart,
  ChartEvent,
  ChartExplanation,
  ChartNode,
  ChartStats,
  ChartStep,
  ChartValue,
  GuardAnswer,
} from './types.ts';

/** How a chart is learned. */
export interface ChartOptions {
  /**
   * The most questions and outcomes to remember; 100,000 by default, about 15 MB. Beyond it, the
   * chart forgets what it has not used lately, and learns it again when needed.
   */
  readonly maximumEntries?: number;
}

const defaultMaximumEntries = 100_000;

/**
 * Checks that a machine can be learned, and wraps it.
 *
 * A learned chart returns XState's own answers about a hundred times faster. The first time, it
 * asks XState and records which guards were asked and what they answered. When the guards answer
 * the same again, it knows the result. This is exact for a machine without data of its own whose
 * guards and delays are named. Each call passes its own context; the machine's `context` is not
 * used.
 *
 * @param machine An XState v5 machine. It is not changed.
 * @throws OrderchartError `chartRefused`, details `{ path, reason }`, for a machine whose answer
 * depends on more: `assign`, `invoke`, spawned actors, history states, inline guards and actions.
 *
 * @example
 * const chart = learnChart<Order>(machine);
 * const { value } = chart.initial(order);
 * chart.step(value, { type: 'order.cancel' }, order).enabled;
 */
export function learnChart<Context>(
  machine: AnyStateMachine,
  options: ChartOptions = {},
): Chart<Context> {
  const { maximumEntries = defaultMaximumEntries } = options;
  if (!Number.isSafeInteger(maximumEntries) || maximumEntries < 1) {
    throw new OrderchartError('invalidArgument', 'maximumEntries must be a positive integer.', {
      details: { maximumEntries },
    });
  }
  return new LearnedChart<Context>(machine, maximumEntries);
}

class LearnedChart<Context> implements Chart<Context> {
  readonly id: string;
  readonly version: string | undefined;
  readonly delays: readonly string[];
  readonly guards: readonly string[];
  readonly root: ChartNode;
  readonly #interpreter: Interpreter;
  readonly #configurations: Configurations;
  readonly #classes: EventClasses;
  readonly #memory: ChartMemory;
  readonly #timersByName: ReadonlyMap<string, NamedTimer>;
  readonly #timersByDescriptor: ReadonlyMap<string, NamedTimer>;
  readonly #entry: TreeHolder = { trees: [] };
  #hits = 0;
  #misses = 0;

  constructor(machine: AnyStateMachine, maximumEntries: number) {
    const { root, guards, delays, descriptors, timers } = inspectMachine(machine);
    this.id = machine.id;
    this.version = machine.version;
    this.root = root;
    this.guards = guards;
    this.delays = delays;
    this.#interpreter = new Interpreter(machine);
    this.#configurations = new Configurations(machine.id, root);
    this.#classes = new EventClasses(descriptors);
    this.#memory = new ChartMemory(maximumEntries);
    this.#timersByName = new Map(timers.map((named) => [named.timer.name, named]));
    this.#timersByDescriptor = new Map(timers.map((named) => [named.descriptor, named]));
  }

  initial(context: Context): ChartStep {
    const event = { type: 'xstate.init', input: context };
    const known = this.#recall(this.#entry, 0, event, context);
    if (known !== undefined) return known.step;
    return this.#keep(this.#entry, 0, this.#interpreter.begin(context), undefined).step;
  }

  step(value: ChartValue, event: ChartEvent, context: Context): ChartStep {
    const configuration = this.#configurations.of(value);
    return this.#answer(configuration, this.#classes.of(event.type), event, context).step;
  }

  fire(value: ChartValue, timer: string, context: Context, event: object = {}): ChartStep {
    const configuration = this.#configurations.of(value);
    const named = this.#timersByName.get(timer);
    if (named === undefined || !configuration.timers.has(timer)) return configuration.still;
    const asked = this.#classes.ofReserved(named.descriptor);
    const fired = { ...event, type: named.descriptor };
    return this.#answer(configuration, asked, fired, context).step;
  }

  explain(value: ChartValue, event: ChartEvent, context: Context): ChartExplanation {
    const configuration = this.#configurations.of(value);
    const asked = this.#classes.of(event.type);
    const answers: Answer[] = [];
    const outcome = this.#answer(configuration, asked, event, context, answers);
    return {
      step: outcome.step,
      trail: readableTrail(answers),
      selection: readableTrail(answers.slice(0, outcome.selected)),
      candidates: configuration.nodes
        .flatMap((node) => node.transitions)
        .filter(({ descriptor, forbidden }) => asked.descriptors.has(descriptor) && !forbidden)
        .length,
    };
  }

  events(value: ChartValue): readonly string[] {
    return this.#configurations.of(value).events;
  }

  resolve(value: unknown): ChartValue {
    return this.#configurations.of(value).value;
  }

  stats(): ChartStats {
    const { entries, maximumEntries, trees, evictions } = this.#memory;
    return {
      entries,
      maximumEntries,
      trees,
      values: this.#configurations.size,
      hits: this.#hits,
      misses: this.#misses,
      evictions,
    };
  }

  /** Returns the learned outcome. If there is none, asks the interpreter and learns its outcome. */
  #answer(
    configuration: Configuration,
    asked: EventClass,
    event: ChartEvent,
    context: Context,
    answers?: Answer[],
  ): Outcome {
    const known = this.#recall(configuration, asked.index, event, context, answers);
    if (known !== undefined) return known;
    const recording = this.#interpreter.step(configuration.value, asked, event, context);
    answers?.splice(0, answers.length, ...recording.trail);
    return this.#keep(configuration, asked.index, recording, configuration);
  }

  #recall(
    holder: TreeHolder,
    slot: number,
    event: ChartEvent,
    context: Context,
    answers?: Answer[],
  ): Outcome | undefined {
    const tree = holder.trees[slot];
    const known = tree === undefined ? undefined : follow(tree, event, context, answers);
    if (known === undefined) this.#misses += 1;
    else this.#hits += 1;
    return known;
  }

  /** @param from Where the step began; undefined on entry into the chart. */
  #keep(
    holder: TreeHolder,
    slot: number,
    recording: Recording,
    from: Configuration | undefined,
  ): Outcome {
    const { value } = this.#configurations.of(recording.value);
    const before = from?.timers ?? new Set<string>();
    const effects = effectsOf(recording.actions, this.#timersByDescriptor, before);
    const { enabled, trail, selected } = recording;
    const step: ChartStep = { value, changed: value !== from?.value, enabled, ...effects };
    const outcome: Outcome = { step: Object.freeze(step), selected };
    this.#memory.remember(holder, slot, trail, outcome);
    return outcome;
  }
}

/** Walks down a tree, asking the guards. Returns undefined if this trail has not been learned. */
function follow(
  tree: DecisionTree,
  event: ChartEvent,
  context: unknown,
  answers: Answer[] | undefined,
): Outcome | undefined {
  tree.recent = true;
  const args = { context, event };
  let branch: Branch | undefined = tree.root;
  while (branch !== undefined) {
    const question: Question | undefined = branch.question;
    if (question === undefined) return branch.outcome;
    const { guard, params }: Question = question;
    const asked: typeof args =
      question.event === undefined ? args : { context, event: question.event };
    const answer: boolean = Boolean(guard(asked, params));
    answers?.push({ question, answer });
    branch = answer ? branch.yes : branch.no;
  }
  return undefined;
}

/** Lists each answer once: a step may ask the same guard about several events. */
function readableTrail(answers: readonly Answer[]): readonly GuardAnswer[] {
  const readable = new Map<string, GuardAnswer>();
  for (const { question, answer } of answers) {
    const guard = question.label;
    readable.set(`${guard} ${answer}`, Object.freeze({ guard, answer }));
  }
  return Object.freeze([...readable.values()]);
}
