import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import {
  amend,
  cancel,
  captured,
  delivered,
  dispatch,
  dispatched,
  line,
  onTerms,
  paid,
  place,
  refundAmount,
  refunded,
  sold,
  three,
  unitsOf,
} from './commands.ts';

const addX = { add: [line('x', 1, 5000)] };
const goodwill = (amount: number) => ({
  creditId: 'c1',
  cause: 'goodwill',
  of: { kind: 'amount', amount, currency: 'EUR' },
});

describe('an order is amended', () => {
  it('a line is added to a paid order, and its price is due', () => {
    paid
      .given(place(), sold(10_000))
      .when(amend({ ...addX, reason: 'forgotten' }))
      .thenEvents('order.amended')
      .thenStatus({ lifecycle: 'confirmed', payment: 'partiallyPaid', amendment: 'none' })
      .thenOrder((order) => {
        expect(order.total).toBe(15_000);
        expect(order.lines.map(({ id, ordered }) => [id, ordered])).toEqual([
          ['a', 1],
          ['x', 1],
        ]);
        expect(order.amendments).toEqual([{ id: 'm1', reason: 'forgotten', state: 'applied' }]);
        expect(figuresOf(order).balance).toBe(5000);
      });
  });

  it('goods that are paid leave, and added ones only when they are paid as well', () => {
    const outcome = paid
      .given(place(), sold(10_000), amend(addX))
      .when(dispatch({ a: 1 }))
      .thenEvents('shipment.dispatched');
    outcome.harness.execute(dispatch({ x: 1 }, 's2'));
    paid
      .given(place(), sold(10_000), amend(addX), dispatch({ a: 1 }))
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', {
        guard: 'secured',
        figures: { secured: 10_000, required: 15_000 },
      });
    paid
      .given(place(), sold(10_000), amend(addX), sold(5000, { objectId: 'second' }))
      .when(dispatch({ a: 1, x: 1 }))
      .thenStatus({ fulfillment: 'shipped' });
  });

  it('a unit is exchanged for a cheaper one, and the difference goes back at once', () => {
    paid
      .given(three, sold(30_000))
      .when(amend({ ...addX, cancel: unitsOf({ a: 1 }), total: 25_000 }))
      .thenEvents('order.amended', 'order.units_cancelled', 'payment.refund_requested')
      .thenOrder(({ payments: [payment] }) => expect(payment?.refundPending).toBe(5000));
  });

  it('up by one amendment and down by the next asks for nothing and gives nothing back', () => {
    paid
      .given(three, sold(30_000), amend({ add: [line('x', 1, 10_000)] }))
      .when(amend({ cancel: unitsOf({ a: 1 }) }, 'm2'))
      .thenEvents('order.amended', 'order.units_cancelled')
      .thenStatus({ payment: 'paid', refund: 'none' })
      .thenOrder((order) => expect(figuresOf(order).balance).toBe(0));
  });

  it('a charge and a credit are added in one commit', () => {
    paid
      .given(place(), sold(10_000))
      .when(
        amend({
          addCharges: [{ id: 'express', amount: 700 }],
          credit: { ...goodwill(200), causeId: 'ticket-7' },
        }),
      )
      .thenEvents('order.amended', 'order.credited')
      .thenOrder((order) => {
        expect(order.credits).toMatchObject([{ id: 'c1', causeId: 'ticket-7', amount: 200 }]);
        expect(order.charges).toMatchObject([{ id: 'express', net: 700 }]);
        expect(figuresOf(order).agreedTotal).toBe(10_500);
      });
  });

  it('a discount of the amendment is taken off the lines that it adds alone', () => {
    paid
      .given(place(), sold(10_000))
      .when(amend({ ...addX, discounts: [{ code: 'sorry', amount: 1000 }] }))
      .thenOrder(({ total, lines }) => {
        expect(total).toBe(14_000);
        expect(lines[0]?.discounts).toBeUndefined();
        expect(lines[1]).toMatchObject({ net: 4000, discounts: [{ code: 'sorry', amount: 1000 }] });
      });
  });

  it('a pending order confirms by what it costs after the amendment', () => {
    paid
      .given(three, sold(20_000))
      .when(amend({ cancel: unitsOf({ a: 1 }) }))
      .thenEvents('order.amended', 'order.units_cancelled', 'order.confirmed')
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid' });
    paid
      .given(place(), amend(addX))
      .when(sold(10_000))
      .thenStatus({ lifecycle: 'pending', payment: 'partiallyPaid' });
  });

  it('a completed order is opened again, and completes when what was added has arrived', () => {
    const outcome = paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
      .when(amend(addX))
      .thenEvents('order.amended', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', fulfillment: 'partiallyDelivered' });
    outcome.harness.execute(captured(5000, { sale: true, objectId: 'second' }));
    outcome.harness.execute(dispatched({ x: 1 }, { shipmentId: 's2' }));
    outcome.harness.execute(delivered({ x: 1 }, { shipmentId: 's2' }));
    outcome.thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('added units are cancelled, shipped and returned like any other', () => {
    onTerms
      .given(place(), amend({ add: [line('x', 2, 5000)] }), dispatch({ x: 1 }))
      .when(cancel({ x: 1 }))
      .thenEvents('order.cancellation_requested', 'order.units_cancelled')
      .thenOrder(({ lines }) =>
        expect(lines[1]).toMatchObject({ ordered: 2, shipped: 1, cancelled: 1 }),
      );
  });
});

describe('an amendment after a gift', () => {
  const two = place({ lines: [line('a', 2, 1000)] });
  const given = [two, sold(2000), refundAmount(1500), refunded(1500), cancel({ a: 1 })];

  it('what was given away with units that are cancelled pays for nothing that is added', () => {
    paid
      .given(...given)
      .when(amend({ add: [line('x', 1, 500)], total: 500 }))
      .thenEvents('order.amended')
      .thenOrder((order) => expect(figuresOf(order)).toMatchObject({ agreedTotal: 500 }));
    paid
      .given(...given)
      .when(amend({ add: [line('x', 1, 500)], total: 0 }))
      .thenRejected('totalMismatch', { figures: { after: 500 } });
  });
});

describe('an amendment is refused', () => {
  it('when its figures do not add up to what the caller believes', () => {
    paid
      .given(place(), sold(10_000))
      .when(amend({ ...addX, total: 14_999 }))
      .thenRejected('totalMismatch', { law: 'M5', figures: { after: 15_000, total: 14_999 } });
  });

  it('when its id, or an id that it adds, is used', () => {
    paid
      .given(place(), amend(addX))
      .when(amend({ add: [line('y', 1, 1)] }))
      .thenRejected('alreadyUsed', { figures: { id: 'm1' } });
    paid
      .given(place())
      .when(amend({ add: [line('a', 1, 1)] }))
      .thenRejected('alreadyUsed', { figures: { id: 'a' } });
    paid
      .given(place(), amend({ addCharges: [{ id: 'fee', amount: 1 }] }))
      .when(amend({ addCharges: [{ id: 'fee', amount: 1 }] }, 'm2'))
      .thenRejected('alreadyUsed', { figures: { id: 'fee' } });
  });

  it('when it changes nothing', () => {
    paid.given(place()).when(amend({})).thenRejected('nothingToDo');
  });

  it('when it cancels units that are gone, or credited', () => {
    paid
      .given(three, sold(30_000), dispatch({ a: 2 }))
      .when(amend({ ...addX, cancel: unitsOf({ a: 2 }) }))
      .thenRejected('lawBroken', { law: 'Q1', figures: { open: 1, asked: 2 } });
  });

  it('when nothing would be left: that is a cancellation', () => {
    paid
      .given(place(), sold(10_000))
      .when(amend({ cancel: unitsOf({ a: 1 }) }))
      .thenRejected('guardRefused', { guard: 'someUnitStays' });
    paid
      .given(place(), sold(10_000))
      .when(amend({ ...addX, cancel: unitsOf({ a: 1 }) }))
      .thenEvents('order.amended', 'order.units_cancelled', 'payment.refund_requested');
  });

  it('when it takes off more than the order costs with it', () => {
    paid
      .given(place({ lines: [line('a', 2, 5000)] }), sold(10_000))
      .when(amend({ cancel: unitsOf({ a: 1 }), credit: goodwill(5001) }))
      .thenRejected('lawBroken', { law: 'M6', figures: { after: -1 } });
  });

  it('when with it the order would cost more than an amount may be', () => {
    paid
      .given(place())
      .when(amend({ add: [line('x', 1, 10_000_000_000_000)] }))
      .thenRejected('lawBroken', { law: 'M8' });
    paid
      .given(place())
      .when(amend({ add: [line('x', 1, 10_000_000_000_000 - 10_000)] }))
      .thenEvents('order.amended');
  });

  it('while the order is held, and when it is over', () => {
    paid
      .given(place(), { type: 'order.hold', reason: 'fraud' })
      .when(amend(addX))
      .thenRejected('guardRefused', { guard: 'holdClear' });
    paid.given(place(), cancel()).when(amend(addX)).thenRejected('notInThisState');
  });

  it('in a currency that is not the order’s', () => {
    const of = { kind: 'amount', amount: 1, currency: 'USD' };
    paid
      .given(place())
      .when(amend({ ...addX, credit: { ...goodwill(1), of } }))
      .thenRejected('currencyMismatch');
  });
});
