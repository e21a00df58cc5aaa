import type { Clock } from '../engine/kernel/clock.ts';
import type { Timestamp } from '../order/values.ts';

/** A clock that stands still until it is moved. */
export interface MovableClock extends Clock {
  /**
   * Moves to `time`, and on the way calls what was scheduled, each at its time, in order. What
   * the calls start goes on afterwards: wait for it with `await engine.idle()`. Going back is
   * refused.
   */
  advanceTo(time: Timestamp): void;
  /** The same by a number of milliseconds. */
  advanceBy(durationMs: number): void;
  /**
   * Moves to `time` as a real clock would: stops at every appointment on the way until `settle`
   * has resolved, so that what it starts sees its own time and not the end of the way.
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
 * Makes a clock that tests move.
 *
 * @param startAt Milliseconds since the Unix epoch; 2026-01-01 when left out.
 *
 * @example
 * const clock = createMovableClock();
 * const engine = await createOrderEngine({ clock });
 * clock.advanceBy(400 * 86_400_000);
 * await engine.idle();
 */
export function createMovableClock(startAt: Timestamp = 1_767_225_600_000): MovableClock {
  let now = startAt;
  /** By time, and by order of scheduling within a time. */
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

  /** Keeps the next appointment up to `time`; false when there is none. */
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
      // What is called may schedule more on the way.
    }
    now = time;
  };

  const runTo = async (time: Timestamp, settle: () => Promise<void>): Promise<void> => {
    check(time);
    // First what is going on already: it may make appointments on the way.
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
