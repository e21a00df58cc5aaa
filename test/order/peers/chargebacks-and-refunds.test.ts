import { expect } from 'vitest';
import { later, type Then } from '../../../src/testing/specification.ts';
import {
  day,
  delivered,
  dispatch,
  disputed,
  lastOperation,
  paid,
  place,
  refundAmount,
  refunded,
  sold,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures } from './steps.ts';

// Money that goes back by a chargeback as well as by a refund: once, and not twice.

const before = 'could not be said: no report told of a dispute';
const arrived = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const settled = { due: 0, owed: 0 };

const openLaws = ({ harness }: Then) =>
  harness.state?.order.discrepancies.open.map(({ law }) => law) ?? [];

/** A refund of the merchant's own, and its success. */
function refund(then: Then, amount: number): Then {
  then.harness.execute(refundAmount(amount, 'correction'));
  return answer(then, (of) => refunded(amount, of));
}

scenario(
  { peer: ['wcpay #6196', 'wcpay PR #11327'], before },
  'a dispute that is lost after a part was refunded takes the rest, and not the whole order',
  () => {
    const then = refund(paid.given(...arrived).when(), 3_000);
    then.harness.execute(disputed('Lost', 7_000));
    then
      .thenStatus({ lifecycle: 'completed', dispute: 'lost', hold: 'clear', refund: 'full' })
      .thenOrder(figures({ agreedTotal: 7_000, chargedBack: 7_000, currentTotal: 0, net: 0 }))
      .thenOrder(figures(settled));
  },
);

scenario(
  { peer: 'stripe docs: dispute for the full amount after a partial refund', before },
  'a dispute of all after a part was refunded is flagged until the bank gives that part back',
  () => {
    const then = refund(paid.given(...arrived).when(), 3_000);
    then.harness.execute(disputed('Withdrawn', 10_000));
    expect(openLaws(then)).toEqual(['M3']);
    then.harness.execute(disputed('Reinstated', 3_000));
    then.harness.execute(disputed('Lost'));
    then
      .thenStatus({ lifecycle: 'completed', dispute: 'lost', hold: 'clear' })
      .thenOrder(figures({ chargedBack: 7_000, currentTotal: 0, net: 0, ...settled }));
  },
);

scenario(
  { peer: 'wcpay #4931', before },
  'lost, and won the day after: the money is there, and can be refunded',
  () => {
    const then = paid
      .given(...arrived, disputed('Withdrawn', 10_000), disputed('Lost'), later(day))
      .when(disputed('Reinstated', 10_000), disputed('Won'));
    then.thenStatus({ dispute: 'won', payment: 'paid', refund: 'none' });
    refund(then, 10_000)
      .thenStatus({ refund: 'full', hold: 'clear' })
      .thenOrder(figures({ net: 0, ...settled }));
  },
);

scenario(
  { peer: ['wcpay #6378', 'wcpay #7960'], before },
  'what is disputed, or lost, cannot be refunded; what is only inquired about, or won, can',
  () => {
    const beyond = { law: 'M3', figures: { possible: 0, disputed: 10_000 } };
    for (const steps of [[], [disputed('Lost')]]) {
      paid
        .given(...arrived, disputed('Withdrawn', 10_000), ...steps)
        .when(refundAmount(10_000, 'correction'))
        .thenRejected('lawBroken', beyond);
    }
    const won = [disputed('Withdrawn', 10_000), disputed('Reinstated', 10_000), disputed('Won')];
    for (const steps of [[disputed('Opened', 10_000)], won]) {
      paid
        .given(...arrived, ...steps)
        .when(refundAmount(10_000, 'correction'))
        .thenStatus({ refund: 'pending' });
    }
  },
);

scenario(
  { peer: ['hyperswitch PR #10533', 'stripe docs: refunds'], before },
  'the customer gets the money by a refund and by a chargeback: refused, or flagged',
  () => {
    paid
      .given(...arrived, disputed('Lost', 10_000))
      .when(refundAmount(10_000, 'correction'))
      .thenRejected('lawBroken', { law: 'M3' });
    const then = refund(paid.given(...arrived).when(), 10_000);
    then.harness.execute(disputed('Lost', 10_000));
    expect(openLaws(then)).toEqual(['M3']);
    then.thenStatus({ hold: 'held' }).thenOrder(figures({ net: -10_000, ...settled }));
  },
);

scenario(
  { peer: 'hyperswitch PR #10533', before },
  'a refund was asked for when the chargeback came: it fails, and is not asked for again',
  () => {
    const then = paid.given(...arrived).when(refundAmount(10_000, 'correction'));
    const operationId = lastOperation(then);
    then.harness.execute(disputed('Lost', 10_000));
    then.thenStatus({ hold: 'clear', refund: 'none' });
    const failed = {
      type: 'payment.report',
      paymentId: 'p1',
      outcome: 'refundFailed',
      operationId,
    };
    const by = { source: 'provider', reportId: 're_1', objectId: 're_1' };
    then.harness.execute({ ...failed, ...by });
    then.harness.advance(40 * day);
    expect(lastOperation(then)).toBe(operationId);
    then.thenStatus({ lifecycle: 'completed', refund: 'none' }).thenOrder(figures(settled));
  },
);

scenario(
  { peer: 'polar #8344', before },
  'a dispute takes more than was paid, by a rate of exchange: recorded, flagged, owed by nobody',
  () => {
    const then = paid.given(...arrived).when(disputed('Lost', 10_400));
    expect(openLaws(then)).toEqual(['M3']);
    const [open] = then.harness.state?.order.discrepancies.open ?? [];
    const note = 'the bank counts in dollars';
    then.harness.execute({ type: 'discrepancy.resolve', discrepancyId: open?.id, note });
    then
      .thenStatus({ lifecycle: 'completed', hold: 'clear' })
      .thenOrder(figures({ chargedBack: 10_400, net: -400, ...settled }));
  },
);

scenario(
  { peer: 'saleor docs: CHARGE_BACK', before },
  'of an order that was paid too much, a chargeback takes what was too much first',
  () => {
    paid
      .given(...arrived, sold(5_000, { objectId: 'again' }))
      .when(disputed('Lost', 5_000))
      .thenStatus({ lifecycle: 'completed', refund: 'none', dispute: 'lost' })
      .thenOrder(figures({ net: 10_000, currentTotal: 10_000, chargedBack: 5_000, ...settled }));
  },
);
