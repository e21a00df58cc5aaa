import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import { later } from '../../src/testing/specification.ts';
import {
  day,
  delivered,
  dispatch,
  dispatched,
  line,
  paid,
  place,
  refundAmount,
  refunded,
  refundUnits,
  reportReturn,
  sold,
  three,
  unitsOf,
} from './commands.ts';

const exchange = (fields: object = {}) => ({
  type: 'exchange.request',
  exchangeId: 'e1',
  returnId: 'r1',
  back: unitsOf({ a: 1 }),
  out: [line('x', 1, 10_000)],
  ship: 'onReceipt',
  ...fields,
});
const advance = { ship: 'inAdvance' };
const inAdvance = exchange(advance);
const dearer = { out: [line('x', 1, 12_000)] };
const cheaper = { out: [line('x', 1, 7000)] };

const arrived = [place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 })] as const;
const received = (units: Record<string, number>) => reportReturn('received', units);
const accepted = (units: Record<string, number>) =>
  reportReturn('inspected', undefined, { accepted: unitsOf(units) });
const rejected = (units: Record<string, number>) =>
  reportReturn('inspected', undefined, { rejected: unitsOf(units) });
const atOnce = later(0);

describe('units are exchanged on receipt', () => {
  it('the return is approved and the other line is added in one commit', () => {
    paid
      .given(...arrived)
      .when(exchange())
      .thenEvents(
        'return.requested',
        'return.approved',
        'exchange.requested',
        'order.amended',
        'order.reopened',
      )
      .thenStatus({ lifecycle: 'confirmed', returns: 'requested' })
      .thenOrder(({ exchanges, total }) => {
        expect(total).toBe(20_000);
        expect(exchanges).toMatchObject([{ id: 'e1', returnId: 'r1', credited: [] }]);
      });
  });

  it('the new unit leaves once the old one is back, accepted and credited', () => {
    paid
      .given(...arrived, exchange())
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', { guard: 'secured' });
    const outcome = paid
      .given(...arrived, exchange(), received({ a: 1 }), accepted({ a: 1 }))
      .when(atOnce)
      .thenEvents('exchange.credited', 'order.credited')
      .thenStatus({ payment: 'paid', refund: 'none' })
      .thenOrder((order) => expect(figuresOf(order).balance).toBe(0));
    outcome.harness.execute(dispatch({ x: 1 }, 's2'));
    outcome.harness.execute(delivered({ x: 1 }, { shipmentId: 's2' }));
    outcome.thenStatus({ lifecycle: 'completed', returns: 'settled' });
  });

  it('a unit that is back but not inspected is credited where the policy says so', () => {
    paid
      .given(...arrived, exchange(), received({ a: 1 }))
      .when(later(day))
      .thenNothing();
    paid
      .given(
        place({ policy: { creditOn: 'received' } }),
        ...arrived.slice(1),
        exchange(),
        received({ a: 1 }),
      )
      .when(atOnce)
      .thenEvents('exchange.credited', 'order.credited');
  });

  it('each unit is credited once, however often its return is told', () => {
    const outcome = paid
      .given(
        three,
        sold(30_000),
        dispatched({ a: 3 }),
        delivered({ a: 3 }),
        exchange({ back: unitsOf({ a: 2 }), out: [line('x', 2, 10_000)] }),
        received({ a: 2 }),
        accepted({ a: 1 }),
        atOnce,
      )
      .when(accepted({ a: 2 }), accepted({ a: 1 }), atOnce)
      .thenEvents('return.inspected', 'exchange.credited', 'order.credited')
      .thenOrder(({ lines, exchanges }) => {
        expect(lines[0]?.creditedReturns).toBe(2);
        expect(exchanges?.[0]?.credited).toEqual([{ lineId: 'a', units: 2 }]);
      });
    outcome.thenOrder((order) => expect(figuresOf(order).balance).toBe(0));
  });

  it('a dearer unit is held back until the difference is paid', () => {
    const back = [exchange(dearer), received({ a: 1 }), accepted({ a: 1 }), atOnce];
    paid
      .given(...arrived, ...back)
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', {
        guard: 'secured',
        figures: { secured: 10_000, required: 12_000 },
      });
    paid
      .given(...arrived, ...back, sold(2000, { objectId: 'difference' }))
      .when(dispatch({ x: 1 }, 's2'))
      .thenStatus({ payment: 'paid' });
  });

  it('of a cheaper one the difference is owed', () => {
    paid
      .given(...arrived, exchange(cheaper), received({ a: 1 }), accepted({ a: 1 }))
      .when(atOnce)
      .thenStatus({ refund: 'owed' })
      .thenOrder((order) => expect(figuresOf(order).balance).toBe(-3000));
  });

  it('no more is credited than the order costs, after most of it was given away', () => {
    const given = [...arrived, refundAmount(10_000), exchange(cheaper), received({ a: 1 })];
    paid
      .given(...given, accepted({ a: 1 }))
      .when(atOnce)
      .thenEvents('exchange.credited', 'order.credited')
      .thenOrder((order) => expect(figuresOf(order)).toMatchObject({ agreedTotal: 0 }));
  });

  it('what never comes back is not credited, and what was to go out can be cancelled', () => {
    paid
      .given(...arrived, exchange(), later(31 * day))
      .when({ type: 'order.cancel', lines: unitsOf({ x: 1 }) })
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' });
  });
});

describe('units are exchanged in advance', () => {
  it('the new unit leaves at once: what comes back stands for it', () => {
    paid
      .given(...arrived, inAdvance)
      .when(dispatch({ x: 1 }, 's2'))
      .thenStatus({ fulfillment: 'partiallyDelivered' });
    paid
      .given(...arrived, exchange({ ...dearer, ...advance }))
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', {
        guard: 'secured',
        figures: { secured: 20_000, required: 22_000 },
      });
  });

  it('what is expected back stands for as much once, not for other units as well', () => {
    paid
      .given(
        ...arrived,
        inAdvance,
        { type: 'order.amend', amendmentId: 'm1', add: [line('y', 1, 10_000)] },
        dispatch({ x: 1 }, 's2'),
      )
      .when(dispatch({ y: 1 }, 's3'))
      .thenRejected('guardRefused', { guard: 'secured' });
  });

  it('a unit that was refunded by hand stands for nothing any more', () => {
    const two = place({ lines: [line('a', 2, 10_000)] });
    const back = [inAdvance, received({ a: 1 }), refundUnits({ a: 1 })];
    paid
      .given(two, sold(20_000), dispatched({ a: 2 }), delivered({ a: 2 }), ...back)
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', {
        guard: 'secured',
        figures: { secured: 10_000, required: 20_000 },
      });
  });

  it('and no unit stands for more than the order costs', () => {
    const outcome = paid.given(...arrived, refundAmount(10_000)).when(refunded(13_000));
    const [open] = outcome.harness.state?.order.discrepancies.open ?? [];
    outcome.harness.execute({
      type: 'discrepancy.resolve',
      discrepancyId: open?.id,
      note: 'a mistake',
    });
    outcome.harness.execute(exchange({ ...cheaper, ...advance }));
    const left = outcome.harness.execute(dispatch({ x: 1 }, 's2'));
    expect(left).toMatchObject({
      rejection: { guard: 'secured', figures: { secured: 4000, required: 7000 } },
    });
  });

  it('it costs its price when the other one has not come in time', () => {
    const outcome = paid
      .given(
        ...arrived,
        inAdvance,
        dispatch({ x: 1 }, 's2'),
        delivered({ x: 1 }, { shipmentId: 's2' }),
      )
      .when(later(30 * day))
      .thenEvents('return.closed')
      .thenStatus({ lifecycle: 'confirmed', payment: 'partiallyPaid' })
      .thenOrder((order) => expect(figuresOf(order).balance).toBe(10_000));
    outcome.harness.execute(sold(10_000, { objectId: 'second' }));
    outcome.thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('a rejected unit stands for nothing any more, and is sent to the customer again', () => {
    const judged = [inAdvance, received({ a: 1 }), rejected({ a: 1 })];
    paid
      .given(...arrived, ...judged)
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', { guard: 'secured' });
    const outcome = paid
      .given(...arrived, ...judged)
      .when(reportReturn('sentBack', { a: 1 }))
      .thenEvents('return.sent_back')
      .thenOrder(({ lines, returns }) => {
        expect(lines[0]?.returned).toBe(0);
        expect(returns[0]?.sentBack).toEqual([{ lineId: 'a', units: 1 }]);
      });
    outcome.harness.execute(reportReturn('received', { a: 1 }));
    outcome.thenOrder(({ lines }) => expect(lines[0]?.returned).toBe(0));
  });

  it('sent back before it was told received, it ends as in order', () => {
    const [back, away] = [received({ a: 1 }), reportReturn('sentBack', { a: 1 })];
    const [one, other] = [
      [back, away],
      [away, back, away],
    ].map(
      (reports) =>
        paid.given(...arrived, exchange(), ...reports).when(later(0)).harness.state?.order,
    );
    expect(other?.lines).toEqual(one?.lines);
    expect(other?.returns).toEqual(one?.returns);
  });
});

describe('an exchange is refused', () => {
  it('before anything was delivered, after the return window, and while the order is held', () => {
    paid
      .given(place(), sold(10_000))
      .when(exchange())
      .thenRejected('guardRefused', { guard: 'someUnitDelivered' });
    paid
      .given(...arrived, later(31 * day))
      .when(exchange())
      .thenRejected('guardRefused', { guard: 'returnWindowOpen' });
    paid
      .given(...arrived, { type: 'order.hold', reason: 'fraud' })
      .when(exchange())
      .thenRejected('guardRefused', { guard: 'holdClear' });
  });

  it('for units that cannot come back, and under an id that is used', () => {
    paid
      .given(...arrived)
      .when(exchange({ back: unitsOf({ a: 2 }) }))
      .thenRejected('lawBroken', { law: 'Q3' });
    paid
      .given(...arrived, exchange())
      .when(exchange({ returnId: 'r2', out: [line('y', 1, 1)] }))
      .thenRejected('alreadyUsed', { figures: { id: 'e1' } });
    paid
      .given(...arrived)
      .when(exchange({ out: [line('a', 1, 1)] }))
      .thenRejected('alreadyUsed', { figures: { id: 'a' } });
  });
});
