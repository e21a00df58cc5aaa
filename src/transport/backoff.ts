/** The delays between attempts to reconnect. */
export interface ReconnectPolicy {
  /** The delay before the first attempt, in milliseconds. Doubled before each further one. */
  readonly reconnectDelayMs: number;
  /** The longest delay, in milliseconds. */
  readonly maximumReconnectDelayMs: number;
  /** Jitter: a number from 0 to 1 (exclusive). */
  readonly random: () => number;
}

/**
 * Returns the delay before an attempt to reconnect: doubled each time up to the maximum, then a
 * random part between half of it and all of it, so that clients that lost a broker together do not
 * all reconnect at the same time.
 *
 * @param attempt From 1.
 */
export function reconnectDelayMs(policy: ReconnectPolicy, attempt: number): number {
  const { reconnectDelayMs: firstMs, maximumReconnectDelayMs: maximumMs, random } = policy;
  const fullMs = Math.min(firstMs * 2 ** Math.min(attempt - 1, 40), maximumMs);
  return Math.max(1, Math.round(fullMs * (0.5 + random() / 2)));
}
