import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import { later } from '../../src/testing/specification.ts';
import {
  delivered,
  dispatch,
  dispatched,
  line,
  paid,
  reportReturn,
  sold,
  three,
  unitsOf,
} from './commands.ts';

// Which units of a return an exchange counts, and for how long.

const exchange = (fields: object = {}) => ({
  type: 'exchange.request',
  exchangeId: 'e1',
  returnId: 'r1',
  back: unitsOf({ a: 1 }),
  out: [line('x', 1, 10_000)],
  ship: 'inAdvance',
  ...fields,
});
const second = { exchangeId: 'e2', returnId: 'r2', out: [line('y', 1, 10_000)] };
const arrived = [three, sold(30_000), dispatched({ a: 3 }), delivered({ a: 3 })] as const;
const received = (units: Record<string, number>) => reportReturn('received', units);
const accepted = (units: Record<string, number>) =>
  reportReturn('inspected', undefined, { accepted: unitsOf(units) });
const close = { type: 'return.close', returnId: 'r1' };
const atOnce = later(0);

describe('the units of an exchange', () => {
  it('are those that were asked back: one more that came with them is not credited', () => {
    paid
      .given(...arrived, exchange(), received({ a: 2 }), accepted({ a: 2 }))
      .when(atOnce)
      .thenEvents('exchange.credited', 'order.credited')
      .thenOrder((order) => {
        expect(order.exchanges?.[0]?.credited).toEqual([{ lineId: 'a', units: 1 }]);
        expect(order.lines[0]).toMatchObject({ returned: 2, creditedReturns: 1 });
        expect(figuresOf(order).balance).toBe(0);
      });
  });

  it('are credited as they come, when more were accepted than have come', () => {
    const both = exchange({ back: unitsOf({ a: 2 }) });
    const outcome = paid
      .given(...arrived, both, received({ a: 1 }), accepted({ a: 2 }))
      .when(atOnce)
      .thenEvents('exchange.credited', 'order.credited')
      .thenOrder(({ lines: [a] }) => expect(a?.creditedReturns).toBe(1));
    outcome.harness.execute(received({ a: 2 }));
    outcome.harness.advance(0);
    outcome.thenOrder(({ lines: [a] }) => expect(a?.creditedReturns).toBe(2));
  });

  it('of two exchanges in advance stand for the goods of both', () => {
    paid
      .given(...arrived, exchange(), exchange(second))
      .when(dispatch({ x: 1, y: 1 }, 's2'))
      .thenEvents('shipment.dispatched');
    paid
      .given(...arrived, exchange(), exchange({ ...second, ship: 'onReceipt' }))
      .when(dispatch({ x: 1, y: 1 }, 's2'))
      .thenRejected('guardRefused', {
        guard: 'secured',
        figures: { secured: 40_000, required: 50_000 },
      });
  });

  it('that are accepted after the return was closed count until they are credited', () => {
    const closed = [exchange(), received({ a: 1 }), close];
    paid
      .given(...arrived, ...closed)
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', { guard: 'secured' });
    const outcome = paid
      .given(...arrived, ...closed, accepted({ a: 1 }))
      .when(dispatch({ x: 1 }, 's2'))
      .thenEvents('shipment.dispatched');
    outcome.harness.advance(0);
    outcome.thenOrder((order) => expect(figuresOf(order).balance).toBe(0));
  });
});

describe('what goes out for an exchange', () => {
  it('costs less by its discount, and may cost a charge more', () => {
    const discounts = [{ code: 'loyal', amount: 1500 }];
    const outCharges = [{ id: 'express', amount: 700 }];
    paid
      .given(...arrived)
      .when(exchange({ discounts, outCharges }))
      .thenOrder(({ total, lines, charges }) => {
        expect(total).toBe(39_200);
        expect(lines[1]).toMatchObject({ net: 8500, discounts });
        expect(charges).toMatchObject([{ id: 'express', net: 700 }]);
      });
  });

  it('says why, for the return, the exchange and the amendment', () => {
    const { harness } = paid.given(...arrived).when(exchange({ reason: 'too-small' }));
    const told = harness.events
      .filter(({ type }) => /requested$|amended$/.test(type))
      .map(({ type, data }) => [type, data['reason']]);
    expect(told).toEqual([
      ['return.requested', 'too-small'],
      ['exchange.requested', 'too-small'],
      ['order.amended', 'too-small'],
    ]);
  });

  it('is credited for a reason: the return by which the other came', () => {
    paid
      .given(...arrived, exchange(), received({ a: 1 }), accepted({ a: 1 }))
      .when(atOnce)
      .thenOrder(({ credits }) =>
        expect(credits).toMatchObject([{ cause: 'return', causeId: 'r1', amount: 10_000 }]),
      );
  });
});
