import type { Timestamp } from '../order/values.ts';
import type { ParsedCommand } from './types.ts';

/** How far a reporter's clock may be ahead of the engine's, in milliseconds. */
export const clockToleranceMs = 5 * 60_000;

/**
 * The report as it is decided: a time that has not come yet counts as not told. Else a wrong clock,
 * or the year 9999, would hold a return window open for ever. It is measured only here: what is
 * recorded says whether a time was told, and replay asks no clock (law L6).
 */
export function withoutFutureTime(report: ParsedCommand, now: Timestamp): ParsedCommand {
  const { occurredAt, ...rest } = report;
  return Number(occurredAt) > now + clockToleranceMs ? rest : report;
}
