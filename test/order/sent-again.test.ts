import { describe, expect, it } from 'vitest';
import { orderFigures } from '../../src/order/order-figures.ts';
import {
  cancel,
  creditUnits,
  delivered,
  dispatch,
  dispatched,
  paid,
  place,
  reportShipment,
  sold,
  three,
} from './commands.ts';

// Goods that came back to the sender leave once more, in another parcel.

const again = { shipmentId: 's2' };
const returnedToSender = (units: Record<string, number>, fields = {}) =>
  reportShipment('returnedToSender', units, fields);
const cameBack = [place(), sold(10_000), dispatch({ a: 1 }), returnedToSender({ a: 1 })];

describe('goods are sent again', () => {
  it('a parcel that came back is sent again, and the order is over when it arrives', () => {
    const then = paid.given(...cameBack).when(dispatch({ a: 1 }, 's2'));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'shipped', hold: 'clear' });
    then.harness.execute(delivered({ a: 1 }, again));
    then.thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', hold: 'clear' });
  });

  it('told in any order, it ends the same', () => {
    const reports = [dispatched({ a: 1 }, again), delivered({ a: 1 }, again)];
    for (const told of [reports, reports.toReversed(), [...reports, ...reports]]) {
      paid
        .given(...cameBack)
        .when(...told)
        .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', hold: 'clear' });
    }
  });

  it('what was sent again cannot be credited for having come back', () => {
    paid
      .given(...cameBack, dispatch({ a: 1 }, 's2'))
      .when(creditUnits({ a: 1 }, 'returnedToSender'))
      .thenRejected('lawBroken', { law: 'Q4', figures: { asked: 1, left: 0 } })
      .thenOrder((order) => expect(orderFigures(order).lines[0]?.creditableMissing).toBe(0));
  });

  it('what came back is credited, and then not sent again', () => {
    paid
      .given(...cameBack, creditUnits({ a: 1 }, 'returnedToSender'))
      .when(dispatch({ a: 1 }, 's2'))
      .thenRejected('lawBroken', { law: 'Q1' });
  });

  it('sent again and lost, it is credited once', () => {
    const then = paid
      .given(...cameBack, dispatch({ a: 1 }, 's2'))
      .when(reportShipment('lost', { a: 1 }, again));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception', hold: 'clear' });
    then.harness.execute(creditUnits({ a: 1 }, 'lost'));
    then
      .thenStatus({ fulfillment: 'shipped', refund: 'owed' })
      .thenOrder((order) => expect(orderFigures(order)).toMatchObject({ owed: 10_000 }));
  });

  it('sent again and back once more, it may be credited or sent a third time', () => {
    const twice = [dispatch({ a: 1 }, 's2'), returnedToSender({ a: 1 }, again)];
    paid
      .given(...cameBack, ...twice)
      .when(creditUnits({ a: 1 }, 'returnedToSender'))
      .thenStatus({ fulfillment: 'shipped', refund: 'owed' });
    paid
      .given(...cameBack, ...twice, dispatch({ a: 1 }, 's3'))
      .when(delivered({ a: 1 }, { shipmentId: 's3' }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear' });
  });
});

it('of units that left although they were cancelled, those that came back need no credit', () => {
  const then = paid
    .given(three, sold(30_000), cancel({ a: 2 }), dispatched({ a: 2 }))
    .when(returnedToSender({ a: 1 }));
  then.thenStatus({ hold: 'clear', fulfillment: 'shipped' });
  then.harness.execute(delivered({ a: 1 }));
  then.thenStatus({ hold: 'clear', fulfillment: 'delivered' });
});
