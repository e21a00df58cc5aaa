import { describe, expect, it } from 'vitest';
import { createOrderHarness } from '../../src/testing/harness.ts';
import {
  authorized,
  byAuthorization,
  captured,
  line,
  payment,
  place,
  refunded,
  reportPayment,
} from './commands.ts';

// What a provider tells of a payment: the event it becomes, what is kept of it, and the label.

describe('each outcome has its event', () => {
  it.each([
    ['authorized', 'payment.authorized', 1_000],
    ['captured', 'payment.captured', 1_000],
    ['voided', 'payment.voided', 1_000],
    ['refunded', 'payment.refunded', 1_000],
    ['refundReversed', 'payment.refund_reversed', 1_000],
    ['actionRequired', 'payment.action_required', undefined],
    ['authorizationExpired', 'payment.authorization_expired', undefined],
    ['authorizationFailed', 'payment.authorization_failed', undefined],
    ['captureFailed', 'payment.capture_failed', undefined],
    ['voidFailed', 'payment.void_failed', undefined],
    ['refundFailed', 'payment.refund_failed', undefined],
  ])('%s is %s', (outcome, type, amount) => {
    const told = byAuthorization.given(place()).when(reportPayment(outcome, amount));
    expect(told.harness.events[1]?.type).toBe(type);
    if (amount !== undefined) expect(told.harness.events[1]?.data).toMatchObject({ delta: amount });
  });

  it('and a failure keeps its reason, if one is told', () => {
    const reasonOf = (fields: object) =>
      byAuthorization
        .given(place())
        .when(reportPayment('captureFailed', undefined, { ...fields }))
        .harness.events.at(-1)?.data['reason'];
    expect(reasonOf({ reason: 'declined' })).toBe('declined');
    expect(reasonOf({})).toBeNull();
  });

  it('and none in another currency', () => {
    byAuthorization
      .given(place())
      .when(authorized(1_000, { currency: 'USD' }))
      .thenRejected('currencyMismatch', { law: 'M7' });
  });
});

describe('what is known of an object', () => {
  it('is of its own kind: a refund of the same name as a capture is another movement', () => {
    const same = { objectId: 'same' };
    const told = byAuthorization
      .given(place(), authorized(10_000), captured(4_000, same))
      .when(refunded(1_000, same));
    expect(told.harness.events.at(-1)?.data).toMatchObject({ amount: 1_000, delta: 1_000 });
  });

  it('is of its own payment', () => {
    const same = { objectId: 'same' };
    const told = byAuthorization
      .given(place(), authorized(4_000, same))
      .when(authorized(6_000, { ...same, paymentId: 'p2' }));
    expect(told.harness.events.find(({ data }) => data['paymentId'] === 'p2')?.data).toMatchObject({
      delta: 6_000,
    });
    told.thenOrder(({ payments }) => {
      expect(payments.map((each) => each.authorized)).toEqual([4_000, 6_000]);
    });
  });

  it('is kept as it was told: only a capture can be a sale', () => {
    byAuthorization
      .given(place())
      .when(authorized(4_000, { objectId: 'auth' }), captured(1_000, { objectId: 'some' }))
      .thenOrder((order) => {
        const known = { operationId: null, sale: false };
        expect(payment(order)?.movements).toEqual([
          { kind: 'authorized', objectId: 'auth', amount: 4_000, ...known },
          { kind: 'captured', objectId: 'some', amount: 1_000, ...known },
        ]);
      });
  });

  it('told twice, it is known once', () => {
    const told = authorized(4_000, { method: 'card', operationId: 'o1' });
    byAuthorization.given(place(), told).when(told).thenNothing();
    byAuthorization
      .given(place(), told)
      .when(authorized(3_000, { method: 'card' }))
      .thenNothing();
  });

  it('told again with its method, or as a sale, it is known so from then on', () => {
    byAuthorization
      .given(place(), authorized(4_000))
      .when(authorized(4_000, { method: 'card' }))
      .thenEvents('payment.authorized')
      .thenOrder((order) => expect(payment(order)?.method).toBe('card'));
    byAuthorization
      .given(place(), captured(4_000))
      .when(captured(4_000, { sale: true }))
      .thenOrder((order) => {
        expect(payment(order)).toMatchObject({ authorized: 4_000, movements: [{ sale: true }] });
      });
  });

  it('told twice of an order that a store gave back, it is known once', () => {
    const told = authorized(4_000);
    const { harness } = byAuthorization.given(place()).when(told);
    const state = structuredClone(harness.state);
    const loaded = createOrderHarness({ rules: harness.rules, ...(state && { state }) });
    expect(loaded.execute(told)).toMatchObject({ status: 'accepted', changed: false });
  });

  it('told differently, the lesser method and operation count, in whatever order', () => {
    const one = authorized(4_000, { method: 'card', operationId: 'o1' });
    const other = authorized(4_000, { method: 'wallet', operationId: 'o2' });
    const silent = authorized(4_000);
    for (const reports of [
      [one, other, silent],
      [other, one, silent],
      [silent, other, one],
    ]) {
      byAuthorization
        .given(place())
        .when(...reports)
        .thenOrder((order) => {
          expect(payment(order)).toMatchObject({
            method: 'card',
            movements: [{ operationId: 'o1' }],
          });
        });
    }
  });
});

describe('the payment is labelled', () => {
  const label = (...reports: readonly object[]) => byAuthorization.given(place()).when(...reports);
  const asked = (objectId: string) => reportPayment('actionRequired', undefined, { objectId });

  it('as failed when that is all that is told', () => {
    label(reportPayment('authorizationFailed')).thenStatus({ payment: 'failed' });
    label(reportPayment('authorizationExpired')).thenStatus({ payment: 'unpaid' });
  });

  it('as waiting for the customer until something else is told of that object', () => {
    label(asked('one')).thenStatus({ payment: 'actionRequired' });
    label(
      asked('one'),
      reportPayment('authorizationFailed', undefined, { objectId: 'one' }),
    ).thenStatus({ payment: 'failed' });
    label(
      asked('one'),
      reportPayment('authorizationFailed', undefined, { objectId: 'other' }),
    ).thenStatus({ payment: 'actionRequired' });
  });

  it('as waiting while one of two objects does', () => {
    const failed = reportPayment('authorizationFailed', undefined, { objectId: 'one' });
    label(asked('one'), asked('two'), failed).thenStatus({ payment: 'actionRequired' });
  });

  it('as authorized by as much as the order costs, and partly by less', () => {
    label(authorized(10_000)).thenStatus({ payment: 'authorized' });
    label(authorized(9_999)).thenStatus({ payment: 'partiallyAuthorized' });
    label(authorized(10_000), captured(1)).thenStatus({ payment: 'partiallyPaid' });
  });

  it('as voided when nothing is left of what was authorized', () => {
    byAuthorization
      .given(place({ lines: [line('a', 2, 10_000)] }))
      .when(authorized(10_000), reportPayment('voided', 10_000))
      .thenStatus({ payment: 'voided' });
  });
});
