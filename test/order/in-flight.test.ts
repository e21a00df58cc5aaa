import { describe, expect, it } from 'vitest';
import {
  authorized,
  byAuthorization,
  capture,
  captured,
  lastOperation,
  line,
  paid,
  place,
  refundAmount,
  reportPayment,
  sold,
  three,
} from './commands.ts';

// What is asked of a provider and not answered yet counts as if it succeeds (laws M10 and M12).

const authorize = (amount: number, fields: object = {}) => ({
  type: 'payment.authorize',
  paymentId: 'p1',
  amount,
  currency: 'EUR',
  ...fields,
});
const second = { paymentId: 'p2' };
const tenderOf = (amount: number) => ({
  ...refundAmount(amount, 'correction'),
  of: { kind: 'tender', amount, currency: 'EUR' },
});

describe('an authorization is asked for', () => {
  it('without a method, and not as a sale, unless the caller says so', () => {
    const dataOf = (command: object) =>
      byAuthorization.given(place()).when(command).harness.events.at(-1)?.data;
    expect(dataOf(authorize(10_000))).toMatchObject({ method: null, sale: false });
    expect(dataOf(authorize(10_000, { method: 'card', sale: true }))).toMatchObject({
      method: 'card',
      sale: true,
    });
  });

  it('of what is due besides those that are not answered', () => {
    const asked = byAuthorization.given(place(), authorize(4_000));
    asked.when(authorize(6_001, second)).thenRejected('lawBroken', {
      law: 'M12',
      figures: { asked: 6_001, has: 4_000, due: 6_000 },
    });
    byAuthorization
      .given(place(), authorize(4_000))
      .when(authorize(6_000, second))
      .thenEvents('payment.authorization_requested');
  });

  it('beyond that when the merchant says so', () => {
    byAuthorization
      .given(place(), authorize(4_000))
      .when(authorize(6_001, { ...second, over: true }))
      .thenEvents('payment.authorization_requested');
  });

  it('once at a time of one payment', () => {
    byAuthorization
      .given(place(), authorize(4_000))
      .when(authorize(4_000))
      .thenRejected('lawBroken', { law: 'M10' });
    byAuthorization
      .given(place(), authorize(4_000), authorized(4_000))
      .when(authorize(4_000))
      .thenEvents('payment.authorization_requested');
  });

  it('and one that failed counts no more', () => {
    const failing = byAuthorization.given(place()).when(authorize(4_000));
    const operationId = lastOperation(failing);
    failing.harness.execute(reportPayment('authorizationFailed', undefined, { operationId }));
    failing.harness.execute(authorize(4_000));
    expect(failing.harness.execute(authorize(6_001, second))).toMatchObject({
      rejection: { law: 'M12', figures: { has: 4_000 } },
    });
    expect(failing.harness.execute(authorize(6_000, second))).toMatchObject({ status: 'accepted' });
  });

  it('and what the payment captured before is none', () => {
    const again = byAuthorization
      .given(three, authorize(10_000), authorized(10_000), capture(10_000), captured(10_000))
      .when(authorize(10_000))
      .thenEvents('payment.authorization_requested');
    expect(again.harness.execute(authorize(10_001, second))).toMatchObject({
      rejection: { law: 'M12', figures: { has: 20_000 } },
    });
    expect(again.harness.execute(authorize(10_000, second))).toMatchObject({ status: 'accepted' });
  });

  it('and its outcome told without its id counts once', () => {
    const asked = byAuthorization.given(three, authorize(10_000)).when(authorized(4_000));
    expect(asked.harness.execute(authorize(20_001, second))).toMatchObject({
      rejection: { law: 'M12', figures: { has: 10_000 } },
    });
  });
});

describe('a capture is asked for', () => {
  const other = authorized(10_000, second);

  it('of what is due besides captures that are not answered', () => {
    const given = [place(), authorized(6_000), other, capture(6_000)];
    byAuthorization
      .given(...given)
      .when(capture(4_001, second))
      .thenRejected('lawBroken', { law: 'M12', figures: { has: 6_000, due: 4_000 } });
    byAuthorization
      .given(...given)
      .when(capture(4_000, second))
      .thenEvents('payment.capture_requested');
    byAuthorization
      .given(...given)
      .when(capture(4_001, { ...second, over: true }))
      .thenEvents('payment.capture_requested');
  });

  it('and of what is on its way back', () => {
    const given = [place(), sold(6_000), other, tenderOf(2_000)];
    paid
      .given(...given)
      .when(capture(6_001, second))
      .thenRejected('lawBroken', { law: 'M12', figures: { has: 4_000, due: 6_000 } });
    paid
      .given(...given)
      .when(capture(6_000, second))
      .thenEvents('payment.capture_requested');
  });

  it('of what is left of the payment', () => {
    byAuthorization
      .given(three, authorized(10_000), captured(4_000))
      .when(capture(6_001))
      .thenRejected('lawBroken', { law: 'M1', figures: { possible: 6_000 } });
    byAuthorization
      .given(three, authorized(4_000), captured(10_000))
      .when(capture(1))
      .thenRejected('guardRefused', { guard: 'holdClear' });
  });
});

it('nothing is asked for in another currency, or of a payment that is not there', () => {
  const given = byAuthorization.given(place(), authorized(10_000));
  for (const command of [authorize(1_000, second), capture(1_000)]) {
    given.when({ ...command, currency: 'USD' }).thenRejected('currencyMismatch', { law: 'M7' });
  }
  for (const command of [
    capture(1_000, { paymentId: 'p9' }),
    { type: 'payment.void', paymentId: 'p9' },
  ]) {
    given.when(command).thenRejected('unknownReference', { figures: { paymentId: 'p9' } });
  }
});

it('a void in flight counts as an operation until its outcome is told, or nothing is left of it', () => {
  const voided = { type: 'payment.void', paymentId: 'p1' };
  const order = place({ lines: [line('a', 2, 10_000)] });
  byAuthorization
    .given(order, authorized(10_000), voided)
    .when(authorize(10_000))
    .thenRejected('lawBroken', { law: 'M10' });
  byAuthorization
    .given(order, authorized(10_000), voided, reportPayment('voided', 10_000))
    .when(authorize(10_000))
    .thenEvents('payment.authorization_requested');
});
