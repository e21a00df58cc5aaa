import type { Amendment, Exchange } from './changes.ts';
import { creditExchange } from './decide/exchange.ts';
import { disputePrefix, evidenceDeadlines } from './disputes.ts';
import type { Order, Return } from './order.ts';
import { optionalRules } from './policy.ts';
import { creditDelayMs, creditToReturn, moneyToReturn, settlementDelayMs } from './settlement.ts';
import { less } from './units-so-far.ts';
import type { Deadline } from './values.ts';

// Deadlines derived from the order. The chart has one timer per state, which restarts when a label
// changes: two returns would share it, and how long money waits to go back would depend on the
// sequence of the reports. With deadlines derived from the order, reports commute (law L3).

/** The name of a return's deadline is this prefix and the id of the return. */
export const returnPrefix = 'return:';

/** The deadline of an exchange, by which it credits what came back, is this and its id. */
export const exchangePrefix = 'exchange:';

/** The deadline of a proposed amendment is this and its id. */
export const amendmentPrefix = 'amendment:';

const prefixes = [returnPrefix, exchangePrefix, amendmentPrefix, disputePrefix];

/** Deadlines for returning money: after a cancellation, and for what a credit owes. */
export const moneyDeadlines = { due: 'refund.due', owed: 'refund.owed' } as const;

/** Whether a deadline is derived from the order, and not from a state of the chart. */
export function isDerivedDeadline({ name }: Deadline): boolean {
  const { due, owed } = moneyDeadlines;
  return name === due || name === owed || prefixes.some((prefix) => name.startsWith(prefix));
}

/** Every deadline derived from the order as it is now. */
export function derivedDeadlines(order: Order): readonly Deadline[] {
  return [
    ...ofMoney(order),
    ...order.returns.flatMap((entry) => ofReturn(entry, order)),
    ...(order.exchanges ?? []).flatMap((entry) => ofExchange(entry, order)),
    ...(order.amendments ?? []).flatMap((entry) => ofProposal(entry, order)),
    ...evidenceDeadlines(order),
  ];
}

/** Sets a deadline only if firing it would lead to a fact; otherwise it would fire forever. */
function ofMoney(order: Order): readonly Deadline[] {
  const { moneyChangedAt } = order;
  if (moneyToReturn(order).length > 0) {
    return [{ name: moneyDeadlines.due, dueAt: moneyChangedAt + settlementDelayMs(order) }];
  }
  if (order.policy.settleCredits === 'manual' || creditToReturn(order).length === 0) return [];
  return [{ name: moneyDeadlines.owed, dueAt: moneyChangedAt + creditDelayMs(order) }];
}

function ofReturn(entry: Return, { policy }: Order): readonly Deadline[] {
  const approvedAt = awaitedSince(entry);
  if (approvedAt === null) return [];
  return [{ name: `${returnPrefix}${entry.id}`, dueAt: approvedAt + policy.returnTimeoutMs }];
}

/** Due as soon as something is to be credited: a report moves no amount by itself (law L3). */
function ofExchange(entry: Exchange, order: Order): readonly Deadline[] {
  const { id, requestedAt } = entry;
  if (creditExchange(entry, order, () => id).length === 0) return [];
  return [{ name: `${exchangePrefix}${id}`, dueAt: requestedAt }];
}

function ofProposal({ id, state, proposedAt }: Amendment, { policy }: Order): readonly Deadline[] {
  if (state !== 'proposed' || proposedAt === undefined) return [];
  const timeoutMs = policy.amendmentTimeoutMs ?? optionalRules.amendmentTimeoutMs;
  return [{ name: `${amendmentPrefix}${id}`, dueAt: proposedAt + timeoutMs }];
}

/** When a return was approved of which some units have not arrived yet; `null` for any other. */
export function awaitedSince({ approvedAt, isClosed, requested, received }: Return) {
  const isAwaited = less(requested, received).some(({ units }) => units > 0);
  return isAwaited && !isClosed ? approvedAt : null;
}
