import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  day,
  delivered,
  dispatch,
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
  exchange,
  figures,
  inspected,
  received,
  requestReturn,
  sentBack,
} from './steps.ts';

// What came back is not accepted, and goes to the customer again.

const oneDelivered = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const threeDelivered = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 3 })];
const asked = (units: number) => [requestReturn({ a: units }), approveReturn()];
const unsaid = 'could not be said: no report tells that units went to the customer again';

scenario(
  {
    peer: ['medusa PR #11919', 'solidus test: core/spec/models/spree/customer_return_spec.rb'],
    before: unsaid,
  },
  'a worn unit is rejected and sent back: nothing is owed for it, and the order is over again',
  () => {
    paid
      .given(...oneDelivered, ...asked(1), received({ a: 1 }), inspected({}, { a: 1 }))
      .when(sentBack({ a: 1 }))
      .thenEvents('return.sent_back')
      .thenStatus({ lifecycle: 'completed', hold: 'clear', refund: 'none' })
      .thenOrder(({ lines: [a] }) => expect(a?.returned).toBe(0))
      .thenOrder(figures({ agreedTotal: 10_000, owed: 0, lines: [{ creditableReturns: 0 }] }));
  },
);

scenario(
  { peer: 'spree test: spree/core/spec/workflows/spree/returns/lifecycle_spec.rb', before: unsaid },
  'of three that came back two are accepted and one sent back: two are refunded, no third one',
  () => {
    const judged = [received({ a: 3 }), inspected({ a: 2 }, { a: 1 }), sentBack({ a: 1 })];
    paid
      .given(...threeDelivered, ...asked(3), ...judged)
      .when(refundUnits({ a: 3 }))
      .thenRejected('lawBroken', { law: 'Q4', figures: { asked: 3, left: 2 } });
    const then = paid.given(...threeDelivered, ...asked(3), ...judged).when(refundUnits({ a: 2 }));
    answer(then, (of) => refunded(20_000, of));
    then
      .thenStatus({ lifecycle: 'completed', returns: 'settled', refund: 'partial' })
      .thenOrder(figures({ agreedTotal: 10_000, net: 10_000, owed: 0 }));
  },
);

scenario(
  { peer: 'solidus test: core/spec/models/spree/return_item_spec.rb', before: unsaid },
  'what was sent back may be returned again, repaired or cleaned, and is refunded then',
  () => {
    const given = [...asked(1), received({ a: 1 }), inspected({}, { a: 1 }), sentBack({ a: 1 })];
    const then = paid.given(...oneDelivered, ...given).when(requestReturn({ a: 1 }, 'r2'));
    then.thenStatus({ lifecycle: 'confirmed', returns: 'requested' });
    then.harness.execute(received({ a: 1 }, 'r2'));
    then.harness.execute(inspected({ a: 1 }, {}, 'r2'));
    then.harness.execute(refundUnits({ a: 1 }));
    answer(then, (of) => refunded(10_000, of));
    then.thenStatus({ lifecycle: 'completed', refund: 'full' }).thenOrder(figures({ net: 0 }));
  },
);

scenario(
  { peer: ['medusa #13880', 'medusa PR #11919'], before: unsaid },
  'a parcel without a word is sent back unopened: nobody has to inspect what is gone',
  () => {
    paid
      .given(...oneDelivered, received({ a: 1 }))
      .when(sentBack({ a: 1 }))
      .thenStatus({ lifecycle: 'completed', hold: 'clear' })
      .thenOrder(figures({ owed: 0, lines: [{ returnable: 1 }] }));
  },
);

scenario(
  { peer: 'spree #5982', before: unsaid },
  'told before the parcel came and told again, what went back ends as in order',
  () => {
    const reports = [received({ a: 1 }), inspected({}, { a: 1 }), sentBack({ a: 1 })];
    const [one, other] = [reports, [...reports.toReversed(), ...reports]].map((told) => {
      const { state } = paid.given(...oneDelivered, ...asked(1), ...told).when(later(0)).harness;
      return { status: state?.status, lines: state?.order.lines, returns: state?.order.returns };
    });
    expect(other).toEqual(one);
  },
);

scenario(
  { peer: ['spree PR #5176', 'medusa PR #11919'], before: unsaid },
  'exchanged in advance for a unit that is rejected: both are with the customer, and one is due',
  () => {
    const inAdvance = [exchange({ ship: 'inAdvance' }), dispatch({ x: 1 }, 's2')];
    const then = paid
      .given(...oneDelivered, ...inAdvance, delivered({ x: 1 }, { shipmentId: 's2' }))
      .when(received({ a: 1 }), inspected({}, { a: 1 }), sentBack({ a: 1 }), later(day));
    then
      .thenStatus({ lifecycle: 'confirmed', payment: 'partiallyPaid', hold: 'clear' })
      .thenOrder(figures({ agreedTotal: 20_000, due: 10_000 }));
    then.harness.execute(sold(10_000, { paymentId: 'p2' }));
    then.thenStatus({ lifecycle: 'completed', payment: 'paid' });
  },
);
