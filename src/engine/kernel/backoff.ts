import { type Clock, scheduleAfter } from './clock.ts';

/**
 * How long to wait before the next attempt: `initialDelayMs` after the first failure, doubled after
 * each further one up to `maximumDelayMs`, then shortened at random by up to half.
 */
export interface RetryPolicy {
  /** The delay after the first failure, in milliseconds. */
  readonly initialDelayMs: number;
  /** The longest delay, in milliseconds. Not less than `initialDelayMs`. */
  readonly maximumDelayMs: number;
}

/**
 * Returns the delay after `attempts` failed attempts. The jitter keeps callers that failed together
 * from retrying together.
 *
 * @param random From 0 up to 1.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, random: number): number {
  const doublings = Math.min(attempts - 1, 40);
  const fullMs = Math.min(policy.initialDelayMs * 2 ** doublings, policy.maximumDelayMs);
  return Math.max(1, Math.round(fullMs * (0.5 + random / 2)));
}

/** Calls `callback` after the delay of {@link retryDelayMs}. Returns a function that cancels the call. */
export function scheduleRetry(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  policy: RetryPolicy,
  attempts: number,
  callback: () => void,
): () => void {
  return scheduleAfter(clock, retryDelayMs(policy, attempts, random()), callback);
}

/**
 * Returns a delay between three quarters of `durationMs` and all of it: periodic work of many
 * processes is spread over time, and never later than without the jitter.
 *
 * @param random From 0 up to 1.
 */
export function jitteredMs(durationMs: number, random: number): number {
  return Math.max(1, Math.round(durationMs * (0.75 + random / 4)));
}
