import type { CoreFact } from '../events/events.ts';
import { figuresOf } from '../figures.ts';
import { addAmounts } from '../money.ts';
import { chargedPrice, creditedPrice } from '../prices.ts';
import type { Settlement } from '../settlement.ts';
import { spreadOverComponents } from './allocation.ts';
import type { DecideContext } from './decider.ts';
import { requestVoid } from './payment.ts';
import { requestRefund, takeParts } from './refund.ts';

/**
 * Makes the facts that return money. Called by cancellation requests and by deadlines, but never by
 * a report: reports must commute (law L3).
 */
export function settle(
  settlements: readonly Settlement[],
  context: DecideContext,
): readonly CoreFact[] {
  const { order } = context;
  const { cancelled, ordered } = figuresOf(order);
  const priceOf = cancelled === ordered ? chargedPrice : creditedPrice;
  const refunds = settlements.filter(({ kind }) => kind === 'refund');
  const due = addAmounts(...refunds.map(({ amount }) => amount));
  // Spread once for all payments: spreading for each would count the same components several times.
  const parts = [...spreadOverComponents(order, due, priceOf)];
  return settlements.map(({ payment, kind, amount, cause }) => {
    if (kind === 'void') return requestVoid(payment.id, amount, cause, context);
    const allocation = takeParts(parts, amount);
    return requestRefund(payment, allocation, { cause, causeId: null, credits: false }, context);
  });
}
