import { z } from 'zod';
import { defineExtension } from '../../../src/order/extension.ts';
import {
  cancel,
  capture,
  delivered,
  dispatch,
  dispatched,
  place,
  sold,
  three,
} from '../commands.ts';
import { named, requestReturn, terms } from './commands.ts';
import type { Row } from './row.ts';

/** What no decider refuses but the rules around them. */
export const rules: readonly Row[] = [
  {
    of: 'an order that was never placed',
    given: [],
    when: cancel(),
    rejection: {
      code: 'orderNotFound',
      message: 'There is no such order: place it first, or check its id and tenant.',
    },
  },
  {
    of: 'what the state of the order does not allow',
    given: [place(), cancel()],
    when: named('order.confirm'),
    rejection: {
      code: 'notInThisState',
      message: 'order.confirm is not possible while the order is cancelled.',
      figures: { lifecycle: 'cancelled' },
    },
  },
  {
    of: 'Q1: more dispatched than were ordered',
    options: terms,
    given: [three],
    when: dispatch({ a: 4 }),
    rejection: {
      code: 'lawBroken',
      message:
        'Law Q1 would break on line:a: ordered 3, cancelled 0, shipped 4, returned 0, returnedToSender 0, creditedReturns 0, creditedMissing 0.',
      law: 'Q1',
      figures: {
        subject: 'line:a',
        ordered: 3,
        cancelled: 0,
        shipped: 4,
        returned: 0,
        returnedToSender: 0,
        creditedReturns: 0,
        creditedMissing: 0,
      },
    },
  },
  {
    of: 'Q3: more asked back than were shipped',
    options: terms,
    given: [three, dispatched({ a: 2 }), delivered({ a: 1 })],
    when: requestReturn({ a: 3 }),
    rejection: {
      code: 'lawBroken',
      message:
        'Law Q3 would break on line:a: shipped 2, lost 0, returnedToSender 0, found 0, returnRequested 3, returned 0.',
      law: 'Q3',
      figures: {
        subject: 'line:a',
        shipped: 2,
        lost: 0,
        returnedToSender: 0,
        found: 0,
        returnRequested: 3,
        returned: 0,
      },
    },
  },
  {
    of: 'metadata that are too large',
    given: [place()],
    when: named('order.annotate', { metadata: { text: 'x'.repeat(1_000_000) } }),
    rejection: {
      code: 'orderTooLarge',
      message: 'The order would have 1000011 metadata bytes; the maximum is 1000000.',
      figures: { what: 'metadata bytes', size: 1000011, maximum: 1000000 },
    },
  },
];

export const host = defineExtension({
  name: 'host',
  data: {},
  events: {},
  recipes: {},
  requests: { 'host.ask': z.strictObject({ why: z.boolean() }) },
  decide: {
    'host.ask': ({ why }, { refuse }) =>
      why ? refuse('The host says no.', { open: 2, by: 'staff' }) : refuse('No.'),
  },
  guards: { closed: () => false },
  regions: { host: { initial: 'open', states: { open: { on: { 'host.ask': {} } } } } },
  requires: { 'payment.capture': ['closed'] },
});
const extended = { extensions: [host], ...terms };

/** What an extension refuses. */
export const hosts: readonly Row[] = [
  {
    of: 'with figures',
    options: extended,
    given: [place()],
    when: named('host.ask', { why: true }),
    rejection: {
      code: 'refusedByHost',
      message: 'The host says no.',
      figures: { open: 2, by: 'staff' },
    },
  },
  {
    of: 'without figures',
    options: extended,
    given: [place()],
    when: named('host.ask', { why: false }),
    rejection: { code: 'refusedByHost', message: 'No.', figures: {} },
  },
  {
    of: 'by a guard',
    options: extended,
    given: [place(), sold(1)],
    when: capture(1),
    rejection: {
      code: 'guardRefused',
      message: 'payment.capture is refused. The requirement "closed" is not met.',
      guard: 'closed',
      figures: {},
    },
  },
];
