import { retryDelayMs } from '../kernel/backoff.ts';
import type { SteadyClock } from '../kernel/clock.ts';
import type { CommandTask } from './task.ts';

/** A transaction that only commits is over in milliseconds; one that works on takes its time. */
const delays = { initialDelayMs: 5, maximumDelayMs: 200 };

/**
 * Commands that wait for a transaction of the host's to end. Each waits for itself: other orders
 * go on, and so does the batch that it was in.
 *
 * They wait by time that passes, also under a clock that stands still: what they wait for is in
 * the database, and goes on there.
 */
export class LockWaits {
  readonly #steady: SteadyClock;
  readonly #random: () => number;
  readonly #limitMs: number;

  constructor(steady: SteadyClock, random: () => number, limitMs: number) {
    this.#steady = steady;
    this.#random = random;
    this.#limitMs = limitMs;
  }

  /** Calls `again` after a while; false when the task has waited for as long as it may. */
  wait(task: CommandTask, again: () => void): boolean {
    // A deadline has time: it is looked up again, and must not hold up the others of its page.
    if (task.request.work.kind === 'deadline') return false;
    const nowMs = this.#steady.elapsedMs();
    task.lockedSinceMs ??= nowMs;
    if (nowMs - task.lockedSinceMs >= this.#limitMs) return false;
    task.lockedTimes += 1;
    const delayMs = retryDelayMs(delays, task.lockedTimes, this.#random());
    this.#steady.schedule(delayMs, again);
    return true;
  }
}
