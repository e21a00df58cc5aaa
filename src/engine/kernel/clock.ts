import type { Timestamp } from '../../order/values.ts';

/** Where the engine takes the time from, and how it waits for a time to come. */
export interface Clock {
  /** Now, in milliseconds since the Unix epoch. */
  now(): Timestamp;
  /**
   * Calls `callback` once, at or after `at`, never before. Gives a function that takes the
   * appointment back; calling that later, or twice, is harmless.
   */
  schedule(at: Timestamp, callback: () => void): () => void;
  /** Time that nobody sets; where it is left out, `now` has to serve. */
  readonly steady?: SteadyClock | undefined;
}

/**
 * Measures what passes, whatever the time of day was set to meanwhile. A process that slept finds
 * out by it that its lease has ended.
 */
export interface SteadyClock {
  /** Milliseconds since some fixed moment. */
  elapsedMs(): number;
  /** Calls `callback` once when so long has passed, a day at most. Gives what takes it back. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/**
 * The longest a timer of the host is set for. Node's timers wrap at 24.8 days, so a deadline in
 * 400 days must be waited for in pieces; a minute also bounds how late the engine notices that
 * the host's clock was set, or that the machine slept.
 */
const chunkMs = 60_000;

/** What passes on this machine. Its timers do not keep the process alive. */
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
      // Node may fire a timer up to a millisecond early by Date.now, so it is asked every time.
      if (remainingMs <= 0) callback();
      else timer = setTimeout(wait, Math.min(remainingMs, chunkMs)).unref();
    };
    timer = setTimeout(wait, Math.max(0, Math.min(at - Date.now(), chunkMs))).unref();
    return () => clearTimeout(timer);
  },
  steady: machineTime,
};

/**
 * Calls `callback` once when so long has passed. By the steady clock where there is one: the time
 * of day may be set back meanwhile, and a pause of a second must not become one of an hour.
 */
export function scheduleAfter(clock: Clock, delayMs: number, callback: () => void): () => void {
  const { steady } = clock;
  if (steady === undefined) return clock.schedule(clock.now() + delayMs, callback);
  return steady.schedule(delayMs, callback);
}

/**
 * Waits for `work`, but no longer than so many ms: true when it ended in time. Throws what it fails
 * with in time; what becomes of it later is nobody's business any more.
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
 * Milliseconds since some fixed moment, for comparing two moments of this process: by the steady
 * clock where there is one, so that setting the time of day makes no wait longer or shorter.
 */
export function passedMs(clock: Clock): number {
  return clock.steady?.elapsedMs() ?? clock.now();
}

/** Measures how long something has lasted. */
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
   * Never less than what has passed. The time of day may have been set back, and a machine that
   * was suspended may not have counted on, so the longer of the two counts; where there is only
   * the time of day, and it went back, nothing is known, and that is for ever.
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
