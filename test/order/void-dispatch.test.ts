import { describe, expect, it } from 'vitest';
import {
  cancel,
  delivered,
  dispatch,
  dispatched,
  paid,
  place,
  sold,
  three,
  voidedDispatch,
} from './commands.ts';

const shippedOf = (units: number) => (order: { lines: readonly { shipped: number }[] }) =>
  expect(order.lines[0]?.shipped).toBe(units);

describe('a dispatch is undone', () => {
  it('units whose dispatch is voided are open again, and leave in another parcel', () => {
    const outcome = paid
      .given(three, sold(30_000), dispatch({ a: 3 }))
      .when(voidedDispatch({ a: 2 }))
      .thenEvents('shipment.voided')
      .thenStatus({ fulfillment: 'partiallyShipped', hold: 'clear' })
      .thenOrder(shippedOf(1));
    outcome.harness.execute(dispatch({ a: 2 }, 's2'));
    outcome
      .thenStatus({ fulfillment: 'shipped', hold: 'clear' })
      .thenOrder(shippedOf(3))
      .thenOrder(({ shipments: [first] }) => {
        expect(first?.dispatched).toEqual([{ lineId: 'a', units: 3 }]);
        expect(first?.voided).toEqual([{ lineId: 'a', units: 2 }]);
      });
  });

  it('units whose dispatch is voided can be cancelled', () => {
    paid
      .given(place(), sold(10_000), dispatch({ a: 1 }))
      .when(cancel({ a: 1 }))
      .thenRejected('lawBroken', { law: 'Q1' });
    paid
      .given(place(), sold(10_000), dispatch({ a: 1 }), voidedDispatch({ a: 1 }))
      .when(cancel({ a: 1 }))
      .thenStatus({ lifecycle: 'cancelling', fulfillment: 'notRequired', refund: 'pending' });
  });

  it('dispatched before it was paid and voided again, nothing is wrong any more', () => {
    paid
      .given(place(), dispatched({ a: 1 }))
      .when(voidedDispatch({ a: 1 }))
      .thenEvents('shipment.voided', 'discrepancy.resolved')
      .thenStatus({ lifecycle: 'pending', hold: 'clear', fulfillment: 'unfulfilled' });
  });

  it('a void told before its dispatch, and told again, ends as in order', () => {
    const [out, undone] = [dispatched({ a: 2 }), voidedDispatch({ a: 2 })];
    for (const reports of [
      [out, undone],
      [undone, out],
      [out, undone, undone, out],
    ]) {
      paid
        .given(three, sold(30_000))
        .when(...reports)
        .thenStatus({ fulfillment: 'unfulfilled', hold: 'clear' })
        .thenOrder(shippedOf(0));
    }
  });

  it('a dispatch told again after its void stays voided: it cannot be told from a repetition', () => {
    paid
      .given(three, sold(30_000), dispatched({ a: 2 }), voidedDispatch({ a: 2 }))
      .when(dispatched({ a: 2 }))
      .thenNothing()
      .thenOrder(shippedOf(0));
  });

  it('more units dispatched of a voided parcel are shipped, whichever was told first', () => {
    const more = [dispatched({ a: 3 }), voidedDispatch({ a: 2 })];
    for (const reports of [more, more.toReversed()]) {
      paid
        .given(three, sold(30_000), dispatched({ a: 2 }))
        .when(...reports)
        .thenOrder(shippedOf(1));
    }
  });

  it('the id of a voided parcel is used up: what leaves under it after all is flagged on arrival', () => {
    const given = [three, sold(30_000), dispatch({ a: 1 }), voidedDispatch({ a: 1 })];
    paid
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenRejected('alreadyUsed');
    paid
      .given(...given)
      .when(dispatched({ a: 1 }), delivered({ a: 1 }))
      .thenEvents('shipment.delivered', 'discrepancy.detected')
      .thenStatus({ hold: 'held' })
      .thenOrder(({ discrepancies }) => expect(discrepancies.open[0]?.law).toBe('Q2'));
  });

  it('voiding more than was dispatched takes nothing off other parcels', () => {
    paid
      .given(three, sold(30_000), dispatch({ a: 1 }), dispatch({ a: 1 }, 's2'))
      .when(voidedDispatch({ a: 3 }))
      .thenStatus({ fulfillment: 'partiallyShipped', hold: 'clear' })
      .thenOrder(shippedOf(1));
  });

  it('an event of a dispatch or a void says what it changes of what is shipped', () => {
    const { harness } = paid
      .given(three, sold(30_000))
      .when(voidedDispatch({ a: 2 }), dispatched({ a: 3 }), voidedDispatch({ a: 3 }));
    const told = harness.events.slice(-3).map(({ type, data }) => [type, data['delta']]);
    expect(told).toEqual([
      ['shipment.voided', []],
      ['shipment.dispatched', [{ lineId: 'a', units: 1 }]],
      ['shipment.voided', [{ lineId: 'a', units: 1 }]],
    ]);
  });
});
