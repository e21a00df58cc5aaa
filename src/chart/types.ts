/**
 * The value of a chart: for a state with sub-states the key of the active one, for a parallel
 * state one entry per region. The same shape as XState's state value, and safe to store as JSON.
 */
export type ChartValue = string | { readonly [region: string]: ChartValue };

/** What a chart is asked or told. Further fields are visible to the guards. */
export interface ChartEvent {
  readonly type: string;
}

/** One guard and what it answered. A guard with parameters shows them: `atLeast(units=2)`. */
export interface GuardAnswer {
  readonly guard: string;
  readonly answer: boolean;
}

/** A deadline that a state sets when it is entered. */
export interface ChartTimer {
  /** `<path of the state>.<delay>`, for instance `lifecycle.pending.unpaidTimeout`. */
  readonly name: string;
  /** The delay's key in the chart: a name, or a number of milliseconds written as text. */
  readonly delay: string;
}

/** What one event does to a chart. Frozen, and shared by equal steps. */
export interface ChartStep {
  /** The value afterwards: frozen, and the same object (`===`) whenever values are equal. */
  readonly value: ChartValue;
  readonly changed: boolean;
  /** Whether some transition was enabled for the event; one without a target is enough. */
  readonly enabled: boolean;
  /** Types of the events that were emitted, in order. */
  readonly emitted: readonly string[];
  /** Names of the timers to drop. Drop first, then set: a state entered anew restarts its timer. */
  readonly timersDropped: readonly string[];
  readonly timersSet: readonly ChartTimer[];
}

/** A step, and why it came out so. */
export interface ChartExplanation {
  readonly step: ChartStep;
  /** Every guard answer that decided the step, in the order of asking. */
  readonly trail: readonly GuardAnswer[];
  /** The beginning of the trail that decided `step.enabled`. */
  readonly selection: readonly GuardAnswer[];
  /**
   * How many transitions the chart has for this event in this value, whatever the guards say:
   * 0 means that the event has no place in this state.
   */
  readonly candidates: number;
}

/** How full the memory of a chart is, and how well it serves. */
export interface ChartStats {
  /** Questions and answers remembered; never more than `maximumEntries`. */
  readonly entries: number;
  readonly maximumEntries: number;
  /** Decision trees, one per value of the chart and class of event types. */
  readonly trees: number;
  /** Values known: those that somebody holds, the memory included. */
  readonly values: number;
  readonly hits: number;
  readonly misses: number;
  /** Trees that were forgotten to make room. */
  readonly evictions: number;
}

/** A transition of a chart, described for readers: documentation, tables, diagrams. */
export interface ChartTransition {
  readonly trigger: 'event' | 'after' | 'always' | 'done';
  /** The event descriptor, the delay's key, or nothing for `always` and `done`. */
  readonly event: string;
  /** What the interpreter calls the event: differs from `event` for `after` and `done`. */
  readonly descriptor: string;
  /** Composed guards read as `a & !(b | c)`. */
  readonly guard: string | undefined;
  /** Paths of the target states; empty for a transition without a target. */
  readonly targets: readonly string[];
  readonly emits: readonly string[];
  readonly reenter: boolean;
  /** Whether the chart declares the event without a transition, so that no parent handles it. */
  readonly forbidden: boolean;
}

/** A state of a chart, described for readers. */
export interface ChartNode {
  readonly key: string;
  /** Keys from the root joined by dots; empty for the root. */
  readonly path: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** Key of the first sub-state; compound states only. */
  readonly initial: string | undefined;
  readonly children: readonly ChartNode[];
  readonly transitions: readonly ChartTransition[];
  readonly timers: readonly ChartTimer[];
  /** Events emitted on entering and on leaving the state. */
  readonly emits: { readonly entry: readonly string[]; readonly exit: readonly string[] };
}

/**
 * A statechart that has been checked to be learnable, and is learned while it is used.
 *
 * Every method is pure: the same arguments give the same answer, which is XState's own.
 */
export interface Chart<Context> {
  readonly id: string;
  readonly version: string | undefined;
  /** Every delay that some state waits for. */
  readonly delays: readonly string[];
  /** Every guard that some transition asks, by name. */
  readonly guards: readonly string[];
  /** The states and transitions, described for readers. */
  readonly root: ChartNode;

  /** Enters the chart. */
  initial(context: Context): ChartStep;

  /**
   * What `event` does in `value`. A guard that throws makes this throw the same error.
   *
   * @throws OrderchartError `chartDefect` when the value is not one of this chart, when the event
   * type is reserved (`xstate.*`), and when the chart does not settle.
   *
   * @example
   * const { enabled, value } = chart.step(order.status, { type: 'order.cancel' }, order);
   */
  step(value: ChartValue, event: ChartEvent, context: Context): ChartStep;

  /**
   * What a due timer does. A timer that is not set in this value, or that the chart does not know
   * (an older chart may have), changes nothing and is not enabled. The timer is used up either
   * way; the step drops it only when its state is left.
   *
   * @param event Fields for the guards to see; its type is the timer's own.
   */
  fire(value: ChartValue, timer: string, context: Context, event?: object): ChartStep;

  /** {@link Chart.step}, together with the guard answers that decided it. */
  explain(value: ChartValue, event: ChartEvent, context: Context): ChartExplanation;

  /** Event descriptors that have some transition in this value, whatever the guards say. */
  events(value: ChartValue): readonly string[];

  /**
   * The shared, frozen form of a value, for instance of one that a store has parsed.
   *
   * @throws OrderchartError `chartDefect`, with the path, when it is not a value of this chart.
   */
  resolve(value: unknown): ChartValue;

  /** How full the memory is. */
  stats(): ChartStats;
}
