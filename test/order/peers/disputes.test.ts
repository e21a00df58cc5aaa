import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  cancel,
  captured,
  concede,
  day,
  delivered,
  dispatch,
  disputed,
  line,
  paid,
  place,
  refunded,
  sold,
  submit,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures } from './steps.ts';

// Money that a bank takes back: chargebacks, inquiries, returned debits, second chargebacks.

const before = 'could not be said: no report told of a dispute';
const arrived = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const settled = { due: 0, owed: 0 };
const second = { objectId: 'dp_2' };

scenario(
  { peer: 'wcpay #7885', before },
  'an inquiry is no chargeback: nothing is withdrawn, and when it is closed all is as before',
  () => {
    const then = paid.given(...arrived).when(disputed('Opened', 10_000));
    then.thenStatus({ dispute: 'open', payment: 'paid' }).thenOrder(figures({ net: 10_000 }));
    then.harness.execute(disputed('Won'));
    then
      .thenStatus({ lifecycle: 'completed', dispute: 'won' })
      .thenOrder(figures({ net: 10_000, disputed: 0, ...settled }));
  },
);

scenario(
  { peer: 'wcpay PR #11997', before },
  'one of two disputes of a charge is won: the order is not complete while the other is open',
  () => {
    const both = [disputed('Withdrawn', 4_000), disputed('Withdrawn', 6_000, second)];
    const then = paid
      .given(...arrived, ...both)
      .when(disputed('Reinstated', 4_000), disputed('Won'));
    then.thenStatus({ lifecycle: 'confirmed', dispute: 'open' }).thenOrder(figures({ due: 6_000 }));
    then.harness.execute(disputed('Lost', undefined, second));
    then
      .thenStatus({ lifecycle: 'completed', dispute: 'lost' })
      .thenOrder(figures({ net: 4_000, currentTotal: 4_000, ...settled }));
  },
);

scenario(
  { peer: ['woo-stripe #1098', 'woo-stripe #128'], before },
  'a dispute that is won, and whose funds are reinstated, leaves nothing on hold',
  () => {
    const then = paid
      .given(...arrived, disputed('Opened', 10_000), disputed('Withdrawn', 10_000))
      .when(disputed('Won'), disputed('Reinstated', 10_000));
    then.thenStatus({ lifecycle: 'completed', hold: 'clear', payment: 'paid', dispute: 'won' });
  },
);

scenario(
  { peer: ['woo-stripe #2598', 'woo-stripe PR #3672'], before },
  'a dispute of an order that was cancelled and refunded leaves it cancelled, and its stock free',
  () => {
    const then = paid.given(place(), sold(10_000)).when(cancel());
    answer(then, (of) => refunded(10_000, of)).thenStatus({ lifecycle: 'cancelled' });
    then.harness.execute(disputed('Opened', 10_000));
    then.thenStatus({ lifecycle: 'cancelled', dispute: 'open', hold: 'clear' });
    // The bank takes it all the same: the money went back twice.
    then.harness.execute(disputed('Withdrawn', 10_000));
    then.thenStatus({ lifecycle: 'cancelled', dispute: 'open', hold: 'held' });
    then.thenOrder((order) => expect(order.lines[0]?.cancelled).toBe(1));
    then.harness.execute(disputed('Reinstated', 10_000));
    then.harness.execute(disputed('Won'));
    then.thenStatus({ lifecycle: 'cancelled', dispute: 'won', hold: 'clear', refund: 'full' });
  },
);

scenario(
  { peer: 'woo-stripe PR #1232', before },
  'the webhook that it was captured comes after the one that the dispute is closed',
  () => {
    const reports = [captured(10_000, { sale: true }), disputed('Lost', 10_000)];
    for (const told of [reports, reports.toReversed()]) {
      paid
        .given(place())
        .when(...told)
        .thenStatus({ lifecycle: 'confirmed', dispute: 'lost', hold: 'clear' })
        .thenOrder(figures({ net: 0, secured: 0, currentTotal: 0, ...settled }));
    }
  },
);

scenario(
  { peer: ['woo-stripe PR #1108', 'hyperswitch PR #10051'], before },
  'a direct debit that the bank returns is lost at once, and its goods do not leave',
  () => {
    paid
      .given(place(), sold(10_000), disputed('Lost', 10_000, { reason: 'AC04' }))
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', { guard: 'secured', figures: { secured: 0 } })
      .thenOrder(figures({ chargedBack: 10_000, ...settled }));
  },
);

scenario(
  { peer: 'adyen docs: chargeback reversed', before },
  'a chargeback that was reversed is not final: a second one takes the money again',
  () => {
    const first = [disputed('Withdrawn', 10_000), disputed('Reinstated', 10_000), disputed('Won')];
    const then = paid.given(...arrived, ...first).when(disputed('Withdrawn', 20_000));
    then.thenStatus({ lifecycle: 'confirmed', dispute: 'open' });
    then.harness.execute(disputed('Lost'));
    then
      .thenStatus({ lifecycle: 'completed', dispute: 'lost', hold: 'clear' })
      .thenOrder(figures({ net: 0, chargedBack: 10_000, ...settled }));
  },
);

scenario(
  { peer: 'adyen docs: dispute opened with chargeback', before },
  'a chargeback comes without a notification before it, or with one that comes late',
  () => {
    const dueBy = 1_767_225_600_000 + 10 * day;
    paid
      .given(...arrived, disputed('Withdrawn', 10_000))
      .when(disputed('Opened', 10_000, { dueBy }))
      .thenEvents('payment.dispute_opened')
      .thenStatus({ dispute: 'open', hold: 'clear' })
      .thenOrder(figures({ disputed: 10_000 }));
  },
);

scenario(
  { peer: ['shopify docs: ShopifyPaymentsDispute', 'vendure #2601'], before },
  'evidence is due by a day, and somebody is told in time, unless it was sent',
  () => {
    const dueBy = 1_767_225_600_000 + 10 * day;
    const opened = disputed('Opened', 10_000, { dueBy });
    paid
      .given(...arrived, opened)
      .when(later(8 * day))
      .thenEvents('dispute.evidence_due');
    paid
      .given(...arrived, opened, submit({ evidenceId: 'letter-1' }))
      .when(later(8 * day))
      .thenNothing();
  },
);

scenario(
  { peer: 'stripe docs: close a dispute', before },
  'who accepts a dispute cannot take that back, and loses it when the provider says so',
  () => {
    const then = paid.given(...arrived, disputed('Withdrawn', 10_000)).when(concede());
    for (const request of [submit(), concede()]) {
      expect(then.harness.execute(request)).toMatchObject({
        rejection: { code: 'alreadyUsed', figures: { state: 'conceded' } },
      });
    }
    then.thenStatus({ dispute: 'open' });
    then.harness.execute(disputed('Lost'));
    then.thenStatus({ lifecycle: 'completed', dispute: 'lost' });
  },
);

scenario(
  { peer: 'woo-paypal #1078', before },
  'what has not left of a disputed order stays, with the reason',
  () => {
    const took = [disputed('Opened', 10_000), disputed('Withdrawn', 10_000)];
    paid
      .given(place({ lines: [line('a', 2, 5_000)] }), sold(10_000), dispatch({ a: 1 }), ...took)
      .when(dispatch({ a: 1 }, 's2'))
      .thenRejected('guardRefused', { guard: 'secured', figures: { disputed: 10_000 } });
  },
);

scenario(
  { peer: 'wcpay #7928', before },
  'an order that completes again after a dispute says in between that it was reopened',
  () => {
    const { harness } = paid.given(...arrived).when(disputed('Opened'), disputed('Won'));
    const life = harness.events
      .map(({ type }) => type)
      .filter((type) => /complete|reopen/.test(type));
    expect(life).toEqual(['order.completed', 'order.reopened', 'order.completed']);
  },
);
