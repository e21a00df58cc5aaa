import {
  amend,
  cancel,
  capture,
  creditUnits,
  delivered,
  dispatch,
  dispatched,
  line,
  place,
  refundUnits,
  reportReturn,
  reportShipment,
  sold,
  three,
  unitsOf,
} from '../commands.ts';
import {
  exchange,
  hold,
  named,
  ofComponents,
  refund,
  replace,
  requestReturn,
  terms,
} from './commands.ts';
import { missing, noLine } from './expected.ts';
import type { Row } from './row.ts';

const arrived = [three, dispatched({ a: 3 }), delivered({ a: 3 })];
const lost = [three, dispatched({ a: 3 }), reportShipment('lost', { a: 3 })];
const report = { source: 'wms', reportId: 'r', lines: unitsOf({ z: 1 }) };
const addX = { add: [line('x', 1, 5000)] };

/** What the order does not have. */
export const unknown: readonly Row[] = [
  {
    of: 'cancelling units of a line',
    given: [place()],
    when: cancel({ z: 1 }),
    rejection: noLine,
  },
  {
    of: 'requesting the fulfillment of a line',
    options: terms,
    given: [place()],
    when: named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ z: 1 }) }),
    rejection: noLine,
  },
  {
    of: 'dispatching units of a line',
    options: terms,
    given: [place()],
    when: dispatch({ z: 1 }),
    rejection: noLine,
  },
  {
    of: 'asking back units of a line',
    options: terms,
    given: arrived,
    when: requestReturn({ z: 1 }),
    rejection: noLine,
  },
  {
    of: 'exchanging units of a line',
    options: terms,
    given: arrived,
    when: exchange({ back: unitsOf({ z: 1 }) }),
    rejection: noLine,
  },
  {
    of: 'replacing units of a line',
    options: terms,
    given: lost,
    when: replace(1, { lines: [{ lineId: 'z', units: 1, as: 'again' }] }),
    rejection: noLine,
  },
  {
    of: 'crediting units of a line',
    given: [place()],
    when: creditUnits({ z: 1 }, 'correction'),
    rejection: noLine,
  },
  {
    of: 'refunding units of a line',
    given: [place(), sold(10_000)],
    when: refundUnits({ z: 1 }, 'correction'),
    rejection: noLine,
  },
  {
    of: 'amending units of a line',
    given: [place()],
    when: amend({ ...addX, cancel: unitsOf({ z: 1 }) }),
    rejection: noLine,
  },
  {
    of: 'a report about a shipment of a line',
    given: [place()],
    when: reportShipment('dispatched', { z: 1 }),
    rejection: noLine,
  },
  {
    of: 'a report about a fulfillment of a line',
    given: [place()],
    when: named('fulfillment.report', { objectId: 'o1', outcome: 'granted', ...report }),
    rejection: noLine,
  },
  {
    of: 'a report about a return of a line',
    given: [place()],
    when: reportReturn('received', { z: 1 }),
    rejection: noLine,
  },
  {
    of: 'a report that accepts units of a line',
    given: [place()],
    when: reportReturn('inspected', undefined, { accepted: unitsOf({ z: 1 }) }),
    rejection: noLine,
  },
  {
    of: 'a report that rejects units of a line',
    given: [place()],
    when: reportReturn('inspected', undefined, { rejected: unitsOf({ z: 1 }) }),
    rejection: noLine,
  },
  {
    of: 'capturing from a payment',
    given: [place()],
    when: capture(1),
    rejection: missing('payment', 'p1'),
  },
  {
    of: 'voiding a payment',
    given: [place()],
    when: named('payment.void', { paymentId: 'p1' }),
    rejection: missing('payment', 'p1'),
  },
  {
    of: 'refunding a payment',
    given: [place(), sold(10_000)],
    when: refund({ kind: 'amount', amount: 1, currency: 'EUR' }, { paymentId: 'p2' }),
    rejection: missing('payment', 'p2'),
  },
  {
    of: 'refunding a component',
    given: [place(), sold(10_000)],
    when: refund(ofComponents('charge:gift', 1)),
    rejection: {
      code: 'unknownReference',
      message: 'The order has no component "charge:gift": use line:<id> or charge:<id>.',
      figures: { component: 'charge:gift' },
    },
  },
  {
    of: 'approving a return',
    options: terms,
    given: arrived,
    when: named('return.approve', { returnId: 'r1' }),
    rejection: missing('return', 'r1'),
  },
  {
    of: 'declining a return',
    options: terms,
    given: arrived,
    when: named('return.decline', { returnId: 'r1' }),
    rejection: missing('return', 'r1'),
  },
  {
    of: 'closing a return',
    options: terms,
    given: arrived,
    when: named('return.close', { returnId: 'r1' }),
    rejection: missing('return', 'r1'),
  },
  {
    of: 'approving an amendment',
    given: [place()],
    when: named('amendment.approve', { amendmentId: 'm1' }),
    rejection: missing('amendment', 'm1'),
  },
  {
    of: 'declining an amendment',
    given: [place()],
    when: named('amendment.decline', { amendmentId: 'm1' }),
    rejection: missing('amendment', 'm1'),
  },
  {
    of: 'releasing another hold',
    given: [place(), hold],
    when: named('order.release', { reason: 'stock' }),
    rejection: {
      code: 'unknownReference',
      message: 'The order is not held for "stock": release a reason that it is held for.',
      figures: { reason: 'stock' },
    },
  },
  {
    of: 'resolving another discrepancy',
    given: [place(), dispatched({ a: 2 })],
    when: named('discrepancy.resolve', { discrepancyId: 'd1', note: 'counted again' }),
    rejection: {
      code: 'unknownReference',
      message: 'The order has no open discrepancy "d1": a later report may have resolved it.',
      figures: { discrepancyId: 'd1' },
    },
  },
];
