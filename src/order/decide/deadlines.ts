import {
  amendmentPrefix,
  awaitedSince,
  exchangePrefix,
  moneyDeadlines,
  returnPrefix,
} from '../deadlines.ts';
import { disputePrefix } from '../disputes.ts';
import { type CoreFact, fact } from '../events/events.ts';
import type { Order } from '../order.ts';
import { creditToReturn, moneyToReturn } from '../settlement.ts';
import type { Deadline } from '../values.ts';
import type { DecideContext } from './decider.ts';
import { announceEvidence } from './dispute.ts';
import { creditExchange } from './exchange.ts';
import { settle } from './settle.ts';

/** Returns the facts that a due deadline leads to, if it is derived from the order. */
export function factsOfDeadline({ name }: Deadline, context: DecideContext): readonly CoreFact[] {
  const { order } = context;
  switch (name) {
    case moneyDeadlines.due:
      return settle(moneyToReturn(order), context);
    case moneyDeadlines.owed:
      return settle(creditToReturn(order), context);
    default:
      return ofDocument(name, context);
  }
}

function ofDocument(name: string, { order, newId }: DecideContext): readonly CoreFact[] {
  if (name.startsWith(amendmentPrefix)) return lapse(name.slice(amendmentPrefix.length), order);
  if (name.startsWith(returnPrefix)) return closeReturn(name.slice(returnPrefix.length), order);
  if (name.startsWith(disputePrefix)) return announceEvidence(name, order);
  const exchange = order.exchanges?.find(({ id }) => name === `${exchangePrefix}${id}`);
  return exchange === undefined ? [] : creditExchange(exchange, order, newId);
}

/** Nobody answered a proposal in time. */
function lapse(amendmentId: string, { amendments = [] }: Order): readonly CoreFact[] {
  const isOpen = amendments.some(({ id, state }) => id === amendmentId && state === 'proposed');
  return isOpen ? [fact('amendment.lapsed', { amendmentId })] : [];
}

/** Closes a return whose units did not all arrive in time. */
function closeReturn(returnId: string, { returns }: Order): readonly CoreFact[] {
  const entry = returns.find(({ id }) => id === returnId);
  if (entry === undefined || awaitedSince(entry) === null) return [];
  return [fact('return.closed', { returnId, cause: 'timeout' })];
}
