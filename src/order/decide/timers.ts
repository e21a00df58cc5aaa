import type { CoreFact } from '../events/events.ts';
import { Refusal } from '../refusal.ts';
import type { DecideContext } from './decider.ts';
import { refundCredit } from './refund.ts';
import { settle } from './settle.ts';

/** What the timers of the chart ask for once they have fired, by their names. */
export const factsOfTimers: Readonly<
  Record<string, (context: DecideContext) => readonly CoreFact[]>
> = {
  'refund.due.settlementDelay': settle,
  'refund.owed.creditDelay': payCredits,
};

/** Pays back what is owed; while a payment is busy nothing, and the timer fires again. */
function payCredits(context: DecideContext): readonly CoreFact[] {
  const facts = refundCredit(context);
  return facts instanceof Refusal ? [] : facts;
}
