import { describe, expect, it } from 'vitest';
import { orderFigures } from '../../src/order/order-figures.ts';
import { orderSpecification, type Then } from '../../src/testing/specification.ts';
import {
  authorized,
  byAuthorization,
  cancel,
  credit,
  creditUnits,
  delivered,
  dispatch,
  dispatched,
  line,
  onTerms,
  paid,
  place,
  reportPayment,
  reportShipment,
  sold,
  three,
} from './commands.ts';

// Orders that could never end, found by the property `every reachable order can end`.

const lost = (units: Record<string, number>) => reportShipment('lost', units);
const backAtSender = (units: Record<string, number>) => reportShipment('returnedToSender', units);
const ofAmount = (amount: number) => ({ kind: 'amount', amount, currency: 'EUR' });
const writeOff = (amount: number) => credit('writeOff', ofAmount(amount), 'off');
const ofCredit = { type: 'payment.refund', cause: 'correction', of: { kind: 'credit' } };

/** Somebody has looked at every discrepancy. */
function looked({ harness }: Pick<Then, 'harness'>): void {
  for (const { id } of harness.state?.order.discrepancies.open ?? []) {
    harness.execute({ type: 'discrepancy.resolve', discrepancyId: id, note: 'looked at' });
  }
}

describe('an order ends', () => {
  it('whose goods left unpaid, once its price is written off: then it may be confirmed', () => {
    const left = byAuthorization.given(place(), dispatched({ a: 1 }), delivered({ a: 1 })).when();
    looked(left);
    const confirm = { type: 'order.confirm' };
    expect(left.harness.execute(confirm)).toMatchObject({ rejection: { guard: 'policyMet' } });
    left.harness.execute(writeOff(10_000));
    left.harness.execute(confirm);
    left.thenStatus({ lifecycle: 'completed', hold: 'clear' });
  });

  it('whose goods left unpaid, and of whose capture nobody tells although a refund was told', () => {
    const left = paid
      .given(place(), dispatched({ a: 1 }), delivered({ a: 1 }), reportPayment('refunded', 1))
      .when();
    looked(left);
    left.harness.execute(writeOff(10_000));
    left.harness.execute({ type: 'order.confirm' });
    left.thenStatus({ lifecycle: 'completed' });
  });

  it('of which more units were reported lost than were sold', () => {
    const told = paid.given(place(), sold(10_000), dispatched({ a: 1 }), lost({ a: 2 })).when();
    looked(told);
    told.harness.execute(creditUnits({ a: 1 }, 'lost'));
    told.thenStatus({ fulfillment: 'shipped', refund: 'owed' });
  });

  it('of which a unit sent beyond those sold came back: it needs no credit', () => {
    onTerms
      .given(place({ lines: [line('a', 2, 10_000)] }), sold(20_000), dispatched({ a: 3 }))
      .when(delivered({ a: 2 }), backAtSender({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', hold: 'clear' });
  });

  it('of which one unit too many was sent, one was lost, and one came back', () => {
    const told = onTerms
      .given(place({ lines: [line('a', 2, 10_000)] }), sold(20_000), dispatched({ a: 3 }))
      .when(delivered({ a: 1 }), lost({ a: 1 }), backAtSender({ a: 1 }));
    told.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception' });
    expect(told.harness.execute(creditUnits({ a: 1 }, 'lost'))).toMatchObject({
      status: 'accepted',
    });
    told.thenStatus({ fulfillment: 'delivered', refund: 'owed' });
  });

  it('to which a refund came back that nobody had told of', () => {
    const bounced = onTerms.given(place(), reportPayment('refundReversed', 500)).when();
    looked(bounced);
    bounced.harness.execute(cancel());
    bounced.harness.execute(ofCredit);
    bounced.thenOrder((order) => expect(order.payments[0]?.refundPending).toBe(500));
  });

  it('whose return was declined, and whose goods came all the same', () => {
    const receivedAnyway = {
      type: 'return.report',
      returnId: 'r1',
      outcome: 'received',
      source: 'warehouse',
      reportId: 'came',
      lines: [{ lineId: 'a', units: 1 }],
    };
    paid
      .given(
        place(),
        sold(10_000),
        dispatched({ a: 1 }),
        delivered({ a: 1 }),
        { type: 'return.request', returnId: 'r1', lines: [{ lineId: 'a', units: 1 }] },
        { type: 'return.decline', returnId: 'r1' },
        receivedAnyway,
      )
      .when({ type: 'return.close', returnId: 'r1' })
      .thenStatus({ lifecycle: 'completed', returns: 'settled' });
  });
});

describe('a law that is broken and accepted', () => {
  it('does not refuse requests that break it no more', () => {
    const sent = onTerms
      .given(three, sold(30_000), dispatched({ a: 4 }), lost({ a: 2 }))
      .when(delivered({ a: 2 }));
    looked(sent);
    expect(sent.harness.execute(creditUnits({ a: 1 }, 'lost'))).toMatchObject({
      status: 'accepted',
    });
  });

  it('refuses requests that break it more', () => {
    const two = place({ lines: [line('a', 3, 10_000), line('b', 1, 10_000)] });
    const sent = onTerms.given(two, dispatched({ a: 4 }), delivered({ a: 4 })).when();
    looked(sent);
    const again = sent.harness.execute({
      type: 'shipment.dispatch',
      shipmentId: 's2',
      lines: [{ lineId: 'a', units: 1 }],
    });
    expect(again).toMatchObject({ status: 'rejected', rejection: { law: 'Q1' } });
  });
});

it('a void in flight keeps goods back, whatever was voided at the provider before', () => {
  const voidRest = { type: 'payment.void', paymentId: 'p1' };
  byAuthorization
    .given(
      place({ lines: [line('a', 1, 2_000)] }),
      authorized(10_000),
      reportPayment('voided', 8_000),
      voidRest,
    )
    .when(dispatch({ a: 1 }))
    .thenRejected('guardRefused', { guard: 'secured' });
});

it('an order does not end while a line is missing, however much too much is told of another', () => {
  const lines = [line('a', 1, 10_000), line('b', 1, 10_000)];
  const told = onTerms.given(place({ lines }), dispatched({ a: 2 }), delivered({ a: 2 })).when();
  looked(told);
  told.thenStatus({ lifecycle: 'confirmed', fulfillment: 'partiallyDelivered' });
});

describe('an order owes no more than it was paid', () => {
  it('when units are cancelled that goodwill was given for', () => {
    const given = byAuthorization.given(three, credit('goodwill', ofAmount(15_000)));
    given.when(cancel({ a: 2 })).thenOrder((order) => {
      expect(orderFigures(order)).toMatchObject({ currentTotal: 0, owed: 0, due: 0 });
    });
  });
});

const auto = orderSpecification({ policy: { confirmWhen: 'paid', settleCredits: 'auto' } });
const inDashboard = (amount: number, objectId = 'by-hand') =>
  reportPayment('refunded', amount, { objectId });

describe("a refund made in the provider's dashboard gives back what is owed first", () => {
  const figures = (outcome: Then) => {
    const { order } = outcome.harness.state ?? {};
    return order && orderFigures(order);
  };

  it('of an order that was captured twice', () => {
    const twice = auto.given(place(), sold(10_000), sold(10_000, { objectId: 'again' }));
    const outcome = twice.when(inDashboard(10_000));
    outcome.thenStatus({ refund: 'partial' });
    expect(figures(outcome)).toMatchObject({ currentTotal: 10_000, net: 10_000, owed: 0, due: 0 });
  });

  it('of units that are cancelled afterwards: nothing more is asked back', () => {
    const outcome = auto.given(three, sold(30_000), inDashboard(10_000)).when(cancel({ a: 1 }));
    outcome.thenEvents('order.cancellation_requested', 'order.units_cancelled');
    expect(figures(outcome)).toMatchObject({ currentTotal: 20_000, net: 20_000, owed: 0, due: 0 });
  });

  it('of a credit, whichever comes first', () => {
    const priceCut = credit('priceChange', ofAmount(2_500));
    for (const steps of [
      [priceCut, inDashboard(2_500)],
      [inDashboard(2_500), priceCut],
    ]) {
      const outcome = auto.given(place(), sold(10_000)).when(...steps);
      expect(figures(outcome)).toMatchObject({ currentTotal: 7_500, net: 7_500, owed: 0, due: 0 });
      outcome.harness.advance(10 * 86_400_000);
      outcome.thenOrder(({ payments }) => expect(payments[0]?.operations).toEqual([]));
    }
  });

  it('and what it gives beyond that is a credit by itself', () => {
    const twice = auto.given(place(), sold(10_000), sold(10_000, { objectId: 'again' }));
    expect(figures(twice.when(inDashboard(13_000)))).toMatchObject({
      currentTotal: 7_000,
      net: 7_000,
      owed: 0,
      due: 0,
    });
  });

  it('so that a second capture told after it is owed only as far as it went back', () => {
    const paidOnce = auto.given(place(), sold(10_000), inDashboard(3_000));
    expect(figures(paidOnce.when(sold(10_000, { objectId: 'again' })))).toMatchObject({
      currentTotal: 10_000,
      net: 17_000,
      owed: 7_000,
    });
  });
});
