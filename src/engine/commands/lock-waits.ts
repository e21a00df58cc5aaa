import { retryDelayMs } from '../kernel/backoff.ts';
import type { SteadyClock } from '../kernel/clock.ts';
import type { CommandTask } from './task.ts';

/** A transaction that is about to commit takes milliseconds, any other takes longer. */
const delays = { initialDelayMs: 5, maximumDelayMs: 200 };

/**
 * Delays commands whose order is locked by a host transaction. Each waits alone: other orders go
 * on, and so does the rest of its batch.
 *
 * Waits are measured by a steady clock even if the engine's clock stands still, because the
 * transaction continues in the database.
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

  /** Calls `again` after a delay. Returns false when the task has waited as long as it may. */
  wait(task: CommandTask, again: () => void): boolean {
    // A deadline is looked up again later, and must not delay the others of its page.
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
