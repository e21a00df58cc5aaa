import { delivered, dispatch, dispatched, reportReturn, three, unitsOf } from '../commands.ts';
import { named, requestReturn, terms } from '../refusals/commands.ts';
import type { Row } from './row.ts';

const arrived = [three, dispatched({ a: 3 }), delivered({ a: 3 })];
const returned = [...arrived, requestReturn({ a: 1 })];
const byReturn = (verb: string, fields: object = {}) =>
  named(`return.${verb}`, { returnId: 'r1', ...fields });

/** Fulfillments, shipments and returns. */
export const goods: readonly Row[] = [
  {
    of: 'a fulfillment',
    options: terms,
    given: [three],
    when: named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ a: 1 }) }),
    events: [
      { type: 'fulfillment.requested', data: { fulfillmentId: 'f1', lines: unitsOf({ a: 1 }) } },
    ],
  },
  {
    of: 'a second fulfillment',
    options: terms,
    given: [three, named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ a: 1 }) })],
    when: named('fulfillment.request', { fulfillmentId: 'f2', lines: unitsOf({ a: 1 }) }),
    events: [
      { type: 'fulfillment.requested', data: { fulfillmentId: 'f2', lines: unitsOf({ a: 1 }) } },
    ],
  },
  {
    of: 'a dispatch',
    options: terms,
    given: [three],
    when: dispatch({ a: 1 }),
    events: [
      {
        type: 'shipment.dispatched',
        data: {
          shipmentId: 's1',
          lines: unitsOf({ a: 1 }),
          delta: unitsOf({ a: 1 }),
          carrier: null,
          tracking: null,
          source: null,
          reportId: null,
        },
      },
    ],
  },
  {
    of: 'a dispatch with its carrier',
    options: terms,
    given: [three],
    when: { ...dispatch({ a: 1 }), carrier: 'post', tracking: 't1' },
    events: [
      {
        type: 'shipment.dispatched',
        data: {
          shipmentId: 's1',
          lines: unitsOf({ a: 1 }),
          delta: unitsOf({ a: 1 }),
          carrier: 'post',
          tracking: 't1',
          source: null,
          reportId: null,
        },
      },
    ],
  },
  {
    of: 'a return',
    options: terms,
    given: arrived,
    when: requestReturn({ a: 1 }),
    events: [
      {
        type: 'return.requested',
        data: { returnId: 'r1', lines: unitsOf({ a: 1 }), reason: null },
      },
      { type: 'order.reopened', data: {} },
    ],
  },
  {
    of: 'a return with a reason',
    options: terms,
    given: arrived,
    when: { ...requestReturn({ a: 1 }), reason: 'small' },
    events: [
      {
        type: 'return.requested',
        data: { returnId: 'r1', lines: unitsOf({ a: 1 }), reason: 'small' },
      },
      { type: 'order.reopened', data: {} },
    ],
  },
  {
    of: 'the approval of a return',
    options: terms,
    given: returned,
    when: byReturn('approve'),
    events: [{ type: 'return.approved', data: { returnId: 'r1' } }],
  },
  {
    of: 'the decline of a return',
    options: terms,
    given: returned,
    when: byReturn('decline'),
    events: [
      { type: 'return.declined', data: { returnId: 'r1', reason: null } },
      { type: 'order.completed', data: {} },
    ],
  },
  {
    of: 'the decline of a return with a reason',
    options: terms,
    given: returned,
    when: byReturn('decline', { reason: 'worn' }),
    events: [
      { type: 'return.declined', data: { returnId: 'r1', reason: 'worn' } },
      { type: 'order.completed', data: {} },
    ],
  },
  {
    of: 'the end of a return',
    options: terms,
    given: returned,
    when: byReturn('close'),
    events: [
      { type: 'return.closed', data: { returnId: 'r1', cause: 'request' } },
      { type: 'order.completed', data: {} },
    ],
  },
  {
    of: 'units on their way back, told before',
    options: terms,
    given: [
      ...returned,
      requestReturn({ a: 1 }, 'r2'),
      reportReturn('inTransit', { a: 1 }, { returnId: 'r2' }),
    ],
    when: reportReturn('inTransit', { a: 2 }, { returnId: 'r2', reportId: 'again' }),
    events: [
      {
        type: 'return.in_transit',
        data: {
          returnId: 'r2',
          source: 'warehouse',
          reportId: 'again',
          lines: unitsOf({ a: 2 }),
          delta: unitsOf({ a: 1 }),
        },
      },
    ],
  },
  {
    of: 'units on their way back',
    options: terms,
    given: returned,
    when: reportReturn('inTransit', { a: 1 }, { reportId: 'one' }),
    events: [
      {
        type: 'return.in_transit',
        data: {
          returnId: 'r1',
          source: 'warehouse',
          reportId: 'one',
          lines: unitsOf({ a: 1 }),
          delta: unitsOf({ a: 1 }),
        },
      },
    ],
  },
  {
    of: 'an inspection',
    options: terms,
    given: [...returned, reportReturn('received', { a: 1 })],
    when: reportReturn('inspected', undefined, { reportId: 'one', accepted: unitsOf({ a: 1 }) }),
    events: [
      {
        type: 'return.inspected',
        data: {
          returnId: 'r1',
          source: 'warehouse',
          reportId: 'one',
          accepted: unitsOf({ a: 1 }),
          acceptedDelta: unitsOf({ a: 1 }),
          rejected: [],
          rejectedDelta: [],
        },
      },
      { type: 'order.completed', data: {} },
    ],
  },
  {
    of: 'an inspection of what nobody asked back',
    options: terms,
    given: arrived,
    when: reportReturn('inspected', undefined, {
      reportId: 'one',
      returnId: 'r9',
      rejected: unitsOf({ a: 1 }),
    }),
    events: [
      {
        type: 'return.inspected',
        data: {
          returnId: 'r9',
          source: 'warehouse',
          reportId: 'one',
          accepted: [],
          acceptedDelta: [],
          rejected: unitsOf({ a: 1 }),
          rejectedDelta: unitsOf({ a: 1 }),
        },
      },
    ],
  },
  {
    of: 'a second inspection',
    options: terms,
    given: [
      ...arrived,
      requestReturn({ a: 1 }, 'r0'),
      requestReturn({ a: 2 }),
      reportReturn('received', { a: 2 }),
      reportReturn('inspected', undefined, { accepted: unitsOf({ a: 1 }) }),
    ],
    when: reportReturn('inspected', undefined, { reportId: 'two', accepted: unitsOf({ a: 2 }) }),
    events: [
      {
        type: 'return.inspected',
        data: {
          returnId: 'r1',
          source: 'warehouse',
          reportId: 'two',
          accepted: unitsOf({ a: 2 }),
          acceptedDelta: unitsOf({ a: 1 }),
          rejected: [],
          rejectedDelta: [],
        },
      },
    ],
  },
];
