import { type Clock, passedMs, scheduleAfter } from './clock.ts';

/**
 * One pending call. Setting it again keeps the earlier of the two times, which serves both. Uses the
 * steady clock, so that setting the time of day back delays nothing.
 */
export class SoonestTimer {
  readonly #clock: Clock;
  readonly #callback: () => void;
  #callAtMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock;
    this.#callback = callback;
  }

  /** An infinite delay calls nothing. */
  set(delayMs: number): void {
    const callAtMs = passedMs(this.#clock) + delayMs;
    if (callAtMs >= this.#callAtMs) return;
    this.#cancel?.();
    this.#callAtMs = callAtMs;
    this.#cancel = scheduleAfter(this.#clock, delayMs, () => {
      this.#callAtMs = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      this.#callback();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#callAtMs = Number.POSITIVE_INFINITY;
  }
}
