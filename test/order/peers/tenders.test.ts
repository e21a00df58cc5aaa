import { expect } from 'vitest';
import { orderFigures } from '../../../src/order/order-figures.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  dispatch,
  lastOperation,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  reportPayment,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';

// Orders that several tenders pay: gift cards, store credit, a card, and which of them pays back.

const card = { paymentId: 'card' };
const gift = { paymentId: 'gift' };
const split = [
  place({ lines: [line('a', 2, 1_000)] }),
  sold(1_500, { ...card, objectId: 'card-1' }),
  sold(500, { ...gift, objectId: 'gift-1' }),
];
const refusedAsUnsecured = ['guardRefused', { guard: 'secured' }] as const;
const voidOf = (paymentId: string) => ({ type: 'payment.void', paymentId });
const authorize = (amount: number, paymentId: string) => ({
  type: 'payment.authorize',
  paymentId,
  amount,
  currency: 'EUR',
});

scenario(
  { peer: 'adyen #651', before: 'wrong: the second refund went to the gift card' },
  'two refunds in a row go to the card that has room for both, the second once the first is out',
  () => {
    const asked = paid.given(...split).when(refundAmount(500));
    expect(asked.harness.execute(refundAmount(500))).toMatchObject({
      status: 'rejected',
      rejection: { law: 'M10', figures: { paymentId: 'card' } },
    });
    asked.harness.execute(refunded(500, { ...card, operationId: lastOperation(asked) }));
    asked.harness.execute(refundAmount(500));
    asked.thenOrder(({ payments }) => {
      expect(payments.map(({ refundPending }) => refundPending)).toEqual([500, 0]);
    });
  },
);

scenario(
  { peer: 'vendure #1753', before: 'right' },
  'a refund goes to the next tender for what the first has no room for',
  () => {
    const asked = paid.given(...split).when(refundAmount(1_200));
    asked.harness.execute(refunded(1_200, { ...card, operationId: lastOperation(asked) }));
    asked.harness.execute(refundAmount(700));
    asked.thenOrder((order) => {
      const pending = order.payments.map(({ refundPending }) => refundPending);
      expect(pending).toEqual([300, 400]);
      expect(orderFigures(order)).toMatchObject({ currentTotal: 100, net: 800, owed: 0 });
    });
  },
);

scenario(
  { peer: 'solidus PR #1603', before: 'right' },
  'store credit of which a part was refunded gets the rest back when the order is cancelled',
  () => {
    const yen = { currency: 'JPY' };
    const asked = paid
      .given(place({ ...yen, lines: [line('a', 1, 100)] }), sold(100, yen))
      .when(refundAmount(30, 'goodwill', { of: { kind: 'amount', amount: 30, ...yen } }));
    asked.harness.execute(refunded(30, { ...yen, operationId: lastOperation(asked) }));
    asked.harness.execute(cancel());
    expect(asked.harness.events.at(-1)).toMatchObject({
      type: 'payment.refund_requested',
      data: { amount: 70 },
    });
    const rest = { ...yen, operationId: lastOperation(asked), objectId: 'rest' };
    asked.harness.execute(refunded(70, rest));
    asked.thenStatus({ lifecycle: 'cancelled', refund: 'full' });
  },
);

scenario(
  { peer: 'solidus #1066', before: 'right' },
  'an order that was refunded in full can be cancelled, and nothing more goes back',
  () => {
    const asked = paid.given(place(), sold(10_000)).when(refundAmount(10_000));
    asked.harness.execute(refunded(10_000, { operationId: lastOperation(asked) }));
    const before = asked.harness.events.length;
    asked.harness.execute(cancel());
    const after = asked.harness.events.slice(before).map(({ type }) => type);
    expect(after).toEqual([
      'order.cancellation_requested',
      'order.units_cancelled',
      'order.cancelled',
    ]);
    asked.thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ currentTotal: 0, net: 0, owed: 0, due: 0 });
    });
  },
);

scenario(
  { peer: 'mollie #873', before: 'right' },
  'a gift card gets all of its part back when the card for the rest is declined',
  () => {
    const asked = byAuthorization
      .given(
        place(),
        authorized(4_000, gift),
        reportPayment('authorizationFailed', undefined, { ...card, reason: 'declined' }),
      )
      .when(cancel());
    expect(asked.harness.events.at(-1)).toMatchObject({
      type: 'payment.void_requested',
      data: { paymentId: 'gift', amount: 4_000 },
    });
    asked.thenStatus({ lifecycle: 'cancelling', refund: 'none' });
    asked.harness.execute(
      reportPayment('voided', 4_000, { ...gift, operationId: lastOperation(asked) }),
    );
    asked.thenStatus({ lifecycle: 'cancelled', payment: 'voided' });
  },
);

scenario(
  {
    peer: 'solidus #1107',
    before: 'could not be said: a refund that lets another tender pay instead',
  },
  'money goes back to one card because another will pay, and the order is not paid until it does',
  () => {
    const asked = paid.given(place({ lines: [line('a', 1, 2_500)] }), sold(2_500, card)).when({
      type: 'payment.refund',
      cause: 'correction',
      of: { kind: 'tender', amount: 2_500, currency: 'EUR' },
    });
    asked.harness.execute(refunded(2_500, { ...card, operationId: lastOperation(asked) }));
    asked
      .thenStatus({ lifecycle: 'confirmed', payment: 'due', refund: 'full' })
      .thenOrder((order) => {
        expect(orderFigures(order)).toMatchObject({ currentTotal: 2_500, net: 0, due: 2_500 });
      });
    expect(asked.harness.execute(dispatch({ a: 1 }))).toMatchObject({
      rejection: { guard: 'secured' },
    });
    asked.harness.execute(sold(2_500, { paymentId: 'other' }));
    asked.harness.execute(dispatch({ a: 1 }));
    asked.thenStatus({ payment: 'paid', fulfillment: 'shipped' });
  },
);

scenario(
  { peer: 'setono #278', before: 'wrong: the goods left, and nobody had paid anything' },
  'goods do not leave for a gift card that was taken back before it paid',
  () => {
    const order = place({ lines: [line('a', 1, 5_000)] });
    const given = byAuthorization.given(
      order,
      authorized(5_000, gift),
      reportPayment('voided', 5_000, gift),
    );
    given
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured)
      .thenOrder((after) => {
        expect(orderFigures(after)).toMatchObject({ secured: 0, net: 0, due: 5_000 });
      });
  },
);

scenario(
  {
    peer: 'mollie #873',
    before: 'wrong: the 40.00 counted twice, so the order of 80.00 was confirmed and left',
  },
  'a gift card that came back with a declined payment and is used again counts once',
  () => {
    const asked = byAuthorization
      .given(
        place({ lines: [line('a', 1, 8_000)] }),
        authorized(4_000, { ...gift, objectId: 'first' }),
        reportPayment('authorizationFailed', undefined, card),
      )
      .when(voidOf('gift'));
    const operationId = lastOperation(asked);
    asked.harness.execute(reportPayment('voided', 4_000, { ...gift, operationId }));
    asked.harness.execute(authorized(4_000, { ...gift, objectId: 'second' }));
    asked
      .thenStatus({ lifecycle: 'pending', payment: 'partiallyAuthorized' })
      .thenOrder((order) => {
        expect(orderFigures(order)).toMatchObject({ secured: 4_000, confirmTotal: 8_000 });
      });
  },
);

scenario(
  { peer: 'spree PR #13819', before: 'wrong: 160.00 were authorized for an order of 100.00' },
  'what a gift card has secured cannot be authorized on a card as well',
  () => {
    const given = byAuthorization.given(place(), authorized(6_000, gift));
    given
      .when(authorize(10_000, 'card'))
      .thenRejected('lawBroken', { law: 'M12' })
      .thenOrder((order) => expect(orderFigures(order).secured).toBe(6_000));
    given.when(authorize(4_000, 'card')).thenEvents('payment.authorization_requested');
  },
);

scenario(
  { peer: 'wcpay #767', before: 'wrong: the capture of 95.00 was asked for' },
  'after a unit was cancelled not all that is authorized can be captured',
  () => {
    const order = place({ lines: [line('a', 2, 4_750)] });
    const given = byAuthorization.given(order, authorized(9_500), cancel({ a: 1 }));
    given.when(capture(9_500)).thenRejected('lawBroken', { law: 'M12' });
    const asked = given.when(capture(4_750, { releaseRemainder: true }));
    asked.harness.execute(captured(4_750, { operationId: lastOperation(asked) }));
    asked.thenStatus({ payment: 'paid', refund: 'none' }).thenOrder((after) => {
      expect(after.payments[0]).toMatchObject({ captured: 4_750, released: 4_750 });
      expect(orderFigures(after)).toMatchObject({ currentTotal: 4_750, due: 0, owed: 0 });
    });
  },
);

scenario(
  { peer: 'adyen #1594', before: 'right' },
  'an authorization that expired is made anew, and all of it can be captured',
  () => {
    const again = { paymentId: 'again' };
    byAuthorization
      .given(
        place(),
        authorized(10_000),
        reportPayment('authorizationExpired'),
        authorized(10_000, again),
      )
      .when(capture(10_000, again))
      .thenEvents('payment.capture_requested')
      .thenOrder((order) => {
        expect(order.payments[1]).toMatchObject({ authorized: 10_000, capturePending: 10_000 });
      });
  },
);

scenario(
  { peer: 'wcpay #9033', before: 'right' },
  'a second authorization is voided like the first',
  () => {
    const asked = byAuthorization.given(three, authorized(30_000)).when(voidOf('p1'));
    const first = lastOperation(asked);
    asked.harness.execute(
      reportPayment('voided', 30_000, { operationId: first, objectId: 'void-1' }),
    );
    asked.harness.execute(authorized(30_000, { objectId: 'second' }));
    asked.harness.execute(voidOf('p1'));
    const operationId = lastOperation(asked);
    asked.harness.execute(reportPayment('voided', 30_000, { operationId, objectId: 'void-2' }));
    asked.thenStatus({ refund: 'none' }).thenOrder((order) => {
      expect(order.payments[0]).toMatchObject({ authorized: 60_000, released: 60_000 });
      expect(orderFigures(order)).toMatchObject({ net: 0, due: 30_000 });
    });
  },
);
