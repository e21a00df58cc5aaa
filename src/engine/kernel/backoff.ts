import { type Clock, scheduleAfter } from './clock.ts';

/** How long to wait before the next attempt. */
export interface RetryPolicy {
  /** After the first failure; doubled after each further one. Milliseconds. */
  readonly initialDelayMs: number;
  /** The longest wait; milliseconds. */
  readonly maximumDelayMs: number;
}

/**
 * The wait after a number of failed attempts: doubled each time up to the maximum, then between
 * half of it and all of it, so that those who failed together do not come back together.
 *
 * @param random From 0 up to 1.
 */
export function retryDelayMs(policy: RetryPolicy, attempts: number, random: number): number {
  const doublings = Math.min(attempts - 1, 40);
  const fullMs = Math.min(policy.initialDelayMs * 2 ** doublings, policy.maximumDelayMs);
  return Math.max(1, Math.round(fullMs * (0.5 + random / 2)));
}

/** Calls `callback` after the wait that is due. Gives what takes it back. */
export function scheduleRetry(
  { clock, random }: { readonly clock: Clock; readonly random: () => number },
  policy: RetryPolicy,
  attempts: number,
  callback: () => void,
): () => void {
  return scheduleAfter(clock, retryDelayMs(policy, attempts, random()), callback);
}
