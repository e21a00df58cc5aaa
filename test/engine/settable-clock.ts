import type { Clock, SteadyClock } from 'orderchart';
import { createMovableClock, type MovableClock } from 'orderchart/testing';

/**
 * A machine's clock: time passes when `true time` is moved, and the time of day can be set to
 * anything. Waits like the system's clock: in pieces of a minute, by the time of day.
 */
export class SettableClock implements Clock {
  readonly trueTime: MovableClock;
  readonly steady: SteadyClock;
  #aheadMs: number;

  constructor(trueTime: MovableClock = createMovableClock(), aheadMs = 0) {
    this.trueTime = trueTime;
    this.#aheadMs = aheadMs;
    this.steady = {
      elapsedMs: () => trueTime.now() - 1_000,
      schedule: (delayMs, callback) => trueTime.schedule(trueTime.now() + delayMs, callback),
    };
  }

  now(): number {
    return this.trueTime.now() + this.#aheadMs;
  }

  set(aheadMs: number): void {
    this.#aheadMs = aheadMs;
  }

  schedule(at: number, callback: () => void): () => void {
    let cancel = () => {};
    const wait = () => {
      const remainingMs = at - this.now();
      if (remainingMs <= 0) callback();
      else cancel = this.steady.schedule(Math.min(remainingMs, 60_000), wait);
    };
    cancel = this.steady.schedule(Math.max(0, Math.min(at - this.now(), 60_000)), wait);
    return () => cancel();
  }
}
