import { expect } from 'vitest';
import { orderFigures } from '../../../src/order/order-figures.ts';
import { createOrderHarness } from '../../../src/testing/harness.ts';
import { later, orderSpecification } from '../../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  day,
  delivered,
  dispatch,
  lastOperation,
  paid,
  place,
  refundAmount,
  refunded,
  reportPayment,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';

// Webhooks: told twice, late, in the wrong order, and about what was done in the provider's own pages.

const delivery = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const object = (objectId: string) => ({ objectId });

scenario(
  { peer: ['woo-stripe #2724', 'woo-stripe #838'], before: 'right' },
  'a refund is one refund, though its webhook comes before the answer to our own call',
  () => {
    const asked = paid.given(...delivery).when(refundAmount(2_000, 'correction'));
    asked.harness.execute(refunded(2_000, object('re_1')));
    asked.harness.execute(
      refunded(2_000, { ...object('re_1'), operationId: lastOperation(asked) }),
    );
    asked
      .thenStatus({ lifecycle: 'completed', refund: 'partial', hold: 'clear' })
      .thenOrder((order) => {
        expect(order.payments[0]).toMatchObject({ refunded: 2_000, refundPending: 0 });
        expect(orderFigures(order)).toMatchObject({ currentTotal: 8_000, net: 8_000, owed: 0 });
      });
  },
);

scenario(
  { peer: 'woo-stripe #5697', before: 'right' },
  'the first of two refunds changes nothing when it is told again after the second',
  () => {
    const first = refunded(1_000, object('re_1'));
    paid
      .given(...delivery, first, refunded(500, object('re_2')))
      .when(first)
      .thenNothing()
      .thenOrder((order) => expect(orderFigures(order).net).toBe(8_500));
  },
);

scenario(
  {
    peer: 'saleor PR #12401',
    before: 'could not be said: an event told what was refunded so far, not what it adds',
  },
  'a refund that grows is told by its figure so far, and its events add up to that',
  () => {
    const { harness } = paid
      .given(...delivery)
      .when(refunded(1_000, object('re_1')), refunded(2_100, object('re_1')));
    const added = harness.events
      .filter(({ type }) => type === 'payment.refunded')
      .map(({ data }) => data['delta']);
    expect(added).toEqual([1_000, 1_100]);
    expect(harness.state?.order.payments[0]?.refunded).toBe(2_100);
  },
);

scenario(
  { peer: 'medusa #13301', before: 'wrong: the same 100.00 were authorized once more' },
  'an authorization that the webhook told first is not asked for again',
  () => {
    const authorize = {
      type: 'payment.authorize',
      paymentId: 'p1',
      amount: 10_000,
      currency: 'EUR',
    };
    const asked = byAuthorization.given(place()).when(authorize);
    asked.harness.execute(authorized(10_000, object('pi_1')));
    asked.thenStatus({ lifecycle: 'confirmed', payment: 'authorized' });
    const again = asked.harness.execute({ ...authorize, paymentId: 'p2' });
    expect(again).toMatchObject({ rejection: { law: 'M12' } });
    const operationId = lastOperation(asked);
    asked.harness.execute(authorized(10_000, { ...object('pi_1'), operationId }));
    asked.thenOrder((order) => {
      expect(order.payments).toHaveLength(1);
      expect(orderFigures(order)).toMatchObject({ secured: 10_000, due: 10_000 });
    });
  },
);

scenario(
  { peer: 'saleor #7399', before: 'wrong: refund is "none", and 100.00 too much stays unseen' },
  'what was captured twice is owed, for as long as nobody pays it back',
  () => {
    paid
      .given(place(), sold(10_000, object('ch_1')))
      .when(sold(10_000, object('ch_2')), later(40 * day))
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'owed' })
      .thenOrder((order) => {
        expect(orderFigures(order)).toMatchObject({ net: 20_000, owed: 10_000, due: 0 });
      });
  },
);

scenario(
  { peer: 'saleor #7399', before: 'wrong: 100.00 stay open as credit, and can be refunded again' },
  'what was captured twice and then refunded at the provider is owed no more',
  () => {
    const credit = { type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } };
    const then = paid
      .given(place(), sold(10_000, object('ch_1')), sold(10_000, object('ch_2')))
      .when(refunded(10_000));
    then.thenStatus({ payment: 'paid', refund: 'partial' }).thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ currentTotal: 10_000, net: 10_000, owed: 0 });
    });
    expect(then.harness.execute(credit)).toMatchObject({ rejection: { code: 'nothingToDo' } });
  },
);

scenario(
  { peer: 'saleor PR #9504', before: 'could not be said: a policy that pays back what is owed' },
  'what a second payment captured goes back by itself, once, where the policy says so',
  () => {
    const auto = orderSpecification({ policy: { confirmWhen: 'paid', settleCredits: 'auto' } });
    const asked = auto
      .given(place(), sold(10_000), sold(10_000, { paymentId: 'p2' }))
      .when(later(day));
    asked.thenStatus({ refund: 'pending' });
    asked.harness.execute(refunded(10_000, { operationId: lastOperation(asked) }));
    asked.harness.advance(40 * day);
    asked.thenStatus({ refund: 'partial', payment: 'paid' }).thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ net: 10_000, currentTotal: 10_000, owed: 0 });
      expect(order.payments.flatMap(({ operations }) => operations)).toHaveLength(1);
    });
  },
);

scenario(
  { peer: 'wcpay #9040', before: 'wrong: the cancelled order goes on being cancelled for ever' },
  'a refund told of an authorization that was only voided is flagged, and the order stays cancelled',
  () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(cancel());
    const operationId = lastOperation(asked);
    asked.harness.execute(reportPayment('voided', 10_000, { operationId }));
    asked.harness.execute(refunded(10_000));
    asked.thenStatus({ lifecycle: 'cancelled', hold: 'held' }).thenOrder((order) => {
      expect(order.discrepancies.open).toMatchObject([{ law: 'M3', subject: 'payment:p1' }]);
    });
  },
);

scenario(
  { peer: ['woo-stripe #902', 'woo-stripe PR #905'], before: 'right' },
  'the failure of a first attempt, told late, does not undo the second',
  () => {
    byAuthorization
      .given(place(), authorized(10_000, object('pi_2')))
      .when(
        reportPayment('authorizationFailed', undefined, {
          ...object('pi_1'),
          reason: 'card_declined',
        }),
      )
      .thenEvents('payment.authorization_failed')
      .thenStatus({ lifecycle: 'confirmed', payment: 'authorized', hold: 'clear' });
  },
);

scenario(
  { peer: 'mollie #668', before: 'right' },
  'the expiry of a payment that nobody used does not undo an order that was paid otherwise',
  () => {
    const unused = { paymentId: 'unused' };
    paid
      .given(place(), reportPayment('actionRequired', undefined, unused), ...delivery.slice(1))
      .when(reportPayment('authorizationExpired', undefined, unused))
      .thenEvents('payment.authorization_expired')
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  },
);

scenario(
  { peer: 'mollie #123', before: 'right' },
  'a payment told after the order expired goes back',
  () => {
    const asked = paid.given(place(), later(day)).when(sold(10_000));
    asked.thenEvents('payment.captured').thenStatus({ lifecycle: 'cancelling', refund: 'due' });
    asked.harness.advance(0);
    asked.harness.execute(refunded(10_000, { operationId: lastOperation(asked) }));
    asked.thenStatus({ lifecycle: 'cancelled', refund: 'full' }).thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ net: 0, owed: 0, due: 0 });
    });
  },
);

scenario(
  { peer: 'medusa #3146', before: 'right' },
  'a payment told before its order is refused, so that it is told again, and counts then',
  () => {
    const harness = createOrderHarness({ policy: { confirmWhen: 'paid' } });
    const told = sold(10_000);
    expect(harness.execute(told)).toMatchObject({ rejection: { code: 'orderNotFound' } });
    harness.execute(place());
    harness.execute(told);
    expect(harness.state?.status).toMatchObject({ lifecycle: 'confirmed', payment: 'paid' });
  },
);

scenario(
  { peer: 'checkout-com #369', before: 'right' },
  'a capture told before its authorization is flagged, and converges',
  () => {
    const told = byAuthorization.given(place()).when(captured(10_000));
    told.thenStatus({ hold: 'held', payment: 'paid' });
    told.harness.execute(authorized(10_000));
    told.thenStatus({ lifecycle: 'confirmed', hold: 'clear', payment: 'paid' });
    const resolved = told.harness.events.filter(({ type }) => type === 'discrepancy.resolved');
    expect(resolved.map(({ data }) => [data['law'], data['cause']])).toEqual([
      ['M1', 'converged'],
      ['M2', 'converged'],
    ]);
  },
);

scenario(
  {
    peer: 'woo-stripe #1378',
    before: 'wrong: the goods left, and no money was held for them any more',
  },
  'an authorization that the provider let go pays for no goods, and cannot be captured',
  () => {
    const given = byAuthorization.given(place(), authorized(10_000), later(7 * day));
    given.when(reportPayment('authorizationExpired')).thenStatus({ payment: 'due' });
    given
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', { guard: 'secured' })
      .thenOrder((order) => {
        expect(orderFigures(order)).toMatchObject({ secured: 0, due: 10_000 });
      });
    given.when(capture(10_000)).thenRejected('lawBroken', { law: 'M1' });
  },
);

scenario(
  { peer: 'woo-paypal #712', before: 'wrong: all three units left, and two were secured' },
  'an authorization that was voided in part at the provider pays for the units that it still covers',
  () => {
    const given = byAuthorization.given(three, authorized(30_000), reportPayment('voided', 10_000));
    given.when(dispatch({ a: 3 })).thenRejected('guardRefused', { guard: 'secured' });
    given.when(capture(30_000)).thenRejected('lawBroken', { law: 'M1' });
    given
      .when(dispatch({ a: 2 }))
      .thenStatus({ fulfillment: 'partiallyShipped', payment: 'partiallyAuthorized' })
      .thenOrder((order) => {
        const figures = orderFigures(order);
        expect(figures).toMatchObject({ secured: 20_000, lines: [{ id: 'a', open: 1 }] });
      });
  },
);

scenario(
  {
    peer: 'sylius-stripe PR #101',
    before: 'wrong: the goods left, though 40.00 of their price had gone back',
  },
  'a refund made at the provider is a credit, and goods not yet sent wait for the merchant’s word',
  () => {
    const given = paid.given(place(), sold(10_000), refunded(4_000));
    given.when(dispatch({ a: 1 })).thenRejected('guardRefused', { guard: 'secured' });
    given
      .when({ ...dispatch({ a: 1 }), over: true })
      .thenStatus({ fulfillment: 'shipped', refund: 'partial', payment: 'paid' })
      .thenOrder((order) => {
        expect(orderFigures(order)).toMatchObject({
          total: 10_000,
          currentTotal: 6_000,
          net: 6_000,
          due: 0,
          owed: 0,
        });
      });
  },
);
