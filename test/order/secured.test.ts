import { describe, expect, it } from 'vitest';
import { later } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  captured,
  day,
  delivered,
  dispatch,
  dispatched,
  lastOperation,
  line,
  onTerms,
  paid,
  place,
  refundAmount,
  refunded,
  reportPayment,
  sold,
  three,
} from './commands.ts';

// Goods leave only for money that is there and stays (law F2), whatever went back before.

const refusedAsUnsecured = ['guardRefused', { guard: 'secured' }] as const;
const voidPayment = (paymentId = 'p1') => ({ type: 'payment.void', paymentId });
const expired = () => reportPayment('authorizationExpired');
const manual = () => ({ ...place(), policy: { confirmWhen: 'manual' } });
const tenderOf = (amount: number) => ({
  ...refundAmount(amount, 'correction'),
  of: { kind: 'tender', amount, currency: 'EUR' },
});
const giftCard = (amount: number) =>
  authorized(amount, { paymentId: 'gift', objectId: `gift-${amount}` });

describe('goods do not leave', () => {
  it('after a void was asked for and reported', () => {
    byAuthorization
      .given(place(), authorized(10_000), voidPayment(), reportPayment('voided', 10_000))
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('while a void is in flight', () => {
    byAuthorization
      .given(place(), authorized(10_000), voidPayment())
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('after a void that nobody here asked for', () => {
    byAuthorization
      .given(place(), authorized(10_000), reportPayment('voided', 10_000))
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('after the authorization expired', () => {
    byAuthorization
      .given(place(), authorized(10_000), expired())
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('after a refund was made at the provider', () => {
    paid
      .given(place(), sold(10_000), refunded(1_000))
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('on a confirmation by hand alone', () => {
    byAuthorization
      .given(manual(), { type: 'order.confirm' })
      .when(dispatch({ a: 1 }))
      .thenRejected(...refusedAsUnsecured);
  });

  it('for the part that a capture took too little of', () => {
    byAuthorization
      .given(three, authorized(30_000), capture(20_000, { releaseRemainder: true }))
      .when(captured(20_000), dispatch({ a: 2 }))
      .thenEvents('payment.captured', 'shipment.dispatched');
  });

  it('beyond what is secured, when the rest would', () => {
    byAuthorization
      .given(
        three,
        authorized(30_000),
        captured(20_000),
        reportPayment('voided', 10_000),
        dispatch({ a: 2 }),
      )
      .when(dispatch({ a: 1 }, 's2'))
      .thenRejected(...refusedAsUnsecured);
  });
});

describe('goods leave', () => {
  it('when a void failed', () => {
    const given = byAuthorization.given(place(), authorized(10_000));
    const asked = given.when(voidPayment());
    const operationId = lastOperation(asked);
    asked.harness.execute(reportPayment('voidFailed', undefined, { operationId }));
    asked.harness.execute(dispatch({ a: 1 }));
    asked.thenStatus({ fulfillment: 'shipped' });
  });

  it('when another payment secures them', () => {
    byAuthorization
      .given(place(), authorized(10_000), expired(), giftCard(10_000))
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });

  it('unit by unit, each as far as it is secured', () => {
    byAuthorization
      .given(three, authorized(30_000), captured(10_000), expired())
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });

  it('after a unit of them was refunded, without that unit', () => {
    paid
      .given(three, sold(30_000), cancel({ a: 1 }))
      .when(dispatch({ a: 2 }))
      .thenEvents('shipment.dispatched');
  });

  it('after goodwill was refunded', () => {
    paid
      .given(place(), sold(10_000), refundAmount(2_000))
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });

  it('of an order on terms, paid or not', () => {
    onTerms
      .given(place())
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });

  it('of an order that costs nothing', () => {
    byAuthorization
      .given(place({ lines: [line('a', 1, 0)] }))
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });

  it('unsecured when the merchant says so', () => {
    byAuthorization
      .given(place(), authorized(10_000), expired())
      .when({ ...dispatch({ a: 1 }), over: true })
      .thenEvents('shipment.dispatched');
  });

  it('by report whatever is secured: that is recorded as it happened', () => {
    paid
      .given(place(), sold(10_000), refunded(10_000))
      .when(delivered({ a: 1 }))
      .thenStatus({ fulfillment: 'delivered' });
  });
});

describe('an order does not confirm by itself', () => {
  const hundred = place({ lines: [line('a', 1, 10_000)] });

  it('on an amount of which a part was asked back before the rest came', () => {
    byAuthorization
      .given(hundred, giftCard(5_000), voidPayment('gift'))
      .when(
        reportPayment('voided', 5_000, { paymentId: 'gift' }),
        authorized(5_000, { paymentId: 'gift', objectId: 'again' }),
      )
      .thenStatus({ lifecycle: 'pending' });
  });

  it('on captures of which a part was asked back', () => {
    const gift = (objectId: string) => ({ paymentId: 'gift', objectId });
    paid
      .given(hundred, sold(5_000, gift('one')), refundAmount(5_000))
      .when(refunded(5_000, { paymentId: 'gift', objectId: 'back' }), sold(5_000, gift('two')))
      .thenStatus({ lifecycle: 'pending' });
  });

  it('and confirms by request when the void of it failed', () => {
    const asked = byAuthorization.given(hundred, giftCard(5_000)).when(voidPayment('gift'));
    const operationId = lastOperation(asked);
    asked.harness.execute(
      reportPayment('voidFailed', undefined, { paymentId: 'gift', operationId }),
    );
    asked.harness.execute(authorized(5_000));
    asked.thenStatus({ lifecycle: 'pending' });
    asked.harness.execute({ type: 'order.confirm' });
    asked.thenStatus({ lifecycle: 'confirmed' });
  });

  it('and not by request while the money is not there', () => {
    byAuthorization
      .given(hundred, giftCard(5_000), voidPayment('gift'), authorized(5_000))
      .when({ type: 'order.confirm' })
      .thenRejected('guardRefused', { guard: 'policyMet' });
  });

  it('and by request once the captures that stay reach its price, when the refund failed', () => {
    const gift = (objectId: string) => ({ paymentId: 'gift', objectId });
    const asked = paid.given(hundred, sold(5_000, gift('one'))).when(tenderOf(5_000));
    const failed = { ...gift('back'), operationId: lastOperation(asked) };
    asked.harness.execute(reportPayment('refundFailed', undefined, failed));
    asked.harness.execute(sold(4_999, gift('two')));
    const confirm = { type: 'order.confirm' };
    expect(asked.harness.execute(confirm)).toMatchObject({ rejection: { guard: 'policyMet' } });
    asked.harness.execute(sold(1, gift('three')));
    asked.thenStatus({ lifecycle: 'pending' });
    expect(asked.harness.execute(confirm)).toMatchObject({ status: 'accepted' });
  });

  it('nor by request while a refund of a capture is in flight', () => {
    const confirm = { type: 'order.confirm' };
    const asked = paid
      .given(hundred, { type: 'order.hold', reason: 'fraud' }, sold(10_000), tenderOf(5_000))
      .when({ type: 'order.release', reason: 'fraud' });
    expect(asked.harness.execute(confirm)).toMatchObject({ rejection: { guard: 'policyMet' } });
    const operationId = lastOperation(asked);
    asked.harness.execute(reportPayment('refundFailed', undefined, { operationId }));
    expect(asked.harness.execute(confirm)).toMatchObject({ status: 'accepted' });
  });

  it('and expires when its time is up and nothing is left of it', () => {
    byAuthorization
      .given(hundred, giftCard(5_000), voidPayment('gift'))
      .when(reportPayment('voided', 5_000, { paymentId: 'gift' }), later(day))
      .thenStatus({ lifecycle: 'expired' });
  });
});

describe('goods that left before their order was confirmed', () => {
  const held = { type: 'order.hold', reason: 'fraud' };
  const lawsOf = (order: { discrepancies: { open: readonly { law: string }[] } }) =>
    order.discrepancies.open.map(({ law }) => law);
  const left = dispatched({ a: 1 });

  it('are flagged while the money that the policy requires is not there', () => {
    paid
      .given(place(), held, sold(9_999))
      .when(left)
      .thenOrder((o) => expect(lawsOf(o)).toEqual(['F1']));
    byAuthorization
      .given(place(), held, authorized(9_999))
      .when(left)
      .thenOrder((o) => expect(lawsOf(o)).toEqual(['F1']));
    byAuthorization
      .given(manual(), authorized(10_000))
      .when(left)
      .thenOrder((o) => expect(lawsOf(o)).toEqual(['F1']));
  });

  it('are not once it was, whatever went back since', () => {
    paid
      .given(place(), held, sold(10_000), tenderOf(1_000))
      .when(left)
      .thenStatus({ lifecycle: 'pending' })
      .thenOrder((o) => expect(lawsOf(o)).toEqual([]));
    byAuthorization
      .given(place(), held, authorized(10_000), voidPayment())
      .when(left)
      .thenOrder((o) => expect(lawsOf(o)).toEqual([]));
  });
});
