import { describe, expect, it } from 'vitest';
import { later } from '../../src/testing/specification.ts';
import {
  cancel,
  day,
  delivered,
  dispatched,
  lastOperation,
  paid,
  place,
  refunded,
  refundUnits,
  sold,
  three,
  unitsOf,
} from './commands.ts';

describe('goods go out', () => {
  it('three parcels each have their own tracking, and the labels roll up by units', () => {
    const given = paid.given(three, sold(30_000));
    const outcome = given.when(
      dispatched({ a: 1 }, { shipmentId: 's1', tracking: 'T1' }),
      dispatched({ a: 1 }, { shipmentId: 's2', tracking: 'T2' }),
    );
    outcome.thenStatus({ fulfillment: 'partiallyShipped' });
    outcome.harness.execute(dispatched({ a: 1 }, { shipmentId: 's3', tracking: 'T3' }));
    outcome.thenStatus({ fulfillment: 'shipped' });
    outcome.harness.execute(delivered({ a: 1 }, { shipmentId: 's2' }));
    outcome.thenStatus({ fulfillment: 'partiallyDelivered', lifecycle: 'confirmed' });
    outcome.thenOrder(({ shipments }) => {
      expect(shipments.map(({ tracking }) => tracking)).toEqual(['T1', 'T2', 'T3']);
    });
  });

  it('goods handed over before they are paid are flagged, and converge when the payment is told', () => {
    paid
      .given(place())
      .when(dispatched({ a: 1 }))
      .thenEvents('shipment.dispatched', 'discrepancy.detected')
      .thenStatus({ lifecycle: 'pending', hold: 'held' });
    paid
      .given(place(), dispatched({ a: 1 }))
      .when(sold(10_000))
      .thenEvents('payment.captured', 'order.confirmed', 'discrepancy.resolved')
      .thenStatus({ lifecycle: 'confirmed', hold: 'clear', fulfillment: 'shipped' });
  });

  it('goods delivered before they were handed over converge when the hand-over is told', () => {
    paid
      .given(place(), sold(10_000), delivered({ a: 1 }))
      .when(dispatched({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear' });
  });

  it('what needs no shipping is delivered when it is granted', () => {
    paid
      .given(place(), sold(10_000))
      .when({
        type: 'fulfillment.report',
        outcome: 'granted',
        objectId: 'licence-1',
        source: 'licences',
        reportId: 'r',
        lines: unitsOf({ a: 1 }),
      })
      .thenEvents('fulfillment.granted', 'order.completed')
      .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered' });
  });

  it('a lost parcel is an exception until it is refunded', () => {
    const outcome = paid
      .given(place(), sold(10_000), dispatched({ a: 1 }))
      .when({ ...delivered({ a: 1 }), outcome: 'lost' });
    outcome.thenStatus({ fulfillment: 'exception', lifecycle: 'confirmed' });
    outcome.harness.execute(refundUnits({ a: 1 }, 'lost'));
    outcome.harness.execute(refunded(10_000, { operationId: lastOperation(outcome) }));
    outcome.thenStatus({ lifecycle: 'completed', refund: 'full' });
  });

  it('dispatch reported for cancelled units is recorded, flagged and held', () => {
    paid
      .given(three, sold(30_000), cancel({ a: 1 }))
      .when(dispatched({ a: 3 }))
      .thenEvents('shipment.dispatched', 'discrepancy.detected')
      .thenStatus({ hold: 'held' })
      .thenOrder(({ discrepancies }) => expect(discrepancies.open[0]?.law).toBe('Q1'));
  });

  it('L2: a delivery told again later, without saying when, moves no return window', () => {
    const told = delivered({ a: 1 });
    const outcome = paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), told, later(day))
      .when(told);
    outcome.thenNothing();
    outcome.thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(outcome.harness.now - day));
  });

  it('the latest delivery that somebody dates opens the return window, in whatever order told', () => {
    const first = delivered({ a: 1 }, { occurredAt: 1_767_000_000_000 });
    const second = delivered({ a: 1 }, { occurredAt: 1_767_100_000_000 });
    for (const reports of [
      [first, second],
      [second, first],
    ]) {
      paid
        .given(place(), sold(10_000), dispatched({ a: 1 }))
        .when(...reports)
        .thenOrder(({ deliveredAt }) => expect(deliveredAt).toBe(1_767_100_000_000));
    }
  });

  it('goods delivered before they were handed over do not complete the order meanwhile', () => {
    paid
      .given(place(), sold(10_000))
      .when(delivered({ a: 1 }))
      .thenEvents('shipment.delivered', 'discrepancy.detected')
      .thenStatus({ lifecycle: 'confirmed', hold: 'held' });
  });
});
