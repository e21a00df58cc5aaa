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
  dispatched,
  lastOperation,
  line,
  paid,
  place,
  refunded,
  reportPayment,
  sold,
} from './commands.ts';

describe('the order is called off', () => {
  it('cancelled before any money came, it is over at once', () => {
    paid
      .given(place())
      .when(cancel())
      .thenEvents('order.cancellation_requested', 'order.units_cancelled', 'order.cancelled')
      .thenStatus({ lifecycle: 'cancelled', fulfillment: 'notRequired' });
  });

  it('cancelled after authorization, the authorization is voided', () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(cancel());
    asked.thenStatus({ lifecycle: 'cancelling' });
    expect(asked.harness.events.at(-1)?.type).toBe('payment.void_requested');
    asked.harness.execute(reportPayment('voided', 10_000, { operationId: lastOperation(asked) }));
    asked.thenStatus({ lifecycle: 'cancelled', payment: 'voided' });
  });

  it('cancelling one unit of three after capture owes exactly that unit, price and tax', () => {
    const order = place({ lines: [line('a', 3, 3333, { discount: 0, tax: 1001 })] });
    paid
      .given(order, sold(11_000))
      .when(cancel({ a: 1 }))
      .thenEvents(
        'order.cancellation_requested',
        'order.units_cancelled',
        'payment.refund_requested',
      )
      .thenOrder(({ payments }) => expect(payments[0]?.refundPending).toBe(3333 + 334));
  });

  it('cancelled while a capture is in flight, it waits for the outcome, then refunds', () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(10_000));
    const operationId = lastOperation(asked);
    asked.harness.execute(cancel());
    asked.thenStatus({ lifecycle: 'cancelling', refund: 'none' });
    asked.harness.execute(captured(10_000, { operationId }));
    asked.thenStatus({ refund: 'due' });
    asked.harness.advance(0);
    asked.thenStatus({ refund: 'pending' });
    const types = asked.harness.events.map(({ type }) => type);
    expect(types).toContain('payment.refund_requested');
    expect(types).not.toContain('payment.void_requested');
  });

  it('cancelled while a capture is in flight that fails, the authorization is voided', () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(10_000));
    const operationId = lastOperation(asked);
    asked.harness.execute(cancel());
    asked.harness.execute(reportPayment('captureFailed', undefined, { operationId }));
    asked.harness.advance(0);
    const types = asked.harness.events.map(({ type }) => type);
    expect(types).toContain('payment.void_requested');
    expect(types).not.toContain('payment.refund_requested');
  });

  it('a capture reported after cancellation is recorded, and asked back as late money', () => {
    const late = paid.given(place(), cancel()).when(sold(10_000), later(0));
    late.thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    expect(late.harness.events.at(-1)).toMatchObject({
      type: 'payment.refund_requested',
      data: { cause: 'lateMoney', amount: 10_000 },
    });
    late.harness.execute(refunded(10_000, { operationId: lastOperation(late) }));
    late.thenStatus({ lifecycle: 'cancelled', refund: 'full' });
  });

  it('a capture reported after expiry is recorded, and asked back as late money', () => {
    const late = paid.given(place(), later(2 * day)).when(sold(10_000), later(0));
    late.thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    late.harness.execute(refunded(10_000, { operationId: lastOperation(late) }));
    late.thenStatus({ lifecycle: 'cancelled' });
  });

  it('an unpaid order expires when its time is up, and its units go back', () => {
    paid
      .given(place())
      .when(later(day))
      .thenEvents('order.expired', 'order.units_cancelled')
      .thenStatus({ lifecycle: 'expired', payment: 'unpaid' });
  });

  it('an order with money on its way does not expire', () => {
    byAuthorization
      .given(place(), { type: 'payment.authorize', paymentId: 'p1', amount: 100, currency: 'EUR' })
      .when(later(3 * day))
      .thenNothing()
      .thenStatus({ lifecycle: 'pending' });
  });

  it('a refund that fails for good is asked again after a minute, then two', () => {
    const asked = paid.given(place(), sold(10_000)).when(cancel());
    const fail = () =>
      asked.harness.execute(
        reportPayment('refundFailed', undefined, {
          operationId: lastOperation(asked),
          objectId: lastOperation(asked),
        }),
      );
    const asks = () =>
      asked.harness.events.filter(({ type }) => type === 'payment.refund_requested').length;
    fail();
    asked.thenStatus({ refund: 'due' });
    asked.harness.advance(59_999);
    expect(asks()).toBe(1);
    asked.harness.advance(1);
    expect(asks()).toBe(2);
    fail();
    asked.harness.advance(119_999);
    expect(asks()).toBe(2);
    asked.harness.advance(1);
    expect(asks()).toBe(3);
  });
});

describe('found by the laws', () => {
  it('cancelling the rest of an order of which cancelled units were shipped leaves L4 kept', () => {
    byAuthorization
      .given(
        place({ lines: [line('a', 2, 0), line('b', 3, 0)] }),
        cancel({ a: 2, b: 1 }),
        dispatched({ a: 1 }),
      )
      .when(cancel())
      .thenStatus({ lifecycle: 'cancelled', hold: 'held' });
  });

  it('what one payment lacks does not hide what another still holds', () => {
    const outcome = paid
      .given(place(), authorized(7500, { paymentId: 'p2' }))
      .when(reportPayment('voided', 7500, { paymentId: 'p1' }), later(60 * day));
    outcome.thenStatus({ lifecycle: 'pending', hold: 'held' });
  });
});

describe('what arrived stays sold', () => {
  const arrived = [place(), sold(10_000), delivered({ a: 1 })];

  it('units that were delivered before anybody told of their dispatch cannot be cancelled', () => {
    paid
      .given(...arrived)
      .when(cancel())
      .thenRejected('guardRefused', { guard: 'someUnitOpen' });
    paid
      .given(...arrived)
      .when(cancel({ a: 1 }))
      .thenRejected('lawBroken', { law: 'Q1' });
  });

  it('an unpaid order of which something arrived does not expire', () => {
    paid
      .given(place(), delivered({ a: 1 }))
      .when(later(3 * day))
      .thenStatus({ lifecycle: 'pending' });
  });

  it('a bounced refund of a partial cancellation is asked again', () => {
    const two = place({ lines: [line('a', 2, 5000)] });
    const asked = paid.given(two, sold(10_000)).when(cancel({ a: 1 }));
    const operationId = lastOperation(asked);
    asked.harness.execute(refunded(5000, { operationId }));
    asked.thenStatus({ refund: 'partial' });
    asked.harness.execute(reportPayment('refundReversed', 5000, { operationId }));
    asked.thenStatus({ refund: 'due' });
    asked.harness.advance(60_000);
    asked.thenStatus({ refund: 'pending' });
  });
});
