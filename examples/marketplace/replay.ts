import { type ExecuteResult, isOrderchartError, type OrderEngine } from 'orderchart';
import type { MovableClock } from 'orderchart/testing';
import { Failure } from './failure.ts';
import type { Sending, Step } from './mapping.ts';
import type { Progress } from './progress.ts';

/** What became of the commands; each is counted once, by the last answer it got. */
export interface ReplayCounts {
  readonly commands: number;
  /** Accepted now, with at least one event. */
  readonly accepted: number;
  readonly rejected: number;
  /** Recognised: sent before, and nothing was changed. */
  readonly duplicates: number;
  /** Reports that came before their order was placed, and were sent again after it. */
  readonly sentAgain: number;
  /** Which commands were rejected, and why; each reason once. */
  readonly rejections: readonly string[];
  /** Whether every step was taken. */
  readonly isComplete: boolean;
}

export interface ReplayOptions {
  readonly engine: OrderEngine;
  readonly clock: MovableClock;
  /** Where the clock ends. */
  readonly endsAt: number;
  /** Stops after the commands that are under way. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Sends every step at its time and waits for what follows from it. */
export async function replay(
  steps: readonly Step[],
  options: ReplayOptions,
): Promise<ReplayCounts> {
  const { clock, endsAt, engine, signal, progress } = options;
  const sender = new Sender(engine, clock);
  for (const window of windowsOf(steps)) {
    if (signal.aborted) break;
    // 1 send what can travel together, each at its time
    const early = await sender.send(window);
    // 2 send again the reports whose order is placed by now
    await sender.send(early);
    progress.update(sender.commands, clock.now());
  }
  progress.end();
  if (signal.aborted) return sender.counts(false);
  // 3 let the last deadlines come
  clock.advanceTo(endsAt);
  await engine.idle();
  return sender.counts(true);
}

/** Commands in one window at most. */
const windowSize = 256;

/**
 * Steps that may be under way together: each of another order, so that none waits for another
 * while the clock goes on, and none after a stop.
 */
function* windowsOf(steps: readonly Step[]): Generator<readonly Step[]> {
  let window: Step[] = [];
  const orders = new Set<string>();
  for (const step of steps) {
    const isNext = step.kind === 'send' && orders.has(step.orderId);
    const wasStop = window.at(-1)?.kind === 'stop';
    if (isNext || wasStop || window.length === windowSize) {
      yield window;
      window = [];
      orders.clear();
    }
    window.push(step);
    if (step.kind === 'send') orders.add(step.orderId);
  }
  if (window.length > 0) yield window;
}

/** Sends commands and counts the answers. */
class Sender {
  readonly #engine: OrderEngine;
  readonly #clock: MovableClock;
  /** Reports of orders that are not placed yet, by order, as a webhook's sender keeps them. */
  readonly #kept = new Map<string, Sending[]>();
  #keptCount = 0;
  readonly #rejections = new Set<string>();
  #accepted = 0;
  #rejected = 0;
  #duplicates = 0;

  constructor(engine: OrderEngine, clock: MovableClock) {
    this.#engine = engine;
    this.#clock = clock;
  }

  /** Commands with an answer. */
  get commands(): number {
    return this.#accepted + this.#rejected + this.#duplicates;
  }

  /** Sends steps and waits until nothing more follows; gives the reports to be sent again. */
  async send(window: readonly Step[]): Promise<readonly Sending[]> {
    const sent: { readonly step: Sending; readonly answer: Promise<ExecuteResult> }[] = [];
    for (const step of window) {
      // Nothing is awaited between this and the decision, so that it is taken at the step's time.
      if (step.at > this.#clock.now()) this.#clock.advanceTo(step.at);
      if (step.kind === 'send') sent.push({ step, answer: this.#execute(step) });
    }
    await Promise.all(sent.map(({ answer }) => answer));
    await this.#engine.idle();
    const early: Sending[] = [];
    for (const { step, answer } of sent) early.push(...this.#take(step, await answer));
    return early;
  }

  counts(isComplete: boolean): ReplayCounts {
    const unplaced = [...this.#kept.values()].flat().length;
    return {
      commands: this.commands + unplaced,
      accepted: this.#accepted,
      rejected: this.#rejected + unplaced,
      duplicates: this.#duplicates,
      sentAgain: this.#keptCount - unplaced,
      rejections: [...this.#rejections],
      isComplete,
    };
  }

  async #execute({ command, idempotencyKey }: Sending): Promise<ExecuteResult> {
    try {
      return await this.#engine.execute(command, { idempotencyKey });
    } catch (error) {
      if (!isOrderchartError(error, 'idempotencyMismatch')) throw error;
      throw new Failure(
        `The command ${idempotencyKey} is in the store already, with other content: it was made ` +
          'from other orders. Give another --db or --schema, or the same --data as then.',
        1,
      );
    }
  }

  /** Counts an answer, or keeps the report. */
  #take(step: Sending, answer: ExecuteResult): readonly Sending[] {
    const { orderId } = step;
    if (answer.status === 'rejected' && answer.rejection.code === 'orderNotFound') {
      this.#keptCount += 1;
      const kept = this.#kept.get(orderId);
      if (kept === undefined) this.#kept.set(orderId, [step]);
      else kept.push(step);
      return [];
    }
    this.#count(step, answer);
    if (step.command.type !== 'order.place' || answer.status === 'rejected') return [];
    const early = this.#kept.get(orderId) ?? [];
    this.#kept.delete(orderId);
    return early;
  }

  #count({ command }: Sending, answer: ExecuteResult): void {
    // A report that told nothing new was recognised by the ledgers instead of by its key.
    const isKnown = answer.replayed || (answer.status === 'accepted' && answer.events.length === 0);
    if (isKnown) this.#duplicates += 1;
    else if (answer.status === 'accepted') this.#accepted += 1;
    else {
      this.#rejected += 1;
      const { code, guard } = answer.rejection;
      this.#rejections.add(`${command.type}: ${code}${guard === undefined ? '' : ` (${guard})`}`);
    }
  }
}
