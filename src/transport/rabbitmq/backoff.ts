import type { RabbitmqSettings } from './options.ts';

/**
 * The wait before an attempt to connect again: doubled each time up to the maximum, then between
 * half of it and all of it, so that those who lost a broker together do not come back together.
 *
 * @param attempt From 1.
 */
export function reconnectDelayMs(
  {
    reconnectDelayMs: firstMs,
    maximumReconnectDelayMs: maximumMs,
    random,
  }: Pick<RabbitmqSettings, 'reconnectDelayMs' | 'maximumReconnectDelayMs' | 'random'>,
  attempt: number,
): number {
  const fullMs = Math.min(firstMs * 2 ** Math.min(attempt - 1, 40), maximumMs);
  return Math.max(1, Math.round(fullMs * (0.5 + random() / 2)));
}
