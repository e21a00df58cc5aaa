import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  cancel,
  creditUnits,
  day,
  delivered,
  dispatch,
  dispatched,
  line,
  paid,
  place,
  refunded,
  refundUnits,
  sold,
  three,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import {
  answer,
  approveReturn,
  closeReturn,
  figures,
  inspected,
  inTransit,
  received,
  requestReturn,
} from './steps.ts';

// Goods come back: fewer than announced, damaged, without a word, or never.

const threeDelivered = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 3 })];
const oneDelivered = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];

scenario(
  { peer: 'spree PR #14678', before: 'wrong: all three are refunded for having come back' },
  'three are announced and two arrive: two are refunded, and the third is refused',
  () => {
    const back = [requestReturn({ a: 3 }), approveReturn(), received({ a: 2 })];
    paid
      .given(...threeDelivered, ...back)
      .when(refundUnits({ a: 3 }))
      .thenRejected('lawBroken', { law: 'Q4', figures: { asked: 3, left: 2 } });
    paid
      .given(...threeDelivered, ...back)
      .when(refundUnits({ a: 2 }))
      .thenOrder(figures({ currentTotal: 10_000, lines: [{ creditableReturns: 0 }] }));
  },
);

scenario(
  {
    peer: 'spree #13003',
    before:
      'could not be said: no figure tells how many may be refunded, and how many may still be sent',
  },
  'two of three come back: the third is still with the customer, and may be sent back as well',
  () => {
    paid
      .given(...threeDelivered, requestReturn({ a: 2 }), approveReturn())
      .when(received({ a: 2 }), inspected({ a: 2 }))
      .thenStatus({ returns: 'settled', hold: 'clear' })
      .thenOrder(({ lines: [a] }) => expect(a).toMatchObject({ returned: 2, returnRequested: 0 }))
      .thenOrder(figures({ lines: [{ creditableReturns: 2, returnable: 1 }] }));
  },
);

scenario(
  {
    peer: 'shopify docs: returnClose',
    before: 'could not be said: nothing closes an approved return, and the order stays confirmed',
  },
  'an approved return that nobody sends is closed by the seller, and the order is over',
  () => {
    paid
      .given(...oneDelivered, requestReturn({ a: 1 }), approveReturn())
      .when(closeReturn())
      .thenEvents('return.closed', 'order.completed')
      .thenStatus({ lifecycle: 'completed', returns: 'none' });
  },
);

scenario(
  {
    peer: 'spree PR #5176',
    before: 'could not be said: no deadline waits for a return, and the order stays confirmed',
  },
  'a return that is not sent within the days that were set closes by itself',
  () => {
    paid
      .given(
        place({ policy: { returnTimeoutMs: 14 * day } }),
        ...oneDelivered.slice(1),
        requestReturn({ a: 1 }),
        approveReturn(),
      )
      .when(later(14 * day))
      .thenEvents('return.closed', 'order.completed');
  },
);

scenario(
  {
    peer: ['medusa #15042', 'medusa #13880'],
    before:
      'could not be said: an approved return cannot be taken back, and its unit stays requested',
  },
  'a customer who keeps one of two after all: its return is closed, and it may be announced again',
  () => {
    const given = [...threeDelivered, requestReturn({ a: 1 }), approveReturn()];
    paid
      .given(...given)
      .when(closeReturn())
      .thenStatus({ returns: 'none' })
      .thenOrder(figures({ lines: [{ returnable: 3 }] }));
    paid
      .given(...given, closeReturn())
      .when(requestReturn({ a: 3 }, 'r2'))
      .thenStatus({ lifecycle: 'confirmed', returns: 'requested' });
  },
);

scenario(
  { peer: 'spree #5804', before: 'could not be said: nothing closes a return' },
  'a return that was received may be closed, and what came is refunded all the same',
  () => {
    const closed = paid
      .given(...oneDelivered, requestReturn({ a: 1 }), approveReturn(), received({ a: 1 }))
      .when(closeReturn());
    closed.thenEvents('return.closed', 'order.completed');
    closed.harness.execute(refundUnits({ a: 1 }));
    answer(closed, (of) => refunded(10_000, of));
    closed
      .thenStatus({ lifecycle: 'completed', refund: 'full' })
      .thenOrder(figures({ currentTotal: 0, net: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: 'spree #5982',
    before: 'could not be said: no figure tells that a unit may be refunded for having come back',
  },
  'goods come back that nobody announced: they count, are inspected and refunded',
  () => {
    const came = paid.given(...oneDelivered).when(received({ a: 1 }));
    came
      .thenStatus({ lifecycle: 'confirmed', returns: 'received', hold: 'clear' })
      .thenOrder(figures({ owed: 0, lines: [{ creditableReturns: 1, returnable: 0 }] }));
    came.harness.execute(inspected({ a: 1 }));
    came.harness.execute(refundUnits({ a: 1 }));
    answer(came, (of) => refunded(10_000, of));
    came.thenStatus({ lifecycle: 'completed', returns: 'settled', refund: 'full' });
  },
);

scenario(
  { peer: 'solidus #3198', before: 'right' },
  'several lines come back at once: the return is settled when the last of them is inspected',
  () => {
    const lines = [line('a', 1, 1_000), line('b', 2, 1_000)];
    const all = { a: 1, b: 2 };
    paid
      .given(place({ lines }), sold(3_000), dispatch(all), delivered(all))
      .when(requestReturn(all), approveReturn(), inTransit(all), received(all))
      .thenStatus({ returns: 'received' });
    paid
      .given(place({ lines }), sold(3_000), dispatch(all), delivered(all))
      .when(requestReturn(all), received(all), inspected({ a: 1, b: 1 }, { b: 1 }))
      .thenStatus({ lifecycle: 'completed', returns: 'settled' });
  },
);

scenario(
  { peer: ['medusa PR #11919', 'medusa #4052'], before: 'right' },
  'damaged goods come back and are not accepted: nothing is owed, and the order is over',
  () => {
    paid
      .given(...oneDelivered, requestReturn({ a: 1 }), approveReturn(), received({ a: 1 }))
      .when(inspected({}, { a: 1 }))
      .thenEvents('return.inspected', 'order.completed')
      .thenStatus({ refund: 'none', returns: 'settled' })
      .thenOrder(figures({ currentTotal: 10_000, net: 10_000, owed: 0 }));
  },
);

scenario(
  { peer: 'medusa #14936', before: 'right' },
  'the same units announced twice: the second return is refused',
  () => {
    paid
      .given(...threeDelivered, requestReturn({ a: 2 }))
      .when(requestReturn({ a: 2 }, 'r2'))
      .thenRejected('lawBroken', { law: 'Q3' });
  },
);

scenario(
  {
    peer: ['prestashop #16654', 'sylius-refund PR #12'],
    before: 'wrong: it is refunded a second time',
  },
  'one of three came back: it is refunded once, and not again',
  () => {
    const first = paid
      .given(...threeDelivered, requestReturn({ a: 1 }), received({ a: 1 }), inspected({ a: 1 }))
      .when(refundUnits({ a: 1 }));
    answer(first, (of) => refunded(10_000, of));
    first.thenStatus({ lifecycle: 'completed', refund: 'partial' });
    expect(first.harness.execute(refundUnits({ a: 1 }))).toMatchObject({
      status: 'rejected',
      rejection: { law: 'Q4', figures: { asked: 1, left: 0, creditedUnits: 1 } },
    });
  },
);

scenario(
  { peer: 'prestashop PR #2956', before: 'wrong: four of three are refunded' },
  'more units are refunded than were sold: refused, however much else was paid',
  () => {
    const lines = [line('cheap', 3, 100), line('dear', 1, 900_000)];
    paid
      .given(place({ lines }), sold(900_300))
      .when(refundUnits({ cheap: 4 }, 'correction'))
      .thenRejected('lawBroken', { law: 'Q4', figures: { asked: 4, left: 3 } });
  },
);

scenario(
  {
    peer: ['magento2 #33237', 'prestashop #33529'],
    before: 'could not be said: a refund of nothing is refused, and nothing else credits a unit',
  },
  'free goods come back one by one: each is credited once, for nothing',
  () => {
    const free = place({ lines: [line('a', 2, 0)] });
    const given = [free, dispatch({ a: 2 }), delivered({ a: 2 }), received({ a: 2 })];
    const credited = paid.given(...given).when(creditUnits({ a: 1 }, 'return'));
    credited.thenEvents('order.credited');
    credited.harness.execute({ ...creditUnits({ a: 1 }, 'return'), creditId: 'c2' });
    credited.thenOrder(figures({ currentTotal: 0, owed: 0, lines: [{ creditableReturns: 0 }] }));
    paid
      .given(...given, creditUnits({ a: 2 }, 'return'))
      .when({ ...creditUnits({ a: 1 }, 'return'), creditId: 'c2' })
      .thenRejected('lawBroken', { law: 'Q4', figures: { left: 0 } });
  },
);

scenario(
  {
    peer: 'medusa #12561',
    before: 'wrong: the return is refused as the order is cancelling, and it is held for good',
  },
  'cancelled in the shop, delivered by the warehouse: it may be sent back, and nothing stays wrong',
  () => {
    const gone = [place(), sold(10_000), cancel(), dispatched({ a: 1 }), delivered({ a: 1 })];
    const asked = paid.given(...gone).when(requestReturn({ a: 1 }));
    asked.thenEvents('return.requested').thenStatus({ hold: 'held' });
    asked.harness.execute(received({ a: 1 }));
    asked.thenStatus({ lifecycle: 'cancelling', hold: 'clear' });
  },
);

scenario(
  { peer: ['solidus #2628', 'magento2 #33012'], before: 'right' },
  'what came back is refunded, and the shipping only when somebody says so',
  () => {
    const charges = [{ id: 'shipping', amount: 500 }];
    const then = paid
      .given(place({ charges }), sold(10_500), dispatch({ a: 1 }), delivered({ a: 1 }))
      .when(received({ a: 1 }), inspected({ a: 1 }), refundUnits({ a: 1 }));
    answer(then, (of) => refunded(10_000, of));
    then
      .thenStatus({ lifecycle: 'completed', refund: 'partial' })
      .thenOrder(figures({ currentTotal: 500, net: 500 }));
    const components = [{ component: 'charge:shipping', amount: 500 }];
    const of = { kind: 'components', components, currency: 'EUR' };
    then.harness.execute({ type: 'payment.refund', cause: 'return', of });
    answer(then, (by) => refunded(500, { ...by, objectId: 'shipping' }));
    then.thenStatus({ refund: 'full' }).thenOrder(figures({ currentTotal: 0, net: 0, owed: 0 }));
  },
);

scenario(
  { peer: 'spree #5982', before: 'right' },
  'a return was declined and the parcel comes all the same: it counts, and nothing is owed for it',
  () => {
    paid
      .given(...oneDelivered, requestReturn({ a: 1 }), { type: 'return.decline', returnId: 'r1' })
      .when(received({ a: 1 }), inspected({}, { a: 1 }))
      .thenStatus({ lifecycle: 'completed', returns: 'settled', hold: 'clear' })
      .thenOrder(figures({ currentTotal: 10_000, owed: 0 }));
  },
);
