/**
 * The value of a chart: the key of the active sub-state, or one entry per region for a parallel
 * state. Has the same shape as XState's state value, and is safe to store as JSON.
 */
export type ChartValue = string | { readonly [region: string]: ChartValue };

/** An event that a chart is asked about or informed of. Guards see its other fields too. */
export interface ChartEvent {
  readonly type: string;
}

/** One guard and its answer. Includes the guard's parameters, if any: `atLeast(units=2)`. */
export interface GuardAnswer {
  readonly guard: string;
  readonly answer: boolean;
}

/** A deadline that a state sets when it is entered. */
export interface ChartTimer {
  /** `<path of the state>.<delay>`, for example `lifecycle.pending.unpaidTimeout`. */
  readonly name: string;
  /** The delay's key in the chart: a name, or a number of milliseconds written as text. */
  readonly delay: string;
}

/** What one event does to a chart. Frozen, and shared by equal steps. */
export interface ChartStep {
  /** The value afterwards: frozen, and the same object (`===`) whenever values are equal. */
  readonly value: ChartValue;
  readonly changed: boolean;
  /** Whether any transition was enabled for the event, even one without a target. */
  readonly enabled: boolean;
  /** Types of the emitted events, in order. */
  readonly emitted: readonly string[];
  /** Names of the timers to drop. Drop first, then set: re-entering a state restarts its timer. */
  readonly timersDropped: readonly string[];
  readonly timersSet: readonly ChartTimer[];
}

/** A step and the reasons for it. */
export interface ChartExplanation {
  readonly step: ChartStep;
  /** Every guard answer that decided the step, in the order asked. */
  readonly trail: readonly GuardAnswer[];
  /** The first part of the trail, which decided `step.enabled`. */
  readonly selection: readonly GuardAnswer[];
  /**
   * How many transitions the chart has for this event in this value, regardless of guards. With 0,
   * the event is not possible in this state at all.
   */
  readonly candidates: number;
}

/** How full the memory of a chart is, and how often it had the answer. */
export interface ChartStats {
  /** Questions and answers remembered; never more than `maximumEntries`. */
  readonly entries: number;
  readonly maximumEntries: number;
  /** Decision trees, one per value of the chart and class of event types. */
  readonly trees: number;
  /** Values in use, by callers or by the memory. */
  readonly values: number;
  readonly hits: number;
  readonly misses: number;
  /** Trees that were forgotten to make room. */
  readonly evictions: number;
}

/** A transition of a chart, described for readers: documentation, tables, diagrams. */
export interface ChartTransition {
  readonly trigger: 'event' | 'after' | 'always' | 'done';
  /** The event descriptor or the delay's key; empty for `always` and `done`. */
  readonly event: string;
  /** The interpreter's name for the event; differs from `event` for `after` and `done`. */
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
  /** Keys from the root, joined by dots; empty for the root. */
  readonly path: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** Key of the first sub-state; compound states only. */
  readonly initial: string | undefined;
  readonly children: readonly ChartNode[];
  readonly transitions: readonly ChartTransition[];
  readonly timers: readonly ChartTimer[];
  /** Events emitted on entry to and exit from the state. */
  readonly emits: { readonly entry: readonly string[]; readonly exit: readonly string[] };
}

/**
 * A statechart that has passed the check that it can be learned, and is learned as it is used.
 *
 * Every method is pure: for the same arguments it returns the same answer, which is XState's own.
 */
export interface Chart<Context> {
  readonly id: string;
  readonly version: string | undefined;
  /** Every delay that a state waits for, by name. */
  readonly delays: readonly string[];
  /** Every guard that a transition asks, by name. */
  readonly guards: readonly string[];
  /** The states and transitions, described for readers. */
  readonly root: ChartNode;

  /** Enters the chart. */
  initial(context: Context): ChartStep;

  /**
   * Returns what `event` does in `value`. If a guard throws, this throws the same error.
   *
   * @throws OrderchartError `chartDefect` if the value does not belong to this chart, the event
   * type is reserved (`xstate.*`), or the chart does not settle.
   *
   * @example
   * const { enabled, value } = chart.step(order.status, { type: 'order.cancel' }, order);
   */
  step(value: ChartValue, event: ChartEvent, context: Context): ChartStep;

  /**
   * Returns what a due timer does. A timer that is not set in this value, or that the chart does
   * not know (it may come from an older chart), changes nothing and is not enabled. The timer is
   * used up either way; `timersDropped` lists it only if the step leaves its state.
   *
   * @param event Fields for the guards to see. The event's type is the timer's own.
   */
  fire(value: ChartValue, timer: string, context: Context, event?: object): ChartStep;

  /** Does the same as {@link Chart.step}, and returns the guard answers that decided the step. */
  explain(value: ChartValue, event: ChartEvent, context: Context): ChartExplanation;

  /** Event descriptors that have a transition in this value, regardless of guards. */
  events(value: ChartValue): readonly string[];

  /**
   * Returns the shared, frozen form of a value, for example of one that a store has parsed.
   *
   * @throws OrderchartError `chartDefect`, with the path, if it is not a value of this chart.
   */
  resolve(value: unknown): ChartValue;

  /** Returns how full the memory is. */
  stats(): ChartStats;
}
