/**
 * A wait between three quarters of `durationMs` and all of it: what many processes do now and then
 * is spread over time, and never later than it would be without.
 *
 * @param random From 0 up to 1.
 */
export function jitteredMs(durationMs: number, random: number): number {
  return Math.max(1, Math.round(durationMs * (0.75 + random / 4)));
}
