import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import {
  cancel,
  delivered,
  dispatch,
  dispatched,
  lastOperation,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  reportShipment,
  sold,
  unitsOf,
} from './commands.ts';

// Which tender pays back, and what came back of an order that was cancelled.

const returnedToSender = (units: Record<string, number>) =>
  reportShipment('returnedToSender', units);

describe('a busy tender is waited for', () => {
  const gift = { paymentId: 'gift' };
  const card = { paymentId: 'card' };
  const twoTenders = [
    place({ lines: [line('a', 2, 1_000)] }),
    sold(1_500, { ...card, objectId: 'card' }),
    sold(500, { ...gift, objectId: 'gift' }),
  ];

  it('by the second of two refunds in a row', () => {
    paid
      .given(...twoTenders, refundAmount(500))
      .when(refundAmount(500))
      .thenRejected('lawBroken', { law: 'M10' });
  });

  it('unless nothing is left of it', () => {
    paid
      .given(...twoTenders, refundAmount(1_500))
      .when(refundAmount(500))
      .thenOrder(({ payments }) => {
        expect(payments.map(({ refundPending }) => refundPending)).toEqual([1_500, 500]);
      });
  });

  it('by what a cancellation overpaid', () => {
    const asked = paid.given(...twoTenders, refundAmount(100)).when(cancel({ a: 1 }));
    asked.thenOrder(({ payments }) => {
      expect(payments.map(({ refundPending }) => refundPending)).toEqual([100, 0]);
    });
    const operationId = lastOperation(asked);
    asked.harness.execute(refunded(100, { ...card, operationId, objectId: 'back' }));
    asked.harness.advance(0);
    asked.thenOrder(({ payments }) => {
      expect(payments.map(({ refundPending }) => refundPending)).toEqual([1_000, 0]);
    });
  });
});

describe('a refund of tender', () => {
  it('gives money back and leaves what the order costs', () => {
    paid
      .given(place(), sold(10_000))
      .when({
        type: 'payment.refund',
        cause: 'correction',
        of: { kind: 'tender', amount: 4_000, currency: 'EUR' },
      })
      .thenOrder((order) => {
        expect(figuresOf(order)).toMatchObject({ currentTotal: 10_000, secured: 6_000 });
      });
  });

  it('keeps the goods back until another tender pays', () => {
    const tender = {
      type: 'payment.refund',
      cause: 'correction',
      of: { kind: 'tender', amount: 4_000, currency: 'EUR' },
    };
    const other = { paymentId: 'p2', objectId: 'other' };
    paid
      .given(place(), sold(10_000), tender)
      .when(dispatch({ a: 1 }))
      .thenRejected('guardRefused', { guard: 'secured' });
    paid
      .given(place(), sold(10_000), tender, sold(4_000, other))
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
  });
});

it('an order is not over while a tender is on its way back, although its balance is settled', () => {
  const tender = {
    type: 'payment.refund',
    cause: 'correction',
    of: { kind: 'tender', amount: 4_000, currency: 'EUR' },
  };
  paid
    .given(place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 }))
    .when(tender)
    .thenEvents('payment.refund_requested', 'order.reopened')
    .thenOrder((order) => expect(figuresOf(order).balance).toBe(0));
});

describe('what went back for another tender to pay', () => {
  const asked = () => {
    const all = { kind: 'tender', amount: 10_000, currency: 'EUR' };
    return paid
      .given(place(), sold(10_000))
      .when({ type: 'payment.refund', cause: 'correction', of: all });
  };

  it('is paid until it is back, and due from then on', () => {
    const back = asked().thenStatus({ payment: 'paid', refund: 'pending' });
    back.harness.execute(refunded(10_000, { operationId: lastOperation(back) }));
    back.thenStatus({ payment: 'due', refund: 'full' });
    back.harness.execute(sold(4_000, { paymentId: 'p2' }));
    back.thenStatus({ payment: 'partiallyPaid' });
    back.harness.execute(sold(6_000, { paymentId: 'p3' }));
    back.thenStatus({ payment: 'paid' });
  });

  it('leaves a cancelled order paid, of which everything went back', () => {
    const back = paid.given(place(), sold(10_000)).when(cancel());
    back.harness.execute(refunded(10_000, { operationId: lastOperation(back) }));
    back.thenStatus({ payment: 'paid', refund: 'full' });
  });
});

describe('cancelled in the shop, shipped in the warehouse, and back again', () => {
  const gone = [place(), sold(10_000), cancel(), dispatched({ a: 1 })];

  it('converges when it came back to the sender', () => {
    paid
      .given(...gone)
      .when(returnedToSender({ a: 1 }))
      .thenStatus({ hold: 'clear' });
  });

  it('may be returned, and converges when it was received', () => {
    paid
      .given(...gone, delivered({ a: 1 }), {
        type: 'return.request',
        returnId: 'r1',
        lines: unitsOf({ a: 1 }),
      })
      .when({
        type: 'return.report',
        returnId: 'r1',
        outcome: 'received',
        source: 'warehouse',
        reportId: 'w1',
        lines: unitsOf({ a: 1 }),
      })
      .thenStatus({ hold: 'clear' });
  });
});
