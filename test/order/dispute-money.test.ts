import { describe, expect, it } from 'vitest';
import type { Order } from '../../src/order/order.ts';
import { orderFigures } from '../../src/order/order-figures.ts';
import { later, type Then } from '../../src/testing/specification.ts';
import {
  authorized,
  cancel,
  capture,
  captured,
  day,
  delivered,
  dispatch,
  disputed,
  lastOperation,
  onTerms,
  paid,
  payment,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportPayment,
  sold,
  three,
} from './commands.ts';

// What a dispute means for goods, refunds and the end of an order.

const figures = (expected: object) => (order: Order) =>
  expect(orderFigures(order)).toMatchObject(expected);
const settled = { due: 0, owed: 0 };
const arrived = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const openLaws = ({ harness }: Then) =>
  harness.state?.order.discrepancies.open.map(({ law, subject }) => `${law} ${subject}`);

describe('goods and other money', () => {
  it('stay where they are while money is withdrawn, and go on when it is back', () => {
    const open = paid
      .given(three, sold(30_000), disputed('Withdrawn', 30_000))
      .when(dispatch({ a: 1 }));
    open.thenRejected('guardRefused', { guard: 'secured' });
    open.harness.execute(disputed('Reinstated', 30_000));
    expect(open.harness.execute(dispatch({ a: 1 }))).toMatchObject({ status: 'accepted' });
  });

  it('a refund of what a dispute took is refused, with what it took', () => {
    paid
      .given(...arrived, disputed('Withdrawn', 8_000))
      .when(refundAmount(3_000))
      .thenRejected('lawBroken', { law: 'M3', figures: { possible: 2_000, disputed: 8_000 } });
    paid
      .given(...arrived, disputed('Lost', 10_000))
      .when(refundUnits({ a: 1 }, 'correction'))
      .thenRejected('lawBroken', { law: 'M3', figures: { possible: 0, disputed: 10_000 } });
  });

  it('a refund is possible again of what was won', () => {
    paid
      .given(...arrived, disputed('Withdrawn', 10_000), disputed('Lost'))
      .when(disputed('Reinstated', 10_000), disputed('Won'), refundAmount(10_000, 'correction'))
      .thenStatus({ refund: 'pending' });
  });

  it('a chargeback after a refund is flagged: the money went back twice', () => {
    const twice = paid.given(...arrived, refunded(10_000)).when(disputed('Lost', 10_000));
    twice
      .thenStatus({ hold: 'held', dispute: 'lost' })
      .thenOrder(figures({ net: -10_000, ...settled }));
    expect(openLaws(twice)).toEqual(['M3 payment:p1']);
    const [open] = twice.harness.state?.order.discrepancies.open ?? [];
    const detected = twice.harness.events.findLast(({ type }) => type === 'discrepancy.detected');
    expect(detected?.data).toMatchObject({
      law: 'M3',
      figures: { captured: 10_000, refunded: 10_000, disputed: 10_000 },
    });
    const note = 'the customer keeps it';
    twice.harness.execute({ type: 'discrepancy.resolve', discrepancyId: open?.id, note });
    twice.thenStatus({ lifecycle: 'completed', hold: 'clear' });
  });

  it('an overpayment that is charged back is owed no more', () => {
    const again = { objectId: 'again' };
    paid
      .given(place(), sold(10_000), sold(10_000, again))
      .when(disputed('Lost', 10_000))
      .thenStatus({ refund: 'none', payment: 'paid' })
      .thenOrder(figures({ net: 10_000, currentTotal: 10_000, chargedBack: 10_000, ...settled }));
  });

  it('goods that come back after their price was charged back are credited for nothing more', () => {
    const credit = {
      type: 'order.credit',
      creditId: 'c1',
      cause: 'correction',
      of: { kind: 'units', lines: [{ lineId: 'a', units: 1 }] },
    };
    paid
      .given(...arrived, disputed('Lost', 10_000))
      .when(credit)
      .thenStatus({ refund: 'none', lifecycle: 'completed' })
      .thenOrder(figures({ agreedTotal: 0, currentTotal: 0, net: 0, ...settled }));
  });

  it('an order of which no money was ever reported learns of it whichever comes first', () => {
    const reports = [sold(10_000), disputed('Withdrawn', 10_000)];
    for (const told of [reports, reports.toReversed()]) {
      paid
        .given(place())
        .when(...told)
        .thenStatus({ lifecycle: 'confirmed', dispute: 'open', hold: 'clear' })
        .thenOrder(figures({ net: 0, secured: 0 }));
    }
  });
});

describe('a refund in flight that a dispute stops', () => {
  const asked = () => paid.given(three, sold(30_000)).when(refundAmount(30_000, 'correction'));

  it('is no refund in flight any more, and goes on when the dispute is won', () => {
    const stopped = asked();
    stopped.harness.execute(disputed('Withdrawn', 30_000));
    stopped.thenStatus({ hold: 'clear', refund: 'none' });
    stopped.thenOrder((order) => expect(payment(order)?.refundPending).toBe(0));
    stopped.harness.execute(disputed('Reinstated', 30_000));
    stopped.thenOrder((order) => expect(payment(order)?.refundPending).toBe(30_000));
  });

  it('still is the one operation of its payment until its outcome is reported (law M10)', () => {
    const stopped = paid
      .given(three, authorized(40_000), captured(30_000))
      .when(refundAmount(30_000, 'correction'), disputed('Withdrawn', 30_000));
    const operationId = lastOperation(stopped);
    const more = capture(1_000, { over: true });
    expect(stopped.harness.execute(more)).toMatchObject({ rejection: { law: 'M10' } });
    stopped.harness.execute(reportPayment('refundFailed', undefined, { operationId }));
    expect(stopped.harness.execute(more)).toMatchObject({ status: 'accepted' });
  });
});

describe('a cancelled order', () => {
  it('is cancelled when its money is disputed instead of refunded', () => {
    const cancelled = paid
      .given(place(), sold(10_000), disputed('Withdrawn', 10_000))
      .when(cancel());
    cancelled.thenStatus({ lifecycle: 'cancelled', dispute: 'open', refund: 'none' });
    cancelled.harness.execute(disputed('Lost'));
    cancelled.thenStatus({ lifecycle: 'cancelled', dispute: 'lost' }).thenOrder(figures(settled));
  });

  it('pays the money back that a dispute brings, once', () => {
    const cancelled = paid
      .given(place(), sold(10_000), disputed('Withdrawn', 10_000), cancel())
      .when(disputed('Reinstated', 10_000), disputed('Won'));
    cancelled.thenStatus({ lifecycle: 'cancelling', refund: 'due' });
    cancelled.harness.advance(1);
    cancelled.thenStatus({ lifecycle: 'cancelling', refund: 'pending' });
    cancelled.harness.execute(refunded(10_000, { operationId: lastOperation(cancelled) }));
    cancelled.thenStatus({ lifecycle: 'cancelled', refund: 'full' });
  });

  it('is not archived while a dispute is open: money may come back', () => {
    const archive = { type: 'order.archive' };
    const given = [place(), sold(10_000), disputed('Withdrawn', 10_000), cancel()];
    paid
      .given(...given, later(91 * day))
      .when(archive)
      .thenRejected('guardRefused', {
        guard: 'noDisputeOpen',
        figures: { disputes: 1, disputed: 10_000, chargedBack: 0 },
      });
    paid
      .given(...given, disputed('Lost'), later(91 * day))
      .when(archive)
      .thenStatus({ lifecycle: 'archived', dispute: 'lost' });
  });
});

describe('an order that waits for money', () => {
  const part = [place(), sold(4_000), disputed('Withdrawn', 4_000)];

  it('does not expire while what it has is disputed', () => {
    paid
      .given(...part)
      .when(later(day))
      .thenStatus({ lifecycle: 'pending' });
  });

  it('expires once it is lost, and gives back what comes after all', () => {
    const expired = paid.given(...part, disputed('Lost')).when(later(day));
    expired.thenStatus({ lifecycle: 'expired', dispute: 'lost' });
    expired.harness.execute(disputed('Reinstated', 4_000));
    expired.thenStatus({ lifecycle: 'cancelling', refund: 'due' });
  });
});

it('on terms a dispute is as any other: what it takes is due, and nothing once it is lost', () => {
  const given = onTerms.given(place(), dispatch({ a: 1 }), delivered({ a: 1 }), sold(10_000));
  const open = given.when(disputed('Withdrawn', 10_000));
  open.thenStatus({ payment: 'due', lifecycle: 'confirmed' }).thenOrder(figures({ due: 10_000 }));
  open.harness.execute(disputed('Lost'));
  open.thenStatus({ lifecycle: 'completed' }).thenOrder(figures(settled));
});
