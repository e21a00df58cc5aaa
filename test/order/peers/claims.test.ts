import { expect } from 'vitest';
import {
  authorized,
  byAuthorization,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refunded,
  refundUnits,
  reportShipment,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, figures, inspected, received, replace, requestReturn } from './steps.ts';

// Lost, damaged and wrong goods are sent again, or their price is given back.

const lost = (units: Record<string, number>, shipmentId = 's1') =>
  reportShipment('lost', units, { shipmentId });
const returnedToSender = (units: Record<string, number>) =>
  reportShipment('returnedToSender', units);
const shipped = [place(), sold(10_000), dispatch({ a: 1 })];
const oneDelivered = [...shipped, delivered({ a: 1 })];
const settled = figures({ agreedTotal: 10_000, net: 10_000, due: 0, owed: 0 });
const impossible = 'could not be said: nothing sends units again';

scenario(
  { peer: 'medusa #4052', before: impossible },
  'a lost parcel was sent again, and then comes back to the sender: nothing has to be refunded',
  () => {
    const then = paid
      .given(...shipped, lost({ a: 1 }), replace('lost'))
      .when(returnedToSender({ a: 1 }));
    then.thenStatus({ hold: 'clear', refund: 'none' }).thenOrder(settled);
    then.harness.execute(dispatch({ again: 1 }, 's2'));
    then.harness.execute(delivered({ again: 1 }, { shipmentId: 's2' }));
    then.thenStatus({ lifecycle: 'completed', fulfillment: 'delivered' });
  },
);

scenario(
  { peer: ['medusa #4052', 'medusa PR #163'], before: impossible },
  'a lost parcel was sent again, and then arrives as well: the customer may send one of them back',
  () => {
    const again = [dispatch({ again: 1 }, 's2'), delivered({ again: 1 }, { shipmentId: 's2' })];
    const then = paid
      .given(...shipped, lost({ a: 1 }), replace('lost'), ...again)
      .when(delivered({ a: 1 }));
    then.thenStatus({ lifecycle: 'completed', hold: 'clear' }).thenOrder(settled);
    then.harness.execute(requestReturn({ a: 1 }));
    then.harness.execute(received({ a: 1 }));
    then.harness.execute(inspected({ a: 1 }));
    then
      .thenStatus({ lifecycle: 'completed', returns: 'settled', refund: 'none' })
      .thenOrder(figures({ owed: 0, lines: [{ creditableReturns: 0 }, {}] }));
  },
);

scenario(
  {
    peer: ['medusa #3361', 'spree test: spree/core/spec/workflows/spree/claims/lifecycle_spec.rb'],
    before: impossible,
  },
  'a damaged unit is sent again: no refund is made, and the order costs the same',
  () => {
    const then = paid.given(...oneDelivered).when(replace('damaged'));
    then
      .thenEvents('units.replaced', 'order.amended', 'order.credited', 'order.reopened')
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'none' })
      .thenOrder(settled);
    then.thenOrder(({ payments }) => expect(payments[0]?.operations).toEqual([]));
  },
);

scenario(
  { peer: 'medusa PR #163', before: impossible },
  'a wrong unit is sent back and the right one sent: what comes back is credited no second time',
  () => {
    const then = paid.given(...oneDelivered).when(replace('wrong'), requestReturn({ a: 1 }));
    then.thenStatus({ returns: 'requested' });
    then.harness.execute(dispatch({ again: 1 }, 's2'));
    then.harness.execute(received({ a: 1 }));
    then.harness.execute(inspected({ a: 1 }));
    then.harness.execute(delivered({ again: 1 }, { shipmentId: 's2' }));
    then.thenStatus({ lifecycle: 'completed', returns: 'settled' }).thenOrder(settled);
  },
);

scenario(
  { peer: 'medusa PR #3224', before: 'right' },
  'a damaged unit is refunded, and the customer keeps it',
  () => {
    const then = paid.given(...oneDelivered).when(refundUnits({ a: 1 }, 'correction'));
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', returns: 'none', refund: 'full' })
      .thenOrder(figures({ agreedTotal: 0, net: 0, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: [
      'saleor test: test_fulfillment_return_products_order_lines_quantity_bigger_than_total',
      'spree test: spree/core/spec/workflows/spree/claims/lifecycle_spec.rb',
    ],
    before: impossible,
  },
  'more units than were sold are not sent again, nor are those that never left',
  () => {
    const two = { lines: [{ lineId: 'a', units: 2, as: 'again' }] };
    paid
      .given(...oneDelivered)
      .when(replace('damaged', two))
      .thenRejected('lawBroken', { law: 'Q4', figures: { left: 1, asked: 2 } });
    paid
      .given(three, sold(30_000), dispatch({ a: 1 }))
      .when(replace('wrong', two))
      .thenRejected('lawBroken', { law: 'Q4', figures: { left: 1, asked: 2, open: 2 } });
  },
);

scenario(
  { peer: 'medusa #412', before: impossible },
  'what was sent again is lost as well: it is sent once more, and nothing is credited twice',
  () => {
    const second = { replacementId: 'n2', lines: [{ lineId: 'again', units: 1, as: 'third' }] };
    const then = paid
      .given(...shipped, lost({ a: 1 }), replace('lost'), dispatch({ again: 1 }, 's2'))
      .when(lost({ again: 1 }, 's2'));
    then.thenStatus({ fulfillment: 'exception' });
    then.harness.execute(replace('lost', second));
    then.harness.execute(dispatch({ third: 1 }, 's3'));
    then.harness.execute(delivered({ third: 1 }, { shipmentId: 's3' }));
    then.thenStatus({ lifecycle: 'completed' }).thenOrder(settled);
  },
);

scenario(
  {
    peer: 'medusa test: integration-tests/http/__tests__/claims/claims.spec.ts',
    before: impossible,
  },
  'one of three is sent again: what is due and owed stays as it was at every step',
  () => {
    const step = paid.given(three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 3 }));
    const then = step.when(replace('damaged'));
    const same = figures({ agreedTotal: 30_000, due: 0, owed: 0 });
    then.thenOrder(same);
    then.harness.execute(dispatch({ again: 1 }, 's2'));
    then.thenOrder(same);
    then.harness.execute(delivered({ again: 1 }, { shipmentId: 's2' }));
    then.thenStatus({ lifecycle: 'completed' }).thenOrder(same);
  },
);

scenario(
  { peer: 'spree PR #2625', before: impossible },
  'a parcel comes back from a wrong address: its unit is sent again while the money is only reserved',
  () => {
    const given = [place(), authorized(10_000), dispatch({ a: 1 }), returnedToSender({ a: 1 })];
    byAuthorization
      .given(...given)
      .when(replace('returnedToSender'), dispatch({ again: 1 }, 's2'))
      .thenStatus({ fulfillment: 'shipped', payment: 'authorized', hold: 'clear' });
  },
);

scenario(
  {
    peer: 'medusa test: integration-tests/modules/__tests__/order/workflows/begin-order-claim.spec.ts',
    before: impossible,
  },
  'a damaged unit was bought for less with others: it is sent again at that price, tax included',
  () => {
    const taxes = [{ code: 'vat', rate: '19', amount: 400 }];
    const lines = [line('a', 3, 1000, { taxIncluded: true, taxes, discount: 499 })];
    const then = paid
      .given(place({ lines }), sold(2501), dispatch({ a: 3 }), delivered({ a: 3 }))
      .when(replace('damaged'));
    then.thenOrder(({ lines: [a, again] }) => {
      expect((again?.net ?? 0) + (again?.tax ?? 0)).toBe(a?.creditedAmount);
      expect(again?.tax).toBe(a?.creditedTax);
    });
    then.thenOrder(figures({ agreedTotal: 2501, due: 0, owed: 0 }));
  },
);
