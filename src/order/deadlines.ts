import { type CoreFact, fact } from './events/events.ts';
import type { Order, Return } from './order.ts';
import type { Deadline } from './values.ts';

// Deadlines of documents. A chart has one timer for each state, and two returns would share it, by
// the order of their reports; these are derived from the order, so that they commute (law L3).

const prefix = 'return:';

/** Whether a deadline belongs to a document, not to a state of the chart. */
export function isDocumentDeadline({ name }: Deadline): boolean {
  return name.startsWith(prefix);
}

/** Every deadline of the order's documents, as the order stands. */
export function documentDeadlines({ returns, policy }: Order): readonly Deadline[] {
  return returns.flatMap((entry) => {
    if (entry.approvedAt === null || !isAwaited(entry)) return [];
    return [{ name: `${prefix}${entry.id}`, dueAt: entry.approvedAt + policy.returnTimeoutMs }];
  });
}

/** What happens when a document's deadline passes: a return that never came is closed. */
export function factsOfDocument({ name }: Deadline, { returns }: Order): readonly CoreFact[] {
  const returnId = name.slice(prefix.length);
  const entry = returns.find(({ id }) => id === returnId);
  return entry !== undefined && isAwaited(entry)
    ? [fact('return.closed', { returnId, cause: 'timeout' })]
    : [];
}

/** Approved, and something of it has not come yet. */
function isAwaited({ decision, isClosed, requested, received }: Return): boolean {
  if (decision !== 'approved' || isClosed) return false;
  const came = new Map(received.map(({ lineId, units }) => [lineId, units]));
  return requested.some(({ lineId, units }) => units > (came.get(lineId) ?? 0));
}
