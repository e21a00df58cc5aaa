import type { Order, Return } from './order.ts';
import { creditDelayMs, creditToReturn, moneyToReturn, settlementDelayMs } from './settlement.ts';
import type { Deadline } from './values.ts';

// Deadlines that follow from the order. A chart has one timer for each state, which starts anew when
// a label changes: two returns would share it, and money that must go back would wait from a moment
// that depends on the order of the reports. What follows from the order commutes (law L3).

/** The deadline of a return is this and the id of the return. */
export const returnPrefix = 'return:';

/** The deadlines of money: what a cancellation gives back, and what is owed by a credit. */
export const moneyDeadlines = { due: 'refund.due', owed: 'refund.owed' } as const;

/** Whether a deadline follows from the order, and not from a state of the chart. */
export function isDerivedDeadline({ name }: Deadline): boolean {
  const { due, owed } = moneyDeadlines;
  return name.startsWith(returnPrefix) || name === due || name === owed;
}

/** Every deadline that follows from the order as it stands. */
export function derivedDeadlines(order: Order): readonly Deadline[] {
  return [...ofMoney(order), ...order.returns.flatMap((entry) => ofReturn(entry, order))];
}

/** Each only where its firing asks for something: else it would fire for ever. */
function ofMoney(order: Order): readonly Deadline[] {
  const { moneyChangedAt } = order;
  if (moneyToReturn(order).length > 0) {
    return [{ name: moneyDeadlines.due, dueAt: moneyChangedAt + settlementDelayMs(order) }];
  }
  if (order.policy.settleCredits === 'manual' || creditToReturn(order).length === 0) return [];
  return [{ name: moneyDeadlines.owed, dueAt: moneyChangedAt + creditDelayMs(order) }];
}

function ofReturn(entry: Return, { policy }: Order): readonly Deadline[] {
  const { id, approvedAt } = entry;
  if (approvedAt === null || !isAwaited(entry)) return [];
  return [{ name: `${returnPrefix}${id}`, dueAt: approvedAt + policy.returnTimeoutMs }];
}

/** Approved, and something of it has not come yet. */
export function isAwaited({ decision, isClosed, requested, received }: Return): boolean {
  if (decision !== 'approved' || isClosed) return false;
  const came = new Map(received.map(({ lineId, units }) => [lineId, units]));
  return requested.some(({ lineId, units }) => units > (came.get(lineId) ?? 0));
}
