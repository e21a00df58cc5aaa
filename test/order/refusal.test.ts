import { describe, expect, it } from 'vitest';
import {
  authorized,
  byAuthorization,
  cancel,
  capture,
  delivered,
  dispatched,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  refundUnits,
  sold,
  unitsOf,
} from './commands.ts';

describe('laws refuse requests', () => {
  const two = place({ lines: [line('a', 2, 5000)] });

  it('Q1: more units cancelled than are open', () => {
    paid
      .given(two, sold(10_000), dispatched({ a: 1 }))
      .when(cancel({ a: 2 }))
      .thenRejected('lawBroken', { law: 'Q1' });
  });

  it('Q1: more units dispatched than were ordered', () => {
    paid
      .given(two, sold(10_000))
      .when({ type: 'shipment.dispatch', shipmentId: 's1', lines: unitsOf({ a: 3 }) })
      .thenRejected('lawBroken', { law: 'Q1' });
  });

  it('Q3: more units returned than were shipped', () => {
    paid
      .given(two, sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
      .when({ type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 2 }) })
      .thenRejected('lawBroken', { law: 'Q3' });
  });

  it('M1: more captured than authorized', () => {
    byAuthorization
      .given(place(), authorized(10_000))
      .when(capture(10_001))
      .thenRejected('lawBroken', { law: 'M1' });
  });

  it('M6: more refunded of a component than it was charged, or of the order than it costs', () => {
    const shipped = place({ charges: [{ id: 'shipping', amount: 500 }] });
    const components = [{ component: 'charge:shipping', amount: 501 }];
    const given = paid.given(shipped, sold(10_500));
    given
      .when({
        type: 'payment.refund',
        cause: 'correction',
        of: { kind: 'components', components, currency: 'EUR' },
      })
      .thenRejected('lawBroken', { law: 'M6' });
    paid
      .given(shipped, sold(20_000))
      .when(refundAmount(10_501, 'correction'))
      .thenRejected('lawBroken', { law: 'M6' });
    paid
      .given(shipped, sold(20_000))
      .when(refundAmount(10_501))
      .thenRejected('lawBroken', { law: 'M6' });
    paid.given(shipped, sold(20_000)).when(refundAmount(10_500)).thenStatus({ refund: 'pending' });
  });

  it('Q4: the same unit refunded twice', () => {
    paid
      .given(two, sold(10_000), refundUnits({ a: 2 }, 'correction'), refunded(10_000))
      .when(refundUnits({ a: 1 }, 'correction'))
      .thenRejected('lawBroken', { law: 'Q4' });
  });

  it('M10: a second operation while one is in flight on the payment', () => {
    byAuthorization
      .given(place(), authorized(10_000), capture(4000))
      .when(capture(1000))
      .thenRejected('lawBroken', { law: 'M10' });
    byAuthorization
      .given(place(), authorized(10_000), capture(4000))
      .when({ type: 'payment.void', paymentId: 'p1' })
      .thenRejected('lawBroken', { law: 'M10' });
  });
});

describe('deciders refuse requests', () => {
  it('a payment, line or return that the order does not have', () => {
    paid.given(place()).when(capture(1)).thenRejected('unknownReference');
    paid
      .given(place())
      .when(cancel({ z: 1 }))
      .thenRejected('unknownReference');
    paid
      .given(place(), sold(10_000))
      .when({ type: 'return.approve', returnId: 'none' })
      .thenRejected('unknownReference');
  });

  it('an id that is taken', () => {
    const dispatch = { type: 'shipment.dispatch', shipmentId: 's1', lines: unitsOf({ a: 1 }) };
    paid.given(place(), sold(10_000), dispatch).when(dispatch).thenRejected('alreadyUsed');
    const hold = { type: 'order.hold', reason: 'fraud' };
    paid.given(place(), hold).when(hold).thenRejected('alreadyUsed');
  });

  it('a hold that nobody set', () => {
    paid
      .given(place(), { type: 'order.hold', reason: 'fraud' })
      .when({ type: 'order.release', reason: 'stock' })
      .thenRejected('unknownReference');
  });

  it('nothing authorized to void, nothing owed to pay back', () => {
    paid
      .given(place(), sold(10_000))
      .when({ type: 'payment.void', paymentId: 'p1' })
      .thenRejected('nothingToDo');
    paid
      .given(place(), sold(10_000))
      .when({ type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } })
      .thenRejected('nothingToDo');
  });
});

describe('an absurd report', () => {
  it('M8: of more than a single amount may be is refused, and true ones go on being recorded', () => {
    expect(() => paid.given(place()).when(sold(Number.MAX_SAFE_INTEGER))).toThrow(/amount/);
    const absurd = sold(10_000_000_000_000, { paymentId: 'px', objectId: 'bogus' });
    paid.given(place(), absurd).when(sold(10_000)).thenEvents('payment.captured');
  });
});
