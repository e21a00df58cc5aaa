import { type ExecuteResult, isOrderchartError, type OrderEngine } from 'orderchart';
import type { MovableClock } from 'orderchart/testing';
import { Failure } from './failure.ts';
import type { Sending, Step } from './mapping.ts';
import type { Progress } from './progress.ts';

/** The outcomes of the commands. Each command counts once, by its last answer. */
export interface ReplayCounts {
  readonly commands: number;
  /** Accepted in this run, with at least one event. */
  readonly accepted: number;
  readonly rejected: number;
  /** Recognized as sent before; nothing was changed. */
  readonly duplicates: number;
  /** Reports that came before their order was placed, and were sent again afterwards. */
  readonly sentAgain: number;
  /** The commands that were rejected, and why; each reason once. */
  readonly rejections: readonly string[];
  /** Whether every step was taken. */
  readonly isComplete: boolean;
}

export interface ReplayOptions {
  readonly engine: OrderEngine;
  readonly clock: MovableClock;
  /** The final time of the clock. */
  readonly endsAt: number;
  /** Stops the replay after the commands in progress. */
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Sends every step at its time, and waits for its consequences. */
export async function replay(
  steps: readonly Step[],
  options: ReplayOptions,
): Promise<ReplayCounts> {
  const { clock, endsAt, engine, signal, progress } = options;
  const sender = new Sender(engine, clock);
  for (const window of windowsOf(steps)) {
    if (signal.aborted) break;
    // 1 send what can be sent together, each step at its time
    const early = await sender.send(window);
    // 2 send the reports again whose order has now been placed
    await sender.send(early);
    progress.update(sender.commands, clock.now());
  }
  progress.end();
  if (signal.aborted) return sender.counts(false);
  // 3 let the last deadlines fire
  clock.advanceTo(endsAt);
  await engine.idle();
  return sender.counts(true);
}

/** The most steps in one window. */
const windowSize = 256;

/**
 * Groups steps that may be in progress together: each of a different order, so that none waits for
 * another while the clock goes on, and none after a stop.
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
  /** Reports about orders that are not placed yet, by order; a webhook's sender keeps such, too. */
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

  /** The number of commands with an answer. */
  get commands(): number {
    return this.#accepted + this.#rejected + this.#duplicates;
  }

  /** Sends steps and waits until the engine is idle. Returns the reports to send again. */
  async send(window: readonly Step[]): Promise<readonly Sending[]> {
    const sent: { readonly step: Sending; readonly answer: Promise<ExecuteResult> }[] = [];
    for (const step of window) {
      // No `await` between this and the decision, so that the decision has the time of the step.
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
        `The command ${idempotencyKey} is already in the store with different content: it was ` +
          'made from other orders. Use another --db or --schema, or the same --data as before.',
        1,
      );
    }
  }

  /** Counts an answer, or keeps an early report. Returns those kept for an order just placed. */
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
    // The ledgers recognize a report that contains nothing new, even under another key.
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
