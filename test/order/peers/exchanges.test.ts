import { expect } from 'vitest';
import { later } from '../../../src/testing/specification.ts';
import {
  cancel,
  day,
  delivered,
  dispatch,
  line,
  paid,
  place,
  refunded,
  refundUnits,
  sold,
  three,
  unitsOf,
} from '../commands.ts';
import { scenario } from './scenario.ts';
import {
  answer,
  approveReturn,
  closeReturn,
  exchange,
  figures,
  inspected,
  received,
  refundCredit,
  requestReturn,
} from './steps.ts';

// Goods come back for other goods, which wait for them or go out in advance.

const oneDelivered = [place(), sold(10_000), dispatch({ a: 1 }), delivered({ a: 1 })];
const threeDelivered = [three, sold(30_000), dispatch({ a: 3 }), delivered({ a: 3 })];
const backAndFine = [received({ a: 1 }), inspected({ a: 1 }), later(0)];
const inAdvance = exchange({ ship: 'inAdvance' });
const dearer = { out: [line('x', 1, 12_000)] };
const impossible = 'could not be said: nothing exchanges units';

scenario(
  {
    peer: ['medusa #7653', 'solidus test: core/spec/models/spree/return_item_spec.rb'],
    before: impossible,
  },
  'an exchange costs the difference alone, however dear what comes back was',
  () => {
    const then = paid.given(...oneDelivered).when(exchange(dearer), ...backAndFine);
    then
      .thenEvents(
        'return.requested',
        'return.approved',
        'exchange.requested',
        'order.amended',
        'order.reopened',
        'return.received',
        'return.inspected',
        'exchange.credited',
        'order.credited',
      )
      .thenOrder(figures({ agreedTotal: 12_000, due: 2000, owed: 0 }));
  },
);

scenario(
  { peer: ['medusa #4838', 'medusa #3170'], before: impossible },
  'the way back costs the customer something only where the seller charges it',
  () => {
    paid
      .given(...oneDelivered, exchange(), ...backAndFine.slice(0, 2))
      .when(later(0))
      .thenOrder(figures({ agreedTotal: 10_000, due: 0, owed: 0 }));
    paid
      .given(...oneDelivered, exchange({ outCharges: [{ id: 'label', amount: 490 }] }))
      .when(...backAndFine)
      .thenOrder(figures({ agreedTotal: 10_490, due: 490 }));
  },
);

scenario(
  { peer: 'medusa PR #13497', before: impossible },
  'two exchanges of one line are told apart: each credits what came back for it, once',
  () => {
    const second = { exchangeId: 'e2', returnId: 'r2', out: [line('y', 1, 7000)] };
    const then = paid
      .given(...threeDelivered, exchange(dearer), exchange(second))
      .when(received({ a: 1 }, 'r2'), inspected({ a: 1 }, {}, 'r2'), later(0));
    then.thenOrder(({ exchanges }) =>
      expect(exchanges?.map(({ credited }) => credited.length)).toEqual([0, 1]),
    );
    then.thenOrder(figures({ agreedTotal: 39_000, due: 9000 }));
    for (const report of [received({ a: 1 }), inspected({ a: 1 })]) then.harness.execute(report);
    then.harness.advance(0);
    then.thenOrder(figures({ agreedTotal: 29_000, due: 0, owed: 1000 }));
  },
);

scenario(
  { peer: 'spree PR #5598', before: impossible },
  'the other goods never left, and nothing comes back: the customer is charged for nothing',
  () => {
    const then = paid.given(...oneDelivered, inAdvance).when(later(30 * day));
    then.thenEvents('return.closed').thenOrder(figures({ due: 10_000 }));
    then.harness.execute(cancel({ x: 1 }));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ due: 0, owed: 0 }));
  },
);

scenario(
  { peer: ['spree PR #5176', 'solidus PR #371', 'solidus PR #340'], before: impossible },
  'sent in advance and never returned, the goods are due in full, and leave no second time',
  () => {
    const given = [inAdvance, dispatch({ x: 1 }, 's2'), delivered({ x: 1 }, { shipmentId: 's2' })];
    const then = paid.given(...oneDelivered, ...given).when(later(30 * day));
    then
      .thenEvents('return.closed')
      .thenStatus({ payment: 'partiallyPaid', fulfillment: 'delivered' })
      .thenOrder(figures({ due: 10_000, lines: [{ open: 0 }, { open: 0 }] }));
    then.harness.execute(sold(10_000, { paymentId: 'p2' }));
    then.thenStatus({ lifecycle: 'completed' });
  },
);

scenario(
  { peer: ['spree PR #5073', 'saleor PR #6630'], before: impossible },
  'an even exchange stays one order: no provider is called, and nothing is due',
  () => {
    const then = paid
      .given(...oneDelivered, exchange(), ...backAndFine)
      .when(dispatch({ x: 1 }, 's2'));
    then.harness.execute(delivered({ x: 1 }, { shipmentId: 's2' }));
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' })
      .thenOrder(({ payments }) => expect(payments[0]?.operations).toEqual([]))
      .thenOrder(figures({ total: 20_000, agreedTotal: 10_000, net: 10_000 }));
  },
);

scenario(
  {
    peer: 'solidus test: core/spec/models/spree/return_item_spec.rb',
    before: impossible,
  },
  'a customer keeps the first unit after all and sends the other one back: that one is credited',
  () => {
    const given = [inAdvance, dispatch({ x: 1 }, 's2'), delivered({ x: 1 }, { shipmentId: 's2' })];
    const then = paid
      .given(...oneDelivered, ...given)
      .when(received({ x: 1 }), inspected({ x: 1 }));
    then.thenOrder(figures({ lines: [{ creditableReturns: 0 }, { creditableReturns: 1 }] }));
    then.harness.execute(closeReturn());
    const credit = { type: 'order.credit', creditId: 'c1', cause: 'return', causeId: 'r1' };
    then.harness.execute({ ...credit, of: { kind: 'units', lines: unitsOf({ x: 1 }) } });
    then
      .thenStatus({ lifecycle: 'completed', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ agreedTotal: 10_000, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: [
      'solidus test: core/spec/models/spree/return_authorization_spec.rb',
      'spree test: spree/core/spec/workflows/spree/returns/lifecycle_spec.rb',
    ],
    before: impossible,
  },
  'a unit that is being exchanged is neither exchanged nor returned a second time',
  () => {
    paid
      .given(...oneDelivered, exchange())
      .when(exchange({ exchangeId: 'e2', returnId: 'r2', out: [line('y', 1, 10_000)] }))
      .thenRejected('lawBroken', { law: 'Q3' });
    paid
      .given(...oneDelivered, exchange())
      .when(requestReturn({ a: 1 }, 'r2'))
      .thenRejected('lawBroken', { law: 'Q3' });
  },
);

scenario(
  { peer: ['medusa #212', 'medusa #412'], before: impossible },
  'what came for an exchange is exchanged again',
  () => {
    const then = paid
      .given(...oneDelivered, exchange(), ...backAndFine, dispatch({ x: 1 }, 's2'))
      .when(delivered({ x: 1 }, { shipmentId: 's2' }));
    const again = { exchangeId: 'e2', returnId: 'r2', back: unitsOf({ x: 1 }) };
    then.harness.execute(exchange({ ...again, out: [line('y', 1, 10_000)] }));
    then.harness.execute(received({ x: 1 }, 'r2'));
    then.harness.execute(inspected({ x: 1 }, {}, 'r2'));
    then.harness.advance(0);
    then.harness.execute(dispatch({ y: 1 }, 's3'));
    then.harness.execute(delivered({ y: 1 }, { shipmentId: 's3' }));
    then
      .thenStatus({ lifecycle: 'completed', returns: 'settled' })
      .thenOrder(figures({ total: 30_000, agreedTotal: 10_000, due: 0, owed: 0 }));
  },
);

scenario(
  {
    peer: 'spree test: spree/core/spec/workflows/spree/exchanges/lifecycle_spec.rb',
    before: impossible,
  },
  'on receipt, the other unit waits until the first one is back, accepted and credited',
  () => {
    const waits = [exchange(), received({ a: 1 })];
    paid
      .given(...oneDelivered, ...waits)
      .when(dispatch({ x: 1 }, 's2'))
      .thenRejected('guardRefused', { guard: 'secured', figures: { secured: 10_000 } });
    paid
      .given(...oneDelivered, ...waits, inspected({ a: 1 }), later(0))
      .when(dispatch({ x: 1 }, 's2'))
      .thenEvents('shipment.dispatched');
  },
);

scenario(
  {
    peer: 'spree test: spree/core/spec/workflows/spree/exchanges/lifecycle_spec.rb',
    before: impossible,
  },
  'of a cheaper one the difference is owed once the first is accepted, and paid back once',
  () => {
    const cheaper = exchange({ out: [line('x', 1, 7000)] });
    const then = paid.given(...oneDelivered, cheaper).when(...backAndFine, refundCredit);
    answer(then, (of) => refunded(3000, of));
    then
      .thenStatus({ payment: 'paid', refund: 'partial' })
      .thenOrder(figures({ agreedTotal: 7000, net: 7000, owed: 0 }));
  },
);

scenario(
  { peer: ['medusa PR #12227', 'medusa #15042'], before: impossible },
  'an exchange is called off before anything moved: as if it had not been asked for',
  () => {
    const then = paid.given(...oneDelivered, exchange()).when(closeReturn(), cancel({ x: 1 }));
    then
      .thenStatus({ lifecycle: 'completed', returns: 'none', payment: 'paid', refund: 'none' })
      .thenOrder(figures({ agreedTotal: 10_000, due: 0, owed: 0, lines: [{ returnable: 1 }, {}] }));
  },
);

scenario(
  { peer: 'spree PR #5171', before: impossible },
  'of two units one is exchanged and one refunded: neither counts for the other',
  () => {
    const then = paid
      .given(...threeDelivered, exchange(), requestReturn({ a: 1 }, 'r2'), approveReturn('r2'))
      .when(received({ a: 1 }, 'r2'), inspected({ a: 1 }, {}, 'r2'), refundUnits({ a: 1 }));
    answer(then, (of) => refunded(10_000, of));
    then.harness.advance(0);
    then.thenOrder(figures({ agreedTotal: 30_000, due: 10_000 }));
    for (const report of [received({ a: 1 }), inspected({ a: 1 })]) then.harness.execute(report);
    then.harness.advance(0);
    then
      .thenOrder(({ lines: [a] }) => expect(a).toMatchObject({ creditedReturns: 2, returned: 2 }))
      .thenOrder(figures({ agreedTotal: 20_000, net: 20_000, due: 0, owed: 0 }));
  },
);
