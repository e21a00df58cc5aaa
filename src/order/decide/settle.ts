import type { CoreFact } from '../events/events.ts';
import { chargedFor, figuresOf } from '../figures.ts';
import { moneyToReturn } from '../settlement.ts';
import type { DecideContext } from './decider.ts';
import { requestVoid } from './payment.ts';
import { creditedOf, requestRefund, spreadOverComponents } from './refund.ts';

/**
 * Asks for everything that has to go back. Called by the request that cancels and by the
 * settlement deadline, never by a report: see law L3.
 */
export function settle(context: DecideContext): readonly CoreFact[] {
  const { order } = context;
  const { cancelled, ordered } = figuresOf(order);
  const weightOf = cancelled === ordered ? chargedFor : creditedOf;
  return moneyToReturn(order).map(({ payment, kind, amount, cause }) => {
    if (kind === 'void') return requestVoid(payment.id, amount, cause, context);
    const allocation = spreadOverComponents(order, amount, weightOf);
    return requestRefund(payment, allocation, { cause, causeId: null, credits: false }, context);
  });
}
