import { untilAborted } from './abort.ts';
import type { Activity } from './activity.ts';
import { type Clock, endsWithin, Stopwatch, scheduleAfter } from './clock.ts';
import { engineClosed } from './failures.ts';
import type { Logger } from './logger.ts';

/** Accepted work gets this long, even with a grace period of zero. */
const leastGraceMs = 1000;
/** How long each further step of closing may take once the grace period is over. */
const partingMs = 300;

/** How long closing may take before it stops waiting for work that hangs. */
export function closingMs(graceMs: number): number {
  return Math.max(graceMs, leastGraceMs) + partingMs;
}

export interface LifetimeParts {
  readonly activity: Activity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceMs: number;
}

/** The steps of closing an engine. */
export interface ClosingSteps {
  /** Starts no more work of its own, and finishes the work in progress. */
  stop(): Promise<unknown>;
  /** Fails the commands that have not ended in time. */
  giveUp(): void;
  /** Releases the engine's resources, one after the other. */
  readonly release: readonly (() => Promise<unknown> | undefined)[];
}

/**
 * Whether an engine is open, and how it closes. It closes in order; but `close` and every pending
 * call end soon after the grace period even if a host function, a transport or the store hangs,
 * because a process has little time after SIGTERM.
 */
export class Lifetime {
  readonly #parts: LifetimeParts;
  readonly #abort = new AbortController();
  #closing: Promise<void> | undefined;
  #watch: Stopwatch | undefined;

  constructor(parts: LifetimeParts) {
    this.#parts = parts;
  }

  checkOpen(): void {
    if (this.#closing !== undefined) throw engineClosed();
  }

  /** Runs a call of the host: refused when closed, finished or given up while closing. */
  during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      this.checkOpen();
      return this.#parts.activity.during(untilAborted(this.#abort.signal, work));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Runs each step of a generator that the host reads at its own pace as a call. */
  async *each<Item>(items: AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
    try {
      for (;;) {
        const { done, value } = await this.during(() => items.next());
        if (done) return;
        yield value;
        // The engine may have been closed while the reader held the item.
        this.checkOpen();
      }
    } finally {
      // Not awaited: a generator that waits for the store returns only when that answers.
      void items.return().catch(() => {});
    }
  }

  close(steps: ClosingSteps): Promise<void> {
    this.#closing ??= this.#close(steps);
    return this.#closing;
  }

  async #close(steps: ClosingSteps): Promise<void> {
    const { activity, clock, graceMs } = this.#parts;
    this.#watch = new Stopwatch(clock);
    // The engine's timers do not keep the process alive, but closing must.
    const alive = setInterval(() => {}, 60_000);
    const cancel = scheduleAfter(clock, Math.max(graceMs, leastGraceMs), () => {
      this.#abort.abort(engineClosed());
      steps.giveUp();
    });
    try {
      // 1 start no more deadlines, messages and events for handlers; finish those that were started
      await this.#within('deadlines, messages and events', () => steps.stop());
      // 2 finish the accepted commands and the pending reads
      await this.#within('commands and reads', () => activity.idle());
      // 3 close the transports and the store
      for (const release of steps.release) {
        await this.#within('a transport or the store', async () => release());
      }
    } finally {
      cancel();
      clearInterval(alive);
    }
  }

  /** Waits for a step of closing as long as there is time. Rejects as the step does. */
  async #within(what: string, work: () => Promise<unknown>): Promise<void> {
    const { clock, logger, graceMs } = this.#parts;
    const limitMs = closingMs(graceMs) - (this.#watch?.elapsedMs ?? 0);
    if (await endsWithin(clock, Math.max(limitMs, partingMs), work())) return;
    logger.warn('Closing no longer waits for work that does not end.', { what });
  }
}
