import { untilAborted } from './abort.ts';
import type { Activity } from './activity.ts';
import { type Clock, endsWithin, Stopwatch, scheduleAfter } from './clock.ts';
import { engineClosed } from './failures.ts';
import type { Logger } from './logger.ts';

/** Also with a time of grace of nothing, what was taken gets this long. */
const leastGraceMs = 1000;
/** Once the time of grace is over, how long each further step of closing may take. */
const partingMs = 300;

/** How long closing something may take at most until it waits no longer for what does not end. */
export function closingMs(graceMs: number): number {
  return Math.max(graceMs, leastGraceMs) + partingMs;
}

export interface LifetimeParts {
  readonly activity: Activity;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly graceMs: number;
}

/** What closing an engine consists of. */
export interface ClosingSteps {
  /** Begins nothing of its own accord any more, and finishes what it has begun. */
  stop(): Promise<unknown>;
  /** Fails the commands that have not ended in time. */
  giveUp(): void;
  /** Lets go of what it holds, one after the other. */
  readonly release: readonly (() => Promise<unknown> | undefined)[];
}

/**
 * Whether an engine is open, and how it closes: in order, but whatever a host's function, a
 * transport or a store does that never answers, `close` ends not much later than the time of
 * grace, and so does every call that waits. A process that gets SIGTERM has only so long.
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

  /** One call of the host's: refused when closed, finished or given up while closing. */
  during<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      this.checkOpen();
      return this.#parts.activity.during(untilAborted(this.#abort.signal, work));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** What a host reads at its own pace: every step is a call. */
  async *each<Item>(items: AsyncGenerator<Item, void>): AsyncGenerator<Item, void> {
    try {
      for (;;) {
        const { done, value } = await this.during(() => items.next());
        if (done) return;
        yield value;
        // The reader may have taken its time.
        this.checkOpen();
      }
    } finally {
      // Not awaited: a generator that waits for a store returns only when that has answered.
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
    // The engine's own timers let a process end. One that closes wants to see the end of it.
    const alive = setInterval(() => {}, 60_000);
    const cancel = scheduleAfter(clock, Math.max(graceMs, leastGraceMs), () => {
      this.#abort.abort(engineClosed());
      steps.giveUp();
    });
    try {
      // 1 no new deadlines, messages and events for handlers; finish those that were begun
      await this.#within('deadlines, messages and events', () => steps.stop());
      // 2 finish the commands that were taken, and the reads under way
      await this.#within('commands and reads', () => activity.idle());
      // 3 let go of the transports and the store
      for (const release of steps.release) {
        await this.#within('a transport or the store', async () => release());
      }
    } finally {
      cancel();
      clearInterval(alive);
    }
  }

  /** Waits for a step of closing for as long as there is time. Throws what it fails with. */
  async #within(what: string, work: () => Promise<unknown>): Promise<void> {
    const { clock, logger, graceMs } = this.#parts;
    const limitMs = closingMs(graceMs) - (this.#watch?.elapsedMs ?? 0);
    if (await endsWithin(clock, Math.max(limitMs, partingMs), work())) return;
    logger.warn('Closing waits no longer for what does not end.', { what });
  }
}
