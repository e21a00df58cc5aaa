import type { Timestamp } from '../../order/values.ts';

/**
 * The source of time: the option `clock`. It returns the time, and calls back at a time. Tests inject
 * one that they move by hand.
 */
export interface Clock {
  /** Returns the current time in milliseconds since the Unix epoch. */
  now(): Timestamp;
  /**
   * Calls `callback` once, at or after `at`, never earlier. Returns a function that cancels the
   * call; calling it late, or twice, does nothing.
   */
  schedule(at: Timestamp, callback: () => void): () => void;
  /** A monotonic clock. Without one the engine measures durations by `now`. */
  readonly steady?: SteadyClock | undefined;
}

/**
 * A monotonic clock: it measures elapsed time, even if the time of day is set. With it, a process
 * that was suspended detects that its lease has expired.
 */
export interface SteadyClock {
  /** Returns the milliseconds since some fixed moment. */
  elapsedMs(): number;
  /**
   * Calls `callback` once, after `delayMs` milliseconds, which is at most one day. Returns a
   * function that cancels the call.
   */
  schedule(delayMs: number, callback: () => void): () => void;
}

/**
 * The longest single timer. Node's timers wrap at 24.8 days, so a deadline in 400 days is awaited
 * in chunks. A minute also bounds how late the engine notices that the host's clock was set, or
 * that the machine slept.
 */
const chunkMs = 60_000;

/** Elapsed time on this machine. Its timers do not keep the process alive. */
export const machineTime: SteadyClock = {
  elapsedMs: () => performance.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return () => clearTimeout(timer);
  },
};

/** The host's own clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: Date.now,
  schedule: (at, callback) => {
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const remainingMs = at - Date.now();
      // Node may fire a timer up to a millisecond early by Date.now.
      if (remainingMs <= 0) callback();
      else timer = setTimeout(wait, Math.min(remainingMs, chunkMs)).unref();
    };
    timer = setTimeout(wait, Math.max(0, Math.min(at - Date.now(), chunkMs))).unref();
    return () => clearTimeout(timer);
  },
  steady: machineTime,
};

/**
 * Calls `callback` once, after `delayMs`. Uses the steady clock where there is one: when the time of
 * day is set back, a delay of a second must not become one of an hour. Returns a function
 * that cancels the call.
 */
export function scheduleAfter(clock: Clock, delayMs: number, callback: () => void): () => void {
  const { steady } = clock;
  if (steady === undefined) return clock.schedule(clock.now() + delayMs, callback);
  return steady.schedule(delayMs, callback);
}

/**
 * Waits for `work`, at most `limitMs`. Resolves to whether it ended in time, and rejects as `work`
 * does in that time; how it settles later is ignored.
 */
export async function endsWithin(
  clock: Clock,
  limitMs: number,
  work: Promise<unknown>,
): Promise<boolean> {
  const { promise: isLate, resolve } = Promise.withResolvers<false>();
  const cancel = scheduleAfter(clock, limitMs, () => resolve(false));
  try {
    return await Promise.race([work.then(() => true), isLate]);
  } finally {
    cancel();
  }
}

/**
 * Returns the milliseconds since some fixed moment, for comparing two moments of this process. Uses
 * the steady clock where there is one, so that setting the time of day changes no delay.
 */
export function passedMs(clock: Clock): number {
  return clock.steady?.elapsedMs() ?? clock.now();
}

/** Measures elapsed time from its creation. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #startedAt: Timestamp;
  readonly #steadyStartMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#steadyStartMs = clock.steady?.elapsedMs();
  }

  /**
   * Never less than the time that has really passed. The time of day may have been set back, and
   * the steady clock may have stopped while the machine was suspended, so the longer of the two
   * counts. With only a time of day that went back, it is unknown, hence infinite.
   */
  get elapsedMs(): number {
    const byClockMs = this.#clock.now() - this.#startedAt;
    const steadyMs = this.#clock.steady?.elapsedMs();
    if (steadyMs !== undefined && this.#steadyStartMs !== undefined) {
      return Math.max(byClockMs, steadyMs - this.#steadyStartMs);
    }
    return byClockMs < 0 ? Number.POSITIVE_INFINITY : byClockMs;
  }
}
