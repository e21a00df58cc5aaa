import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createMachine,
  initialTransition,
  transition,
} from 'xstate';
import { OrderchartError } from '../errors.ts';
import type { EventClass } from './descriptors.ts';
import { namedLabel } from './guards.ts';
import { isForbidden } from './inspect.ts';
import type { Answer, Question } from './memory.ts';
import type { ChartEvent, ChartValue } from './types.ts';

/** What the interpreter did, and the guard answers that led to it. */
export interface Recording {
  readonly value: ChartValue;
  readonly enabled: boolean;
  /** The interpreter's actions in order: events emitted, raised and cancelled. */
  readonly actions: readonly { readonly type: string; readonly params?: unknown }[];
  readonly trail: readonly Answer[];
  /** How many answers of the trail were needed to select transitions for the event. */
  readonly selected: number;
}

/** Far more than a chart that settles needs. Without a bound, an endless one would hang. */
const maximumMicrosteps = 1000;

/** The interpreter's name for the event that enters a chart. */
const initialType = 'xstate.init';

function isInitial(event: ChartEvent): boolean {
  return event.type === initialType;
}

type Guard = Question['guard'];

/** The context of the recording machine: the listener that answers its guards. */
interface Listening {
  readonly listener?: Listener;
}

/**
 * Asks XState through its public, pure functions, with guards that record each question and its
 * answer.
 */
export class Interpreter {
  readonly #machine: AnyStateMachine;
  readonly #questions: Questions;

  constructor(machine: AnyStateMachine) {
    const guards = plainGuards(machine);
    this.#machine = recordingMachine(machine, [...guards.keys()]);
    this.#questions = new Questions(guards);
  }

  /** Enters the chart. */
  begin(context: unknown): Recording {
    const event = Object.freeze({ type: initialType, input: context });
    const listener = new Listener(this.#questions, context, event, isInitial);
    const input: Listening = { listener };
    const [snapshot, actions] = initialTransition(this.#machine, input);
    if (snapshot.status === 'error') throw this.#failure(listener, snapshot.error, 'entry');
    return { value: snapshot.value, enabled: true, actions, trail: listener.trail, selected: 0 };
  }

  /** Takes one whole macrostep from a value in which the chart has settled. */
  step(value: ChartValue, asked: EventClass, event: ChartEvent, context: unknown): Recording {
    const { representative } = asked;
    // Compare by identity: a state may raise a different event of the same type.
    const isAsked = (candidate: ChartEvent) => candidate === representative;
    const listener = new Listener(this.#questions, context, event, isAsked);
    const listening: Listening = { listener };
    const snapshot: AnyMachineSnapshot = this.#machine.resolveState({ value, context: listening });
    try {
      const selection = this.#machine.getTransitionData(snapshot, representative);
      const enabled = selection.some((candidate) => !isForbidden(candidate));
      const selected = listener.trail.length;
      const [next, actions] = transition(this.#machine, snapshot, representative);
      return { value: next.value, enabled, actions, trail: listener.trail, selected };
    } catch (error) {
      throw this.#failure(listener, error, `"${event.type}" in ${JSON.stringify(value)}`);
    }
  }

  /** Returns the error that a guard threw, unchanged. Any other error is a defect of the chart. */
  #failure(listener: Listener, error: unknown, place: string): unknown {
    if (listener.failure !== undefined) return listener.failure.error;
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Chart "${this.#machine.id}" failed on ${place}: ${reason}`;
    return new OrderchartError('chartDefect', message, {
      details: { chart: this.#machine.id, reason },
      cause: error,
    });
  }
}

/**
 * Answers the guards of one run. Asks each question once: a pure guard would answer the same
 * again, and a trail that asks twice could not be replayed from the memory.
 */
class Listener {
  readonly trail: Answer[] = [];
  failure: { readonly error: unknown } | undefined;
  readonly #answers = new Map<Question, boolean>();
  readonly #questions: Questions;
  readonly #context: unknown;
  readonly #event: ChartEvent;
  readonly #isAsked: (event: ChartEvent) => boolean;

  /** @param isAsked Whether an event stands for `event`; false for internal events. */
  constructor(
    questions: Questions,
    context: unknown,
    event: ChartEvent,
    isAsked: (event: ChartEvent) => boolean,
  ) {
    this.#questions = questions;
    this.#context = context;
    this.#event = event;
    this.#isAsked = isAsked;
  }

  ask(name: string, event: ChartEvent, params: unknown): boolean {
    const internal = this.#isAsked(event) ? undefined : event;
    const question = this.#questions.find(name, params, internal);
    const known = this.#answers.get(question);
    if (known !== undefined) return known;
    const answer = this.#answer(question);
    this.#answers.set(question, answer);
    this.trail.push({ question, answer });
    return answer;
  }

  #answer({ guard, params, event = this.#event }: Question): boolean {
    try {
      return Boolean(guard({ context: this.#context, event }, params));
    } catch (error) {
      // Keep the original, because the interpreter wraps it in an error of its own.
      this.failure = { error };
      throw error;
    }
  }
}

/** The questions of a chart. Equal questions are the same object, so `===` compares them. */
class Questions {
  readonly #guards: ReadonlyMap<string, Guard>;
  readonly #byName = new Map<string, Question[]>();

  constructor(guards: ReadonlyMap<string, Guard>) {
    this.#guards = guards;
  }

  find(name: string, params: unknown, event: ChartEvent | undefined): Question {
    const asked = this.#byName.get(name) ?? [];
    const known = asked.find(
      (candidate) => candidate.params === params && sameEvent(candidate.event, event),
    );
    if (known !== undefined) return known;
    const guard = this.#guards.get(name) as Guard;
    const question = Object.freeze({ label: namedLabel(name, params), guard, params, event });
    this.#byName.set(name, [...asked, question]);
    return question;
  }
}

/** Compares fields: internal events are fixed, but some are created again each time. */
function sameEvent(left: ChartEvent | undefined, right: ChartEvent | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined) return false;
  const fields = Object.entries(left);
  return (
    fields.length === Object.keys(right).length &&
    fields.every(([key, value]) => Object.is(value, (right as never)[key]))
  );
}

/** Guards that are plain functions. Composed guards call these. */
function plainGuards(machine: AnyStateMachine): ReadonlyMap<string, Guard> {
  const guards: [string, unknown][] = Object.entries(machine.implementations.guards);
  const plain = guards.filter(
    (entry): entry is [string, Guard] => typeof entry[1] === 'function' && !('check' in entry[1]),
  );
  return new Map(plain);
}

/**
 * The same machine with guards that report to the listener in the context. XState itself asks
 * without a listener: `transition` enters the chart again for an actor that it never starts.
 */
function recordingMachine(machine: AnyStateMachine, guards: readonly string[]): AnyStateMachine {
  const recording = guards.map((name) => [name, recorder(name)]);
  const delays = Object.keys(machine.implementations.delays).map((name) => [name, 1]);
  const bound = Math.min(machine.options.maxIterations ?? maximumMicrosteps, maximumMicrosteps);
  return createMachine(
    {
      ...machine.config,
      context: ({ input }: { readonly input: unknown }) => input ?? {},
      options: { ...machine.config.options, maxIterations: bound },
    },
    {
      ...machine.implementations,
      guards: { ...machine.implementations.guards, ...Object.fromEntries(recording) },
      delays: Object.fromEntries(delays),
    },
  );
}

function recorder(name: string): (args: RecorderArguments, params: unknown) => boolean {
  return ({ context, event }, params) => context.listener?.ask(name, event, params) ?? false;
}

interface RecorderArguments {
  readonly context: Listening;
  readonly event: ChartEvent;
}
