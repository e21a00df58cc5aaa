import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  day,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportPayment,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures } from './steps.ts';

// Orders and units that are called off, and the money that has to go back for it.

scenario(
  { peer: ['sylius #6144', 'sylius #6392'], before: 'right' },
  'cancelled when it is paid: the money is asked back, and it is cancelled when it is there',
  () => {
    const then = paid.given(place(), sold(10_000)).when(cancel());
    then
      .thenEvents(
        'order.cancellation_requested',
        'order.units_cancelled',
        'payment.refund_requested',
      )
      .thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    answer(then, (of) => refunded(10_000, of)).thenStatus({
      lifecycle: 'cancelled',
      refund: 'full',
    });
  },
);

scenario(
  { peer: ['spree PR #6547', 'solidus #1066'], before: 'right' },
  'everything was refunded before it is cancelled: nothing is owed, and nothing asked for again',
  () => {
    const asked = paid.given(place(), sold(10_000)).when(refundAmount(10_000, 'correction'));
    const { harness } = answer(asked, (of) => refunded(10_000, of));
    const before = harness.events.length;
    harness.execute(cancel());
    expect(harness.events.slice(before).map(({ type }) => type)).toEqual([
      'order.cancellation_requested',
      'order.units_cancelled',
      'order.cancelled',
    ]);
    asked
      .thenStatus({ lifecycle: 'cancelled', refund: 'full' })
      .thenOrder(figures({ net: 0, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'sylius #8928', before: 'right' },
  'a cancelled order cannot be paid by request, and what is paid all the same goes back',
  () => {
    const pay = { type: 'payment.authorize', paymentId: 'p1', amount: 10_000, currency: 'EUR' };
    paid.given(place(), cancel()).when(pay).thenRejected('notInThisState');
    const then = paid.given(place(), cancel()).when(sold(10_000), later(0));
    then
      .thenEvents('payment.captured', 'payment.refund_requested')
      .thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    answer(then, (of) => refunded(10_000, of)).thenStatus({ lifecycle: 'cancelled' });
  },
);

scenario(
  { peer: ['woo-stripe PR #5703', 'woo-stripe #5362'], before: 'right' },
  'the customer cancels while the bank asks for a word more: what is captured later goes back once',
  () => {
    const asked = { type: 'payment.authorize', paymentId: 'p1', amount: 10_000, currency: 'EUR' };
    const given = [place(), { ...asked, sale: true }, reportPayment('actionRequired'), cancel()];
    const late = sold(10_000);
    const then = paid.given(...given).when(late, late, later(0), late, later(0));
    const refunds = then.harness.events.filter(({ type }) => type === 'payment.refund_requested');
    expect(refunds.map(({ data }) => data['amount'])).toEqual([10_000]);
    answer(then, (of) => refunded(10_000, of)).thenStatus({ lifecycle: 'cancelled' });
  },
);

scenario(
  { peer: 'sylius #13442', before: 'right' },
  'an order that waits for a hand, paid and refunded in part, does not expire as unpaid',
  () => {
    const manual = place({
      lines: [line('a', 2, 10_000)],
      policy: { confirmWhen: 'manual', unpaidTimeoutMs: day },
    });
    const asked = paid.given(manual, sold(20_000)).when(refundUnits({ a: 1 }, 'correction'));
    answer(asked, (of) => refunded(10_000, of));
    asked.harness.advance(10 * day);
    asked
      .thenStatus({ lifecycle: 'pending', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 10_000, net: 10_000, due: 0 }));
  },
);

scenario(
  { peer: 'vendure #1484', before: 'right' },
  'paid for one of two, and the other is taken off: the order is paid and confirms',
  () => {
    paid
      .given(place({ lines: [line('a', 2, 10_000)] }), sold(10_000))
      .when(cancel({ a: 1 }))
      .thenEvents('order.cancellation_requested', 'order.units_cancelled', 'order.confirmed')
      .thenStatus({ payment: 'paid', refund: 'none' })
      .thenOrder(figures({ total: 20_000, currentTotal: 10_000, confirmTotal: 10_000, due: 0 }));
  },
);

scenario(
  { peer: 'vendure #1414', before: 'right' },
  'one of three is cancelled and refunded: the order costs less, and nothing is due for it',
  () => {
    const then = paid.given(three, sold(30_000)).when(cancel({ a: 1 }));
    then.thenOrder(figures({ total: 30_000, currentTotal: 20_000, net: 30_000, owed: 0 }));
    answer(then, (of) => refunded(10_000, of))
      .thenStatus({ payment: 'paid', refund: 'partial' })
      .thenOrder(figures({ total: 30_000, currentTotal: 20_000, net: 20_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'vendure #2608', before: 'right' },
  'units of one line are cancelled in two steps, down to none',
  () => {
    const then = paid.given(three, sold(30_000)).when(cancel({ a: 2 }));
    answer(then, (of) => refunded(20_000, { ...of, objectId: 'first' }));
    then.thenOrder(figures({ net: 10_000, lines: [{ open: 1 }] }));
    then.harness.execute(cancel({ a: 1 }));
    answer(then, (of) => refunded(10_000, { ...of, objectId: 'second' }));
    then.thenStatus({ lifecycle: 'cancelled', refund: 'full' }).thenOrder(figures({ net: 0 }));
  },
);

scenario(
  { peer: 'magento2 #23437', before: 'right' },
  'two of four are cancelled: two leave, and not four',
  () => {
    const four = place({ lines: [line('a', 4, 10_000)] });
    paid
      .given(four, sold(40_000), cancel({ a: 2 }))
      .when(dispatch({ a: 4 }))
      .thenRejected('lawBroken', { law: 'Q1' });
    paid
      .given(four, sold(40_000), cancel({ a: 2 }))
      .when(dispatch({ a: 2 }))
      .thenStatus({ fulfillment: 'shipped' });
  },
);

scenario(
  {
    peer: ['vendure PR #4917', 'prestashop #16654'],
    before:
      'wrong: the price of the third unit goes back as well, and the unit stays to be shipped',
  },
  'a unit that was refunded is not cancelled on top, which would pay for it twice',
  () => {
    const asked = paid.given(three, sold(30_000)).when(refundUnits({ a: 2 }, 'correction'));
    answer(asked, (of) => refunded(20_000, of));
    expect(asked.harness.execute(cancel({ a: 2 }))).toMatchObject({
      status: 'rejected',
      rejection: { law: 'Q4', figures: { asked: 2, ordered: 3, creditedUnits: 2 } },
    });
  },
);

scenario(
  { peer: ['magento2 #23270', 'magento2 #31063', 'magento2 #23964'], before: 'right' },
  'two are delivered and the third is cancelled and refunded: the order is complete',
  () => {
    const given = [three, sold(30_000), dispatch({ a: 2 }), delivered({ a: 2 })];
    const then = paid.given(...given).when(cancel({ a: 1 }));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'delivered', refund: 'pending' });
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 20_000, net: 20_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'vendure #2912', before: 'right' },
  'one of three is cancelled while all is being captured: it is owed, and goes back when it is there',
  () => {
    const then = byAuthorization
      .given(three, authorized(30_000), capture(30_000))
      .when(cancel({ a: 1 }));
    then.thenStatus({ payment: 'processing', refund: 'none' });
    answer(then, (of) => captured(30_000, of));
    then
      .thenStatus({ payment: 'paid', refund: 'due' })
      .thenOrder(figures({ currentTotal: 20_000, net: 30_000, owed: 10_000 }));
    then.harness.advance(0);
    answer(then, (of) => refunded(10_000, of));
    then.thenStatus({ refund: 'partial' }).thenOrder(figures({ net: 20_000, owed: 0 }));
  },
);
