import type { Timestamp } from '../order/values.ts';
import type { ParsedCommand } from './types.ts';

/** How far a reporter's clock may be ahead of the engine's, in milliseconds. */
export const clockToleranceMs = 5 * 60_000;

/**
 * Drops a report's `occurredAt` when it is in the future: with a wrong clock, or the year 9999, a
 * report would keep a return window open forever. Only this step compares it to a clock, because
 * replay must not read one (law L6).
 */
export function withoutFutureTime(report: ParsedCommand, now: Timestamp): ParsedCommand {
  const { occurredAt, ...rest } = report;
  return Number(occurredAt) > now + clockToleranceMs ? rest : report;
}
