import { expect } from 'vitest';
import {
  authorized,
  byAuthorization,
  cancel,
  creditUnits,
  delivered,
  dispatch,
  paid,
  place,
  refunded,
  refundUnits,
  reportPayment,
  reportShipment,
  sold,
  three,
  voidedDispatch,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures } from './steps.ts';

// Parcels that do not arrive, come back to the sender, turn up after all, or never left.

const lost = (units: Record<string, number>, shipmentId = 's1') =>
  reportShipment('lost', units, { shipmentId });
const returnedToSender = (units: Record<string, number>, shipmentId = 's1') =>
  reportShipment('returnedToSender', units, { shipmentId });
const shipped = [place(), sold(10_000), dispatch({ a: 1 })];

scenario(
  { peer: 'spree #5633', before: 'right' },
  'a parcel is lost: the order is an exception until the customer has the money back',
  () => {
    const given = paid.given(...shipped).when(lost({ a: 1 }));
    given.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception', hold: 'clear' });
    given.harness.execute(refundUnits({ a: 1 }, 'lost'));
    given.thenStatus({ lifecycle: 'confirmed', fulfillment: 'shipped', refund: 'pending' });
    answer(given, (of) => refunded(10_000, of));
    given.thenStatus({ lifecycle: 'completed', refund: 'full' });
  },
);

scenario(
  {
    peer: ['solidus PR #5220', 'solidus PR #502'],
    before:
      'could not be said: only a refund credits units, nothing is there to refund, and it stays confirmed',
  },
  'a parcel is lost before it was paid: its price is credited, and no provider is called',
  () => {
    byAuthorization
      .given(place(), authorized(10_000), dispatch({ a: 1 }), lost({ a: 1 }))
      .when(reportPayment('voided', 10_000), creditUnits({ a: 1 }, 'lost'))
      .thenEvents('payment.voided', 'order.credited', 'order.completed')
      .thenOrder(figures({ total: 10_000, currentTotal: 0, net: 0, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'medusa #4052', before: 'wrong: it is flagged by law Q2, held, and stays confirmed' },
  'a lost parcel is refunded and then comes back to the sender: it is missing once, and paid back once',
  () => {
    const then = paid.given(...shipped, lost({ a: 1 })).when(refundUnits({ a: 1 }, 'lost'));
    answer(then, (of) => refunded(10_000, of));
    then.harness.execute(returnedToSender({ a: 1 }));
    then
      .thenStatus({ lifecycle: 'completed', hold: 'clear', refund: 'full' })
      .thenOrder(figures({ owed: 0, lines: [{ creditableMissing: 0, returnable: 0 }] }));
  },
);

scenario(
  { peer: 'prestashop #16654', before: 'wrong: two are refunded for one that is lost' },
  'one of three is lost: one is refunded for it, and no second one',
  () => {
    const given = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 2 }), lost({ a: 1 })];
    paid
      .given(...given)
      .when(refundUnits({ a: 2 }, 'lost'))
      .thenRejected('lawBroken', { law: 'Q4', figures: { asked: 2, left: 1, lost: 1 } });
    const then = paid.given(...given).when(refundUnits({ a: 1 }, 'lost'));
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 20_000, net: 20_000 }));
  },
);

scenario(
  {
    peer: 'medusa #12561',
    before: 'could not be said: no cause of a refund is a return to the sender',
  },
  'nobody is at home and the parcel comes back: it is refunded for that, and the order is over',
  () => {
    const then = paid
      .given(...shipped, returnedToSender({ a: 1 }))
      .when(refundUnits({ a: 1 }, 'returnedToSender'));
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', hold: 'clear', refund: 'full' })
      .thenOrder(figures({ currentTotal: 0, net: 0 }));
  },
);

scenario(
  {
    peer: 'magento2 #33956',
    before:
      'could not be said: a refund of the units is refused by law M3, and it stays an exception',
  },
  "the money of a lost parcel went back in the provider's dashboard: the units are credited for nothing",
  () => {
    const then = paid.given(...shipped, lost({ a: 1 })).when(refunded(10_000));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'exception', refund: 'full' });
    then.harness.execute(creditUnits({ a: 1 }, 'lost', { amount: 0 }));
    then
      .thenStatus({ lifecycle: 'completed', fulfillment: 'shipped' })
      .thenOrder(figures({ currentTotal: 0, net: 0, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'medusa #4052', before: 'wrong: it is flagged by law Q2, held, and never completed' },
  'a parcel that was given up arrives after all: it counts as delivered, and nothing is credited',
  () => {
    paid
      .given(...shipped, lost({ a: 1 }))
      .when(delivered({ a: 1 }))
      .thenEvents('shipment.delivered', 'order.completed')
      .thenStatus({ fulfillment: 'delivered', hold: 'clear' })
      .thenOrder(figures({ currentTotal: 10_000, lines: [{ creditableMissing: 0 }] }));
  },
);

scenario(
  {
    peer: ['magento2 #31319', 'magento2 #32592'],
    before: 'could not be said: no report undoes a dispatch',
  },
  'a label is voided before the parcel was picked up: its units are open, and leave in another',
  () => {
    const then = paid.given(...shipped).when(voidedDispatch({ a: 1 }));
    then
      .thenStatus({ fulfillment: 'unfulfilled', hold: 'clear' })
      .thenOrder(figures({ lines: [{ open: 1 }] }));
    then.harness.execute(dispatch({ a: 1 }, 's2'));
    then.harness.execute(delivered({ a: 1 }, { shipmentId: 's2' }));
    then.thenStatus({ lifecycle: 'completed', fulfillment: 'delivered' });
  },
);

scenario(
  {
    peer: ['solidus PR #502', 'magento2 #21517'],
    before:
      'could not be said: no report undoes a dispatch, and what is shipped cannot be cancelled',
  },
  'a unit was marked as shipped and never left: undone, it is cancelled and refunded',
  () => {
    const given = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 2 })];
    const then = paid.given(...given, voidedDispatch({ a: 1 })).when(cancel({ a: 1 }));
    then
      .thenEvents(
        'order.cancellation_requested',
        'order.units_cancelled',
        'payment.refund_requested',
      )
      .thenStatus({ fulfillment: 'delivered', refund: 'pending' });
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 20_000, net: 20_000 }));
  },
);

scenario(
  { peer: 'vendure #2191', before: 'right' },
  'two of three leave, and the last one later: the order is shipped in part, then whole',
  () => {
    const then = paid.given(three, sold(30_000)).when(dispatch({ a: 2 }));
    then
      .thenStatus({ lifecycle: 'confirmed', fulfillment: 'partiallyShipped' })
      .thenOrder(({ lines: [a] }) => expect(a).toMatchObject({ ordered: 3, shipped: 2 }));
    then.harness.execute(dispatch({ a: 1 }, 's2'));
    then.thenStatus({ fulfillment: 'shipped' });
  },
);

scenario(
  { peer: 'spree PR #2625', before: 'wrong: refused by law Q1, as if nothing had come back' },
  'a parcel that came back to the sender is sent again, and the order is over when it arrives',
  () => {
    const then = paid.given(...shipped, returnedToSender({ a: 1 })).when(dispatch({ a: 1 }, 's2'));
    then
      .thenEvents('shipment.dispatched')
      .thenStatus({ lifecycle: 'confirmed', fulfillment: 'shipped', hold: 'clear' })
      .thenOrder(figures({ lines: [{ open: 0, creditableMissing: 0 }] }));
    then.harness.execute(delivered({ a: 1 }, { shipmentId: 's2' }));
    then
      .thenStatus({ lifecycle: 'completed', fulfillment: 'delivered' })
      .thenOrder(figures({ currentTotal: 10_000, net: 10_000, owed: 0 }));
  },
);
