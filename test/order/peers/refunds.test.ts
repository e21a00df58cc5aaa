import { expect } from 'vitest';
import type { Order } from '../../../src/order/order.ts';
import { orderFigures } from '../../../src/order/order-figures.ts';
import { later, orderSpecification, type Then } from '../../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  credit,
  creditUnits,
  day,
  delivered,
  dispatch,
  lastOperation,
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

// Refunds that fail, bounce, are asked for beyond what there is, or were granted before they are paid.

const autoPolicy = { confirmWhen: 'paid', settleCredits: 'auto' } as const;
const auto = orderSpecification({ policy: autoPolicy });
const bought = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 3 })];
const ofCredit = { type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } };
const figures = (then: Then) => orderFigures(then.harness.state?.order as Order);

/** The outcome of the last operation asked for. */
function answer(then: Then, outcome: string, amount?: number, objectId = 're_1') {
  const operationId = lastOperation(then);
  then.harness.execute(reportPayment(outcome, amount, { operationId, objectId }));
}

scenario(
  {
    peer: ['woo-stripe #4405', 'wcpay #10056'],
    before: 'wrong: refund is "none", as if nothing were owed',
  },
  'a refund that fails leaves the order paid and the money owed, to be asked for again under another id',
  () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 3 }, 'correction'));
    const first = lastOperation(asked);
    answer(asked, 'refundFailed');
    asked.thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'owed' });
    expect(figures(asked)).toMatchObject({ currentTotal: 0, net: 30_000, owed: 30_000 });
    asked.harness.execute(ofCredit);
    expect(lastOperation(asked)).not.toBe(first);
    answer(asked, 'refunded', 30_000, 're_2');
    asked.thenStatus({ lifecycle: 'completed', refund: 'full' });
    expect(figures(asked)).toMatchObject({ net: 0, owed: 0 });
  },
);

scenario(
  { peer: 'adyen #631', before: 'could not be said: a policy that pays back what is owed' },
  'a refund that fails does not pass unnoticed: it is asked for again until it is out',
  () => {
    const asked = auto.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    answer(asked, 'refundFailed', undefined, 're_1');
    asked.thenStatus({ refund: 'owed' });
    asked.harness.advance(60_000);
    asked.thenStatus({ refund: 'pending' });
    answer(asked, 'refundFailed', undefined, 're_2');
    asked.harness.advance(119_999);
    asked.thenStatus({ refund: 'owed' });
    asked.harness.advance(1);
    answer(asked, 'refunded', 10_000, 're_3');
    asked.thenStatus({ lifecycle: 'completed', refund: 'partial' });
    expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 20_000, owed: 0 });
  },
);

scenario(
  { peer: 'spree #10108', before: 'right' },
  'a refund that fails after a cancellation is asked for again until the order is cancelled',
  () => {
    const asked = paid.given(place(), sold(10_000)).when(cancel());
    answer(asked, 'refundFailed');
    asked.thenStatus({ lifecycle: 'cancelling', refund: 'due' });
    asked.harness.advance(60_000);
    asked.thenStatus({ refund: 'pending' });
    answer(asked, 'refunded', 10_000, 're_2');
    asked.thenStatus({ lifecycle: 'cancelled', refund: 'full' });
  },
);

scenario(
  { peer: ['wcpay #601', 'wcpay PR #3965'], before: 'wrong: refund is "none" again' },
  'a refund that fails after it was told as done makes the money owed again, and reopens the order',
  () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    answer(asked, 'refunded', 10_000);
    asked.thenStatus({ lifecycle: 'completed', refund: 'partial' });
    answer(asked, 'refundReversed', 10_000);
    asked.thenStatus({ lifecycle: 'confirmed', refund: 'owed', hold: 'clear' });
    expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 30_000, owed: 10_000 });
  },
);

scenario(
  { peer: 'prestashop #18286', before: 'right' },
  'a refund beyond what was paid so far is refused with both figures',
  () => {
    const refusal = paid
      .given(place(), sold(4_000))
      .when()
      .harness.execute(refundAmount(5_000, 'correction'));
    expect(refusal).toMatchObject({
      rejection: { law: 'M3', figures: { asked: 5_000, possible: 4_000 } },
    });
  },
);

scenario(
  { peer: 'adyen #228', before: 'right' },
  'a refund of money that is authorized and was not captured is refused',
  () => {
    byAuthorization
      .given(place(), authorized(10_000))
      .when(refundAmount(10_000, 'correction'))
      .thenRejected('lawBroken', { law: 'M3' })
      .thenOrder((order) => expect(order.payments[0]?.refundPending).toBe(0));
  },
);

scenario(
  { peer: 'prestashop #15820', before: 'wrong: 1,000 units of the two count as refunded' },
  'a refund of more units than were bought is refused',
  () => {
    const lines = [line('a', 2, 1_000), line('b', 1, 5_000)];
    const given = paid.given(place({ lines }), sold(7_000));
    given.when(refundUnits({ a: 1_000 }, 'correction')).thenRejected('lawBroken', { law: 'Q4' });
    const both = given.when(refundUnits({ a: 2 }, 'correction'));
    both.thenStatus({ refund: 'pending' });
    expect(figures(both).lines).toMatchObject([{ creditable: 0 }, { creditable: 1 }]);
  },
);

scenario(
  {
    peer: 'vendure #121',
    before: 'wrong: a refunded unit was cancelled as well, and counts twice',
  },
  'a unit that was refunded cannot be cancelled, and one that was cancelled cannot be refunded',
  () => {
    const given = () => paid.given(place(), sold(10_000));
    const back = given().when(refundUnits({ a: 1 }, 'correction'));
    expect(back.harness.execute(cancel({ a: 1 }))).toMatchObject({ rejection: { law: 'Q4' } });
    expect(figures(back)).toMatchObject({ currentTotal: 0, owed: 0 });
    const gone = paid.given(three, sold(30_000)).when(cancel({ a: 1 }));
    expect(figures(gone).lines).toMatchObject([{ open: 2, creditable: 2 }]);
    expect(gone.harness.execute(refundUnits({ a: 3 }, 'correction'))).toMatchObject({
      rejection: { law: 'Q4' },
    });
  },
);

scenario(
  {
    peer: 'stripe docs: Pending refunds due to insufficient funds or Stripe balance',
    before: 'right',
  },
  'a refund that waits for the merchant’s balance is not asked for twice',
  () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    asked.harness.advance(30 * day);
    asked.thenStatus({ lifecycle: 'confirmed', refund: 'pending' });
    expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 30_000, owed: 0 });
    expect(asked.harness.execute(ofCredit)).toMatchObject({ status: 'rejected' });
    answer(asked, 'refunded', 10_000);
    asked.thenStatus({ lifecycle: 'completed', refund: 'partial' });
  },
);

scenario(
  { peer: 'saleor #14326', before: 'could not be said: a credit that is not paid yet' },
  'a refund that was granted is owed until it is paid, and nothing more then',
  () => {
    const granted = paid
      .given(...bought)
      .when(credit('goodwill', { kind: 'amount', amount: 7_270, currency: 'EUR' }));
    granted.thenEvents('order.credited', 'order.reopened').thenStatus({ refund: 'owed' });
    expect(figures(granted)).toMatchObject({ currentTotal: 22_730, net: 30_000, owed: 7_270 });
    granted.harness.execute(ofCredit);
    expect(figures(granted).owed).toBe(0);
    answer(granted, 'refunded', 7_270);
    granted.thenStatus({ lifecycle: 'completed', refund: 'partial', payment: 'paid' });
    expect(figures(granted)).toMatchObject({ currentTotal: 22_730, net: 22_730, owed: 0 });
  },
);

scenario(
  { peer: 'solidus #1254', before: 'could not be said: a credit for a price that fell' },
  'a refund for a price that fell leaves the unit where it is, and no balance open',
  () => {
    const asked = paid
      .given(...bought)
      .when(creditUnits({ a: 1 }, 'priceChange', { amount: 1_500 }));
    asked.harness.execute(ofCredit);
    answer(asked, 'refunded', 1_500);
    asked.thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', returns: 'none' });
    expect(figures(asked)).toMatchObject({
      currentTotal: 28_500,
      net: 28_500,
      due: 0,
      owed: 0,
      lines: [{ creditable: 2, returnable: 3 }],
    });
  },
);

scenario(
  {
    peer: 'magento2 #33807',
    before: 'could not be said: an order had no figures for its readers',
  },
  'a refund comes off what the order costs now, and not off what it cost',
  () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    answer(asked, 'refunded', 10_000);
    expect(figures(asked)).toMatchObject({
      total: 30_000,
      currentTotal: 20_000,
      confirmTotal: 30_000,
      net: 20_000,
    });
  },
);

scenario(
  { peer: 'solidus #1475', before: 'right' },
  'the money for a unit that was cancelled goes back by itself, and leaves nothing owed',
  () => {
    const asked = paid.given(three, sold(30_000)).when(cancel({ a: 1 }));
    answer(asked, 'refunded', 10_000);
    asked.thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'partial' });
    expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 20_000, due: 0, owed: 0 });
  },
);

scenario(
  { peer: 'saleor #12757', before: 'right' },
  'a refund of everything at the provider leaves nothing due or owed',
  () => {
    const then = paid.given(...bought).when(refunded(30_000), later(day));
    then.thenStatus({ lifecycle: 'completed', refund: 'full' });
    expect(figures(then)).toMatchObject({ currentTotal: 0, net: 0, due: 0, owed: 0 });
  },
);

scenario(
  { peer: 'spree #10108', before: 'wrong: the engine asked for the same 100.00 once more' },
  'a refund that fails after a unit was cancelled, and is made at the provider, is made once',
  () => {
    const asked = paid.given(three, sold(30_000)).when(cancel({ a: 1 }));
    answer(asked, 'refundFailed');
    asked.harness.execute(refunded(10_000, { objectId: 're_by_hand' }));
    asked.harness.advance(30 * day);
    asked.thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'partial' });
    expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 20_000, owed: 0 });
  },
);
