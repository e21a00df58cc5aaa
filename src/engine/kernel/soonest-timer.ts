import { type Clock, passedMs, scheduleAfter } from './clock.ts';

/**
 * One pending call. When it is set again, the earlier of the two counts: whatever asks for a call
 * within a second is served by one that comes sooner. Measured by the steady clock, so that a time
 * of day that is set back delays nothing.
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

  /** After an infinite delay nothing is called. */
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
