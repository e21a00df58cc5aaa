import { type Clock, Stopwatch } from '../clock.ts';
import { retryDelayMs } from '../subscriptions/backoff.ts';
import type { CommandTask } from './task.ts';

/** A transaction that only commits is over in milliseconds; one that works on takes its time. */
const delays = { initialDelayMs: 5, maximumDelayMs: 200 };

/**
 * Commands that wait for a transaction of the host's to end. Each waits for itself: other orders
 * go on, and so does the batch that it was in.
 */
export class LockWaits {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #limitMs: number;

  constructor(clock: Clock, random: () => number, limitMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#limitMs = limitMs;
  }

  /** Calls `again` after a while; false when the task has waited for as long as it may. */
  wait(task: CommandTask, again: () => void): boolean {
    // A deadline has time: it is looked up again, and must not hold up the others of its page.
    if (task.request.work.kind === 'deadline') return false;
    task.lockedFor ??= new Stopwatch(this.#clock);
    if (task.lockedFor.elapsedMs >= this.#limitMs) return false;
    task.lockedTimes += 1;
    const delayMs = retryDelayMs(delays, task.lockedTimes, this.#random());
    this.#clock.schedule(this.#clock.now() + delayMs, again);
    return true;
  }
}
