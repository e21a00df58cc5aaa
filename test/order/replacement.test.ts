import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../src/order/figures.ts';
import {
  amend,
  authorized,
  byAuthorization,
  delivered,
  dispatch,
  dispatched,
  line,
  paid,
  place,
  reportShipment,
  sold,
  three,
} from './commands.ts';

const replace = (cause: string, units: number, fields: object = {}) => ({
  type: 'units.replace',
  replacementId: 'n1',
  cause,
  lines: [{ lineId: 'a', units, as: 'a-again' }],
  ...fields,
});

const lost = (units: number) => reportShipment('lost', { a: units });

describe('units are sent again', () => {
  it('a lost parcel is replaced: the order costs the same, and no provider is called', () => {
    const outcome = paid
      .given(three, sold(30_000), dispatch({ a: 3 }), lost(2))
      .when(replace('lost', 2))
      .thenEvents('units.replaced', 'order.amended', 'order.credited')
      .thenStatus({ payment: 'paid', refund: 'none', fulfillment: 'partiallyShipped' })
      .thenOrder((order) => {
        expect(figuresOf(order)).toMatchObject({ agreedTotal: 30_000, balance: 0 });
        expect(order.lines[1]).toMatchObject({ id: 'a-again', ordered: 2, net: 20_000 });
      });
    outcome.harness.execute(dispatch({ 'a-again': 2 }, 's2'));
    outcome.harness.execute(delivered({ 'a-again': 2 }, { shipmentId: 's2' }));
    outcome.harness.execute(delivered({ a: 1 }));
    outcome.thenStatus({ lifecycle: 'completed', payment: 'paid' });
  });

  it('a damaged unit is replaced, and nobody has to send it back', () => {
    paid
      .given(place(), sold(10_000), dispatched({ a: 1 }), delivered({ a: 1 }))
      .when(replace('damaged', 1))
      .thenEvents('units.replaced', 'order.amended', 'order.credited', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', returns: 'none' });
  });

  it('what was only authorized pays for the unit that is sent again', () => {
    byAuthorization
      .given(
        place(),
        authorized(10_000),
        dispatch({ a: 1 }),
        reportShipment('returnedToSender', { a: 1 }),
      )
      .when(replace('returnedToSender', 1), dispatch({ 'a-again': 1 }, 's2'))
      .thenStatus({ fulfillment: 'shipped' });
  });

  it('the new line has the net, the tax and the taxes that were credited, to the cent', () => {
    const taxes = [
      { code: 'state', rate: '19', amount: 479 },
      { code: 'city', amount: 1 },
    ];
    paid
      .given(
        place({ lines: [line('a', 3, 999, { taxes, taxIncluded: true })] }),
        sold(2997),
        dispatch({ a: 3 }),
        lost(1),
      )
      .when(replace('lost', 1))
      .thenOrder((order) => {
        const [old, again] = order.lines;
        expect(again).toMatchObject({ unitPrice: 999, taxIncluded: true });
        expect((again?.net ?? 0) + (again?.tax ?? 0)).toBe(old?.creditedAmount);
        expect(again?.tax).toBe(old?.creditedTax);
        expect(again?.taxes?.[0]).toMatchObject({ code: 'state', rate: '19' });
        expect(again?.taxes?.[1]).not.toHaveProperty('rate');
        expect(figuresOf(order).balance).toBe(0);
      });
  });
});

it('a replacement tells which units are sent again, and as which lines', () => {
  const { harness } = paid.given(place(), sold(10_000), dispatch({ a: 1 }), lost(1)).when();
  harness.execute(replace('lost', 1));
  expect(harness.events.find(({ type }) => type === 'units.replaced')?.data).toEqual({
    replacementId: 'n1',
    cause: 'lost',
    lines: [{ lineId: 'a', units: 1, as: 'a-again' }],
  });
});

describe('a replacement is refused', () => {
  it('under the id of an amendment that added something else', () => {
    const amended = amend({ add: [line('c', 1, 0)] }, 'n1');
    paid
      .given(three, sold(30_000), amended, dispatch({ a: 3 }), lost(1))
      .when(replace('lost', 1))
      .thenRejected('alreadyUsed', { figures: { id: 'n1' } });
  });

  it('of units that are not lost, or were credited', () => {
    paid
      .given(three, sold(30_000), dispatch({ a: 3 }), lost(1))
      .when(replace('lost', 2))
      .thenRejected('lawBroken', { law: 'Q4', figures: { left: 1, asked: 2 } });
    paid
      .given(three, sold(30_000), dispatch({ a: 3 }), lost(1), replace('lost', 1))
      .when(
        replace('lost', 1, { replacementId: 'n2', lines: [{ lineId: 'a', units: 1, as: 'b' }] }),
      )
      .thenRejected('lawBroken', { law: 'Q4', figures: { left: 0, asked: 1 } });
  });

  it('of units that have not left, as damaged or wrong ones: they would leave twice', () => {
    for (const cause of ['damaged', 'wrong']) {
      paid
        .given(three, sold(30_000), dispatch({ a: 1 }))
        .when(replace(cause, 2))
        .thenRejected('lawBroken', { law: 'Q4', figures: { left: 1, asked: 2, open: 2 } });
      const again = { replacementId: 'n2', lines: [{ lineId: 'a', units: 1, as: 'b' }] };
      paid
        .given(three, sold(30_000), dispatch({ a: 1 }), replace(cause, 1))
        .when(replace(cause, 1, again))
        .thenRejected('lawBroken', { law: 'Q4', figures: { left: 0, asked: 1 } });
    }
  });

  it('under an id that is used, as a line that is there, of a line that is not', () => {
    const given = [three, sold(30_000), dispatch({ a: 3 }), lost(3), replace('lost', 1)];
    paid
      .given(...given)
      .when(replace('lost', 1))
      .thenRejected('alreadyUsed');
    paid
      .given(...given)
      .when(replace('lost', 1, { replacementId: 'n2' }))
      .thenRejected('alreadyUsed', { figures: { id: 'a-again' } });
    paid
      .given(...given)
      .when(
        replace('lost', 1, { replacementId: 'n2', lines: [{ lineId: 'z', units: 1, as: 'b' }] }),
      )
      .thenRejected('unknownReference', { figures: { lineId: 'z' } });
  });
});
