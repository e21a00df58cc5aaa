import { describe, expect, it } from 'vitest';
import { orderFigures } from '../../src/order/order-figures.ts';
import { later, type Then } from '../../src/testing/specification.ts';
import {
  credit,
  day,
  delivered,
  dispatched,
  lastOperation,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportPayment,
  sold,
  three,
  unitsOf,
} from './commands.ts';

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
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }), later(31 * day))
      .when({ type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1 }) })
      .thenRejected('guardRefused', { guard: 'returnWindowOpen' });
  });

  it('a return may be requested in the last millisecond of the window, and in none after it', () => {
    const received = [place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 })];
    const request = { type: 'return.request', returnId: 'r1', lines: unitsOf({ a: 1 }) };
    paid
      .given(...received, later(30 * day))
      .when(request)
      .thenEvents('return.requested', 'order.reopened');
    paid
      .given(...received, later(30 * day + 1))
      .when(request)
      .thenRejected('guardRefused', { guard: 'returnWindowOpen' });
  });
});

describe('free units', () => {
  const order = place({ lines: [line('a', 1, 10_000), line('gift', 1, 0)] });

  it('are credited together with what was paid', () => {
    paid
      .given(order, sold(10_000), dispatched({ a: 1, gift: 1 }), delivered({ a: 1, gift: 1 }))
      .when(refundUnits({ a: 1, gift: 1 }, 'correction'))
      .thenOrder(({ lines }) => {
        expect(lines.map(({ creditedUnits }) => creditedUnits)).toEqual([1, 1]);
      });
  });

  it('need no refund when they are lost', () => {
    paid
      .given(order, sold(10_000), dispatched({ a: 1, gift: 1 }), delivered({ a: 1 }))
      .when({ ...delivered({ gift: 1 }), outcome: 'lost' })
      .thenStatus({ lifecycle: 'completed' });
  });
});

describe('a refund made at the provider', () => {
  const bought = [three, sold(30_000)];
  const elsewhere = (amount: number) => refunded(amount, { objectId: 'elsewhere' });
  const failed = (then: Then) =>
    reportPayment('refundFailed', undefined, { operationId: lastOperation(then) });
  const amountOf = (amount: number) => ({ kind: 'amount', amount, currency: 'EUR' });
  const figures = ({ harness }: Then) => {
    const order = harness.state?.order;
    return order === undefined ? undefined : orderFigures(order);
  };

  it('pays back what was captured twice', () => {
    const then = paid.given(place(), sold(10_000)).when(sold(10_000, { objectId: 'again' }));
    then.harness.execute(elsewhere(10_000));
    then.thenStatus({ refund: 'partial' });
    expect(figures(then)).toMatchObject({ currentTotal: 10_000, net: 10_000, owed: 0 });
  });

  it('pays back what a refund of ours failed to, in whatever order both are told', () => {
    for (const first of ['failure', 'refund']) {
      const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
      const told = [failed(asked), elsewhere(10_000)];
      for (const report of first === 'failure' ? told : told.toReversed()) {
        asked.harness.execute(report);
      }
      asked.thenStatus({ refund: 'partial', hold: 'clear' });
      expect(figures(asked)).toMatchObject({ currentTotal: 20_000, net: 20_000, owed: 0 });
    }
  });

  it('pays back a cancelled unit, so that the engine does not', () => {
    const asked = paid.given(...bought).when({ type: 'order.cancel', lines: unitsOf({ a: 1 }) });
    asked.harness.execute(failed(asked));
    asked.harness.execute(elsewhere(10_000));
    asked.harness.advance(30 * day);
    asked.thenStatus({ refund: 'partial' }).thenOrder(({ payments: [payment] }) => {
      expect(payment).toMatchObject({ refunded: 10_000, refundPending: 0 });
    });
  });

  it('is a credit while what is owed is on its way back', () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    asked.harness.execute(elsewhere(3_000));
    expect(figures(asked)).toMatchObject({ currentTotal: 17_000, net: 27_000, owed: 0 });
  });

  it('is a credit by itself for what it gives beyond that', () => {
    const granted = paid.given(...bought).when(credit('goodwill', amountOf(7_000)));
    granted.harness.execute(elsewhere(8_000));
    granted.thenStatus({ refund: 'partial' });
    expect(figures(granted)).toMatchObject({ currentTotal: 22_000, net: 22_000, owed: 0 });
  });

  it('pays what is credited or cancelled afterwards as well: nothing goes back twice', () => {
    const given = paid.given(...bought, elsewhere(3_000));
    const then = given.when(credit('goodwill', amountOf(7_000)));
    expect(figures(then)).toMatchObject({ currentTotal: 23_000, net: 27_000, owed: 4_000 });
    then.harness.execute({ type: 'order.cancel', lines: unitsOf({ a: 1 }) });
    expect(figures(then)).toMatchObject({ currentTotal: 13_000, net: 27_000, owed: 4_000 });
  });

  it('is no credit of its own once it is told to be ours', () => {
    const asked = paid.given(...bought).when(refundUnits({ a: 1 }, 'correction'));
    asked.harness.execute(elsewhere(10_000));
    const operationId = lastOperation(asked);
    asked.harness.execute(credit('goodwill', amountOf(1_000)));
    asked.harness.execute({ ...elsewhere(10_000), operationId });
    expect(figures(asked)).toMatchObject({ currentTotal: 19_000, net: 20_000, owed: 1_000 });
  });

  it('is one whatever operation of others it names, and none any more once it bounced', () => {
    const by = { operationId: 'not-ours', objectId: 'elsewhere' };
    const then = paid.given(...bought).when(refunded(7_000, by));
    expect(figures(then)).toMatchObject({ currentTotal: 23_000, net: 23_000 });
    then.harness.execute(reportPayment('refundReversed', 2_000));
    expect(figures(then)).toMatchObject({ currentTotal: 25_000, net: 25_000 });
  });
});
