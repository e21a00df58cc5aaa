import type { Timestamp } from '../order/values.ts';

/** Where the engine takes the time from, and how it waits for a time to come. */
export interface Clock {
  /** Now, in milliseconds since the Unix epoch. */
  now(): Timestamp;
  /**
   * Calls `callback` once, at or after `at`, never before. Gives a function that takes the
   * appointment back; calling that later, or twice, is harmless.
   */
  schedule(at: Timestamp, callback: () => void): () => void;
}

/**
 * The longest a timer of the host is set for. Node's timers wrap at 24.8 days, so a deadline in
 * 400 days must be waited for in pieces; a minute also bounds how late the engine notices that
 * the host's clock was set, or that the machine slept.
 */
const chunkMs = 60_000;

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
};
