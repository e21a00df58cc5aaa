import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/order/order.ts';
import { after, orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  authorized,
  cancel,
  capture,
  captured,
  day,
  delivered,
  dispatched,
  line,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportPayment,
  sold,
  unitsOf,
} from './commands.ts';

const paid = orderSpecification({ policy: { confirmWhen: 'paid' } });
const byAuthorization = orderSpecification({ policy: { confirmWhen: 'authorized' } });
const onTerms = orderSpecification({ policy: { confirmWhen: 'terms' } });

const dispatch = (units: Record<string, number>, shipmentId = 's1') => ({
  type: 'shipment.dispatch',
  shipmentId,
  lines: unitsOf(units),
});

const three = place({ lines: [line('a', 3, 10_000)] });

/** The id of the last operation asked for. */
function lastOperation({ harness }: Then): string {
  const asked = harness.events.findLast(({ data }) => typeof data['operationId'] === 'string');
  return String(asked?.data['operationId']);
}

const payment = (order: Order) => order.payments[0];

describe('money comes in', () => {
  it('a zero-total order needs no payment, confirms at once and completes when delivered', () => {
    const given = paid.given(place({ lines: [line('a', 1, 0)] }));
    given
      .when(dispatched({ a: 1 }), delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', payment: 'notRequired', fulfillment: 'delivered' });
  });

  it('a gift card for the whole price leaves nothing to pay', () => {
    paid
      .given(place({ lines: [line('a', 1, 5000, { discount: 5000 })] }))
      .when({ type: 'order.annotate', metadata: { giftCard: 'used' } })
      .thenStatus({ lifecycle: 'confirmed', payment: 'notRequired' });
  });

  it('on terms the order confirms unpaid, ships, completes, and may be paid after delivery', () => {
    const given = onTerms.given(place());
    given
      .when(dispatch({ a: 1 }), delivered({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', payment: 'unpaid' });
    onTerms
      .given(place(), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(sold(10_000))
      .thenEvents('payment.captured')
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('a partial capture leaves the rest authorized when the command keeps it', () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(4000));
    asked.thenEvents('payment.capture_requested').thenStatus({ payment: 'processing' });
    asked.harness.execute(captured(4000, { operationId: lastOperation(asked) }));
    asked.thenStatus({ payment: 'partiallyPaid' }).thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 4000, released: 0, capturePending: 0 });
    });
  });

  it('a partial capture releases the rest when the command says so', () => {
    const asked = byAuthorization
      .given(place(), authorized(10_000))
      .when(capture(4000, { releaseRemainder: true }));
    asked.harness.execute(captured(4000, { operationId: lastOperation(asked) }));
    asked.thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 4000, released: 6000 });
    });
  });

  it('an authorized order ships before capture, and is captured per shipment', () => {
    byAuthorization
      .given(place({ lines: [line('a', 2, 5000)] }), authorized(10_000), dispatch({ a: 1 }))
      .when(capture(5000))
      .thenEvents('payment.capture_requested')
      .thenStatus({ fulfillment: 'partiallyShipped' });
  });

  it("the provider's webhook before our own call returns makes one capture", () => {
    const asked = byAuthorization.given(place(), authorized(10_000)).when(capture(10_000));
    const operationId = lastOperation(asked);
    asked.harness.execute(captured(10_000, { objectId: 'ch_1' }));
    asked.thenStatus({ hold: 'clear', payment: 'paid' });
    asked.harness.execute(captured(10_000, { objectId: 'ch_1', operationId }));
    asked.thenStatus({ hold: 'clear', payment: 'paid' }).thenOrder((order) => {
      expect(payment(order)).toMatchObject({ captured: 10_000, capturePending: 0 });
      expect(payment(order)?.operations[0]?.state).toBe('succeeded');
      expect(payment(order)?.movements.filter(({ kind }) => kind === 'captured')).toHaveLength(1);
    });
  });

  it('the same webhook fifty times, in any order with others, ends as once in order', () => {
    const first = authorized(10_000);
    const second = captured(10_000);
    const many = Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? second : first));
    const once = byAuthorization.given(place()).when(first, second);
    const often = byAuthorization.given(place()).when(...many);
    expect(often.harness.state?.status).toEqual(once.harness.state?.status);
    expect(often.harness.events.filter(({ type }) => type === 'payment.captured')).toHaveLength(1);
    expect(often.harness.events.filter(({ type }) => type === 'payment.authorized')).toHaveLength(
      1,
    );
  });
});

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
});

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
    const late = paid.given(place(), cancel()).when(sold(10_000), after(0));
    late.thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    expect(late.harness.events.at(-1)).toMatchObject({
      type: 'payment.refund_requested',
      data: { cause: 'lateMoney', amount: 10_000 },
    });
    late.harness.execute(refunded(10_000, { operationId: lastOperation(late) }));
    late.thenStatus({ lifecycle: 'cancelled', refund: 'full' });
  });

  it('a capture reported after expiry is recorded, and asked back as late money', () => {
    const late = paid.given(place(), after(2 * day)).when(sold(10_000), after(0));
    late.thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    late.harness.execute(refunded(10_000, { operationId: lastOperation(late) }));
    late.thenStatus({ lifecycle: 'cancelled' });
  });

  it('an unpaid order expires when its time is up, and its units go back', () => {
    paid
      .given(place())
      .when(after(day))
      .thenEvents('order.expired', 'order.units_cancelled')
      .thenStatus({ lifecycle: 'expired', payment: 'unpaid' });
  });

  it('an order with money on its way does not expire', () => {
    byAuthorization
      .given(place(), { type: 'payment.authorize', paymentId: 'p1', amount: 100, currency: 'EUR' })
      .when(after(3 * day))
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

describe('money goes back', () => {
  it('a refund over two payments takes the original tender first, each within what it captured', () => {
    const outcome = paid
      .given(
        place(),
        sold(6000, { paymentId: 'p1' }),
        sold(4000, { paymentId: 'p2' }),
        dispatched({ a: 1 }),
        delivered({ a: 1 }),
      )
      .when(refundAmount(7000));
    outcome.thenEvents('payment.refund_requested', 'payment.refund_requested', 'order.reopened');
    outcome.thenOrder(({ payments }) => {
      expect(payments.map(({ refundPending }) => refundPending)).toEqual([6000, 1000]);
    });
  });

  it('a refund beyond what was captured is refused by law M3', () => {
    paid
      .given(place(), sold(10_000))
      .when(refundAmount(10_001))
      .thenRejected('lawBroken', { law: 'M3' });
  });

  it('a refund that bounces leaves the credit open again', () => {
    const asked = paid.given(place(), sold(10_000)).when(refundAmount(1000));
    const operationId = lastOperation(asked);
    asked.harness.execute(refunded(1000, { operationId }));
    asked.harness.execute(reportPayment('refundReversed', 1000, { operationId }));
    asked.thenOrder((order) => expect(order.payments[0]?.refunded).toBe(0));
    asked.harness.execute({ type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } });
    expect(asked.harness.events.at(-1)).toMatchObject({
      type: 'payment.refund_requested',
      data: { amount: 1000, credits: false },
    });
  });

  it("a refund made in the provider's dashboard is a credit by itself: the balance stays settled", () => {
    paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
      .when(refunded(2500))
      .thenEvents('payment.refunded')
      .thenStatus({ lifecycle: 'completed', refund: 'partial', hold: 'clear' });
  });

  it('100.00 over three units, refunded one by one, is 33.34 + 33.33 + 33.33', () => {
    const amounts: number[] = [];
    const order = place({ lines: [line('a', 3, 3334, { discount: 2 })] });
    const outcome = paid.given(order, sold(10_000)).when();
    for (let unit = 1; unit <= 3; unit += 1) {
      outcome.harness.execute(refundUnits({ a: 1 }, 'correction'));
      const asked = outcome.harness.events.findLast(
        ({ type }) => type === 'payment.refund_requested',
      );
      amounts.push(Number(asked?.data['amount']));
      outcome.harness.execute(
        refunded(Number(asked?.data['amount']), {
          operationId: lastOperation(outcome),
          objectId: `refund-${unit}`,
        }),
      );
    }
    expect(amounts).toEqual([3334, 3333, 3333]);
    outcome.thenStatus({ refund: 'full' });
  });

  it('a returned unit is refunded once it was inspected, and the order completes again', () => {
    const request = { type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1 }) };
    const report = (outcome: string, fields: object) => ({
      type: 'return.report',
      returnId: 'r1',
      outcome,
      source: 'warehouse',
      reportId: outcome,
      ...fields,
    });
    const outcome = paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
      .when(request);
    outcome
      .thenEvents('return.requested', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', returns: 'requested' });
    outcome.harness.execute({ type: 'return.approve', returnId: 'r1' });
    outcome.harness.execute(report('inTransit', { lines: unitsOf({ a: 1 }) }));
    outcome.thenStatus({ returns: 'inTransit' });
    outcome.harness.execute(report('received', { lines: unitsOf({ a: 1 }) }));
    outcome.thenStatus({ returns: 'received', lifecycle: 'confirmed' });
    outcome.harness.execute(report('inspected', { accepted: unitsOf({ a: 1 }) }));
    outcome.harness.execute(refundUnits({ a: 1 }));
    outcome.harness.execute(refunded(10_000, { operationId: lastOperation(outcome) }));
    outcome.thenStatus({ lifecycle: 'completed', returns: 'settled', refund: 'full' });
  });

  it('a return is refused when the window is over', () => {
    paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }), after(31 * day))
      .when({ type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1 }) })
      .thenRejected('guardRefused', { guard: 'returnWindowOpen' });
  });
});

describe('amounts of every currency', () => {
  it.each([
    ['JPY', 1000],
    ['EUR', 1000],
    ['KWD', 1000],
    ['CLF', 10_000],
  ])('%s orders of %i minor units are placed, paid and completed exactly', (currency, price) => {
    const order = place({ currency, lines: [line('a', 3, price)] });
    paid
      .given(order, sold(3 * price, { currency }))
      .when(dispatched({ a: 3 }), delivered({ a: 3 }))
      .thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });
});
