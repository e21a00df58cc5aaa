import type { Clock } from '../engine/kernel/clock.ts';
import type { Timestamp } from '../order/values.ts';

/** A clock that stands still until a test moves it. */
export interface MovableClock extends Clock {
  /**
   * Moves to `time`, and calls the functions scheduled until then, each at its time, in order.
   * Asynchronous work that the calls start continues afterwards: wait for it with
   * `await engine.idle()`. Throws a `TypeError` for a time in the past.
   */
  advanceTo(time: Timestamp): void;
  /** Like `advanceTo`, by a number of milliseconds. */
  advanceBy(durationMs: number): void;
  /**
   * Moves to `time` as a real clock would: stops at the time of each scheduled function until
   * `settle` has resolved, so that the work it starts sees that time and not the final one.
   *
   * @example
   * await clock.runTo(clock.now() + 30 * day, () => engine.idle());
   */
  runTo(time: Timestamp, settle: () => Promise<void>): Promise<void>;
}

interface Appointment {
  readonly at: Timestamp;
  readonly callback: () => void;
}

/**
 * Creates a clock that tests move.
 *
 * @param startAt Milliseconds since the Unix epoch. Default: 2026-01-01.
 *
 * @example
 * const clock = createMovableClock();
 * const engine = await createOrderEngine({ clock });
 * clock.advanceBy(400 * 86_400_000);
 * await engine.idle();
 */
export function createMovableClock(startAt: Timestamp = 1_767_225_600_000): MovableClock {
  let now = startAt;
  /** Sorted by time, and by order of scheduling within the same time. */
  const appointments: Appointment[] = [];

  const schedule = (at: Timestamp, callback: () => void): (() => void) => {
    const appointment = { at, callback };
    const index = appointments.findLastIndex((other) => other.at <= at) + 1;
    appointments.splice(index, 0, appointment);
    return () => {
      const found = appointments.indexOf(appointment);
      if (found >= 0) appointments.splice(found, 1);
    };
  };

  /** Runs the next appointment up to `time`. Returns false if there is none. */
  const keepNext = (time: Timestamp): boolean => {
    const next = appointments[0];
    if (next === undefined || next.at > time) return false;
    appointments.shift();
    now = Math.max(now, next.at);
    next.callback();
    return true;
  };

  const check = (time: Timestamp): void => {
    if (!Number.isSafeInteger(time) || time < now) {
      throw new TypeError(`The clock is at ${now} and cannot go to ${time}; it only goes forward.`);
    }
  };

  const advanceTo = (time: Timestamp): void => {
    check(time);
    while (keepNext(time)) {
      // The called function may schedule more until `time`.
    }
    now = time;
  };

  const runTo = async (time: Timestamp, settle: () => Promise<void>): Promise<void> => {
    check(time);
    // First finish the work in progress, which may schedule more until `time`.
    await settle();
    while (keepNext(time)) await settle();
    now = Math.max(now, time);
    await settle();
  };

  return {
    now: () => now,
    schedule,
    advanceTo,
    advanceBy: (durationMs) => advanceTo(now + durationMs),
    runTo,
  };
}
