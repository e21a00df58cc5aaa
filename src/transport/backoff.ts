/** How long to wait before connecting again. */
export interface ReconnectPolicy {
  /** Before the first attempt; doubled before each further one. Milliseconds. */
  readonly reconnectDelayMs: number;
  /** The longest wait; milliseconds. */
  readonly maximumReconnectDelayMs: number;
  /** Jitter: from 0 up to 1. */
  readonly random: () => number;
}

/**
 * The wait before an attempt to connect again: doubled each time up to the maximum, then between
 * half of it and all of it, so that those who lost a broker together do not come back together.
 *
 * @param attempt From 1.
 */
export function reconnectDelayMs(policy: ReconnectPolicy, attempt: number): number {
  const { reconnectDelayMs: firstMs, maximumReconnectDelayMs: maximumMs, random } = policy;
  const fullMs = Math.min(firstMs * 2 ** Math.min(attempt - 1, 40), maximumMs);
  return Math.max(1, Math.round(fullMs * (0.5 + random() / 2)));
}
