import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  amend,
  credit,
  day,
  delivered,
  dispatch,
  line,
  onTerms,
  paid,
  place,
  propose,
  refunded,
  refundUnits,
  sold,
  three,
  unitsOf,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import { answer, authorize, figures, refundCredit } from './steps.ts';

// An order is changed after it was placed: what it costs, what is due and what goes back.

const addX = { add: [line('x', 1, 5000)] };
const priceChange = (of: object, creditId = 'c1') => ({
  credit: { creditId, cause: 'priceChange', of },
});
const amount = (value: number) => ({ kind: 'amount', amount: value, currency: 'EUR' });
const approve = { type: 'amendment.approve', amendmentId: 'm1' };
const unchangeable = 'could not be said: nothing changes an order after it was placed';

scenario(
  { peer: 'vendure #4013', before: unchangeable },
  'a line is added and removed again before it was paid: nothing goes back, and nothing is due',
  () => {
    paid
      .given(place(), sold(10_000), amend(addX))
      .when(amend({ cancel: unitsOf({ x: 1 }) }, 'm2'))
      .thenEvents('order.amended', 'order.units_cancelled')
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ agreedTotal: 10_000, net: 10_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'vendure #1753', before: unchangeable },
  'what two payments paid goes back over both, when one refund needs more than the first has left',
  () => {
    const then = paid
      .given(place(), sold(10_000), amend({ add: [line('x', 1, 10_000)] }))
      .when(
        sold(10_000, { paymentId: 'p2' }),
        amend(priceChange({ kind: 'units', lines: unitsOf({ a: 1 }), amount: 4000 }), 'm2'),
        refundCredit,
      );
    answer(then, (of) => refunded(4000, of));
    then.harness.execute(amend({ cancel: unitsOf({ x: 1 }) }, 'm3'));
    then.thenOrder(({ payments }) =>
      expect(payments.map(({ refundPending }) => refundPending)).toEqual([6000, 4000]),
    );
    then.thenOrder(figures({ agreedTotal: 6000, owed: 0 }));
  },
);

scenario(
  { peer: 'vendure #1865', before: unchangeable },
  'a discount that half the order no longer earns is charged, and only the difference goes back',
  () => {
    const place4 = place({
      lines: [line('a', 4, 3000)],
      charges: [{ id: 'shipping', amount: 500 }],
      discounts: [{ code: 'over-100', amount: 5000 }],
    });
    const lost = { addCharges: [{ id: 'discount-lost', amount: 2500 }] };
    paid
      .given(place4, sold(7500))
      .when(amend({ cancel: unitsOf({ a: 2 }), ...lost, total: 6500 }))
      .thenEvents('order.amended', 'order.units_cancelled', 'payment.refund_requested')
      .thenOrder(({ payments: [payment] }) => expect(payment?.refundPending).toBe(1000));
  },
);

scenario(
  { peer: 'vendure #1197', before: unchangeable },
  'the parcel goes to a nearer address: the shipping costs less, and just that is owed',
  () => {
    const of = {
      kind: 'components',
      components: [{ component: 'charge:shipping', amount: 400 }],
      currency: 'EUR',
    };
    const then = paid
      .given(place({ charges: [{ id: 'shipping', amount: 900 }] }), sold(10_900))
      .when(amend({ ...priceChange(of), total: 10_500 }));
    then
      .thenStatus({ lifecycle: 'confirmed', payment: 'paid', refund: 'owed' })
      .thenOrder(figures({ owed: 400 }));
    then.harness.execute(refundCredit);
    answer(then, (by) => refunded(400, by));
    then.thenStatus({ refund: 'partial' }).thenOrder(figures({ net: 10_500, owed: 0 }));
  },
);

scenario(
  {
    peer: ['vendure #3535', 'saleor #3987', 'woocommerce #11577', 'woocommerce #22496'],
    before: 'could not be said: no refund tells what of it is tax',
  },
  'a price promise is kept after the purchase: taxes follow, and no payment need be named',
  () => {
    const taxed = { taxIncluded: true, taxes: [{ code: 'vat', rate: '19', amount: 1597 }] };
    const then = paid
      .given(place({ lines: [line('a', 1, 10_000, taxed)] }), sold(10_000))
      .when(credit('priceChange', amount(1000)), refundCredit);
    then.thenOrder(({ lines: [a] }) => expect(a).toMatchObject({ creditedTax: 160 }));
    answer(then, (of) => refunded(1000, of));
    then.thenOrder(figures({ agreedTotal: 9000, net: 9000, owed: 0 }));
  },
);

scenario(
  { peer: 'vendure #3600', before: unchangeable },
  'an amendment removes a line whole, and the others stay',
  () => {
    const lines = [line('a', 1, 10_000), line('b', 2, 2000)];
    paid
      .given(place({ lines }), sold(14_000))
      .when(amend({ cancel: unitsOf({ b: 2 }), total: 10_000 }))
      .thenEvents('order.amended', 'order.units_cancelled', 'payment.refund_requested')
      .thenStatus({ lifecycle: 'confirmed' })
      .thenOrder(figures({ agreedTotal: 10_000, lines: [{ open: 1 }, { open: 0 }] }));
  },
);

scenario(
  { peer: ['vendure #1210', 'vendure #4392', 'vendure #3235'], before: unchangeable },
  'a line is added after everything has arrived: the order opens, and ends by payment and delivery',
  () => {
    const then = paid
      .given(place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(amend(addX));
    then.thenStatus({ lifecycle: 'confirmed', fulfillment: 'partiallyDelivered' });
    then.thenStatus({ payment: 'partiallyPaid' }).thenOrder(figures({ due: 5000 }));
    then.harness.execute(sold(5000, { paymentId: 'p2' }));
    then.thenStatus({ payment: 'paid' });
    then.harness.execute(dispatch({ x: 1 }, 's2'));
    then.harness.execute(delivered({ x: 1 }, { shipmentId: 's2' }));
    then.thenStatus({ lifecycle: 'completed', fulfillment: 'delivered' });
  },
);

scenario(
  { peer: ['vendure #4728', 'vendure PR #4917'], before: unchangeable },
  'units that were added later are refunded like those that were placed',
  () => {
    const added = [amend({ add: [line('x', 2, 5000)] }), sold(10_000, { paymentId: 'p2' })];
    paid
      .given(place(), sold(10_000), ...added)
      .when(refundUnits({ x: 2 }, 'correction'))
      .thenEvents('payment.refund_requested')
      .thenOrder(figures({ agreedTotal: 10_000, lines: [{}, { creditable: 0 }] }));
  },
);

scenario(
  { peer: 'vendure #846', before: unchangeable },
  'a line is removed and refunded: the rest ships, and the order is over',
  () => {
    const lines = [line('a', 1, 10_000), line('b', 1, 2000)];
    const then = paid
      .given(place({ lines }), sold(12_000))
      .when(amend({ cancel: unitsOf({ b: 1 }) }));
    answer(then, (of) => refunded(2000, of));
    then.harness.execute(dispatch({ a: 1 }));
    then.thenStatus({ fulfillment: 'shipped' });
    then.harness.execute(delivered({ a: 1 }));
    then.thenStatus({ lifecycle: 'completed', refund: 'partial' });
  },
);

scenario(
  { peer: ['medusa #11591', 'medusa #4386', 'medusa PR #13181'], before: unchangeable },
  'what is due after an amendment counts what was paid before: only the difference can be asked for',
  () => {
    const given = [place(), sold(10_000), amend(addX)];
    paid
      .given(...given)
      .when(authorize(15_000))
      .thenRejected('lawBroken', { law: 'M12', figures: { due: 5000, asked: 15_000 } });
    paid
      .given(...given)
      .when(authorize(5000))
      .thenEvents('payment.authorization_requested');
  },
);

scenario(
  { peer: ['medusa #11429', 'medusa #10686'], before: unchangeable },
  'the tax of an added line is due with it, whether it is added to the price or included',
  () => {
    const add = [
      line('x', 1, 1000, { tax: 200 }),
      line('y', 1, 1200, { tax: 200, taxIncluded: true }),
    ];
    paid
      .given(place(), sold(10_000))
      .when(amend({ add, total: 12_400 }))
      .thenOrder(figures({ agreedTotal: 12_400, due: 2400 }));
  },
);

scenario(
  { peer: 'medusa #13433', before: unchangeable },
  'two units are removed one after the other, and both are refunded, each once',
  () => {
    const then = paid.given(three, sold(30_000)).when(amend({ cancel: unitsOf({ a: 1 }) }));
    answer(then, (of) => refunded(10_000, { ...of, objectId: 'first' }));
    then.harness.execute(amend({ cancel: unitsOf({ a: 1 }) }, 'm2'));
    answer(then, (of) => refunded(10_000, { ...of, objectId: 'second' }));
    then
      .thenStatus({ payment: 'paid', refund: 'partial' })
      .thenOrder(figures({ agreedTotal: 10_000, net: 10_000, due: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'medusa #5612', before: unchangeable },
  'cash on delivery: a line is added, and the courier collects the new total',
  () => {
    const then = onTerms.given(place(), amend(addX)).when(dispatch({ a: 1, x: 1 }));
    then.harness.execute(delivered({ a: 1, x: 1 }));
    then.thenStatus({ lifecycle: 'completed' }).thenOrder(figures({ due: 15_000 }));
    then.harness.execute(sold(15_000));
    then.thenStatus({ payment: 'paid' }).thenOrder(figures({ due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: [
      'medusa test: integration-tests/modules/__tests__/order/workflows/order-change.spec.ts',
      'shopify docs: orderEditCommit',
    ],
    before: unchangeable,
  },
  'a change that waits for an answer touches neither books nor goods, and lapses without one',
  () => {
    const given = [place(), sold(10_000), propose({ ...addX, reason: 'upsell' })];
    paid
      .given(...given)
      .when(dispatch({ a: 1 }))
      .thenStatus({ payment: 'paid', fulfillment: 'shipped', amendment: 'proposed' })
      .thenOrder(figures({ agreedTotal: 10_000, due: 0 }));
    paid
      .given(...given)
      .when(approve)
      .thenStatus({ amendment: 'none' })
      .thenOrder(figures({ agreedTotal: 15_000, due: 5000 }));
    paid
      .given(...given, later(7 * day))
      .when(approve)
      .thenRejected('alreadyUsed');
  },
);

scenario(
  { peer: 'saleor PR #11762', before: unchangeable },
  'a line is added to a confirmed order, and no price that was agreed on changes',
  () => {
    const discounts = [{ code: 'WELCOME', amount: 1500 }];
    const then = paid.given(place({ discounts }), sold(8500)).when(amend(addX));
    then.thenOrder(({ lines: [a] }) =>
      expect(a).toMatchObject({ unitPrice: 10_000, net: 8500, discounts }),
    );
    then.thenOrder(figures({ agreedTotal: 13_500, due: 5000 }));
  },
);

scenario(
  { peer: 'shopify docs: orderEditCommit', before: unchangeable },
  'units that have left cannot be taken off the order any more: they come back first',
  () => {
    paid
      .given(three, sold(30_000), dispatch({ a: 2 }))
      .when(amend({ cancel: unitsOf({ a: 2 }), ...addX }))
      .thenRejected('lawBroken', { law: 'Q1', figures: { open: 1, asked: 2 } });
  },
);
