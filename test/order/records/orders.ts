import { cancel, creditUnits, dispatched, line, place, three, unitsOf } from '../commands.ts';
import { hold, named, terms } from '../refusals/commands.ts';
import type { Row } from './row.ts';

/** Holds, notes, cancellations and credits. */
export const orders: readonly Row[] = [
  {
    of: 'a hold',
    given: [place()],
    when: hold,
    events: [{ type: 'order.held', data: { reason: 'fraud', note: null } }],
  },
  {
    of: 'a hold with a note',
    given: [place()],
    when: { ...hold, note: 'ask Alice' },
    events: [{ type: 'order.held', data: { reason: 'fraud', note: 'ask Alice' } }],
  },
  {
    of: 'a second hold',
    given: [place(), hold],
    when: { ...hold, reason: 'stock' },
    events: [{ type: 'order.held', data: { reason: 'stock', note: null } }],
  },
  {
    of: 'a release',
    given: [place(), hold],
    when: named('order.release', { reason: 'fraud' }),
    events: [{ type: 'order.released', data: { reason: 'fraud' } }],
  },
  {
    of: 'a release of one of two holds',
    given: [place(), hold, { ...hold, reason: 'stock' }],
    when: named('order.release', { reason: 'fraud' }),
    events: [{ type: 'order.released', data: { reason: 'fraud' } }],
  },
  {
    of: 'an annotation',
    given: [place()],
    when: named('order.annotate', { metadata: { a: 1 } }),
    events: [{ type: 'order.annotated', data: { metadata: { a: 1 } } }],
  },
  {
    of: 'a cancellation',
    given: [three],
    when: cancel({ a: 1 }),
    events: [
      { type: 'order.cancellation_requested', data: { reason: null, lines: unitsOf({ a: 1 }) } },
      {
        type: 'order.units_cancelled',
        data: {
          cause: 'cancellation',
          currency: 'EUR',
          lines: [{ lineId: 'a', units: 1, amount: 10000, net: 10000, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'a cancellation with a reason',
    given: [three],
    when: { ...cancel({ a: 1 }), reason: 'late' },
    events: [
      { type: 'order.cancellation_requested', data: { reason: 'late', lines: unitsOf({ a: 1 }) } },
      {
        type: 'order.units_cancelled',
        data: {
          cause: 'cancellation',
          currency: 'EUR',
          lines: [{ lineId: 'a', units: 1, amount: 10000, net: 10000, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'a cancellation of everything',
    options: terms,
    given: [place({ lines: [line('a', 1, 100), line('b', 1, 100)] }), dispatched({ a: 1 })],
    when: cancel(),
    events: [
      { type: 'order.cancellation_requested', data: { reason: null, lines: unitsOf({ b: 1 }) } },
      {
        type: 'order.units_cancelled',
        data: {
          cause: 'cancellation',
          currency: 'EUR',
          lines: [{ lineId: 'b', units: 1, amount: 100, net: 100, tax: 0 }],
        },
      },
    ],
  },
  {
    of: 'a credit',
    given: [three],
    when: creditUnits({ a: 1 }, 'correction'),
    events: [
      {
        type: 'order.credited',
        data: {
          creditId: 'c1',
          cause: 'correction',
          causeId: null,
          amount: 10000,
          currency: 'EUR',
          allocation: [{ component: 'line:a', amount: 10000, net: 10000, tax: 0, units: 1 }],
        },
      },
    ],
  },
  {
    of: 'a credit with its document',
    given: [three],
    when: { ...creditUnits({ a: 1 }, 'correction'), causeId: 'doc-1' },
    events: [
      {
        type: 'order.credited',
        data: {
          creditId: 'c1',
          cause: 'correction',
          causeId: 'doc-1',
          amount: 10000,
          currency: 'EUR',
          allocation: [{ component: 'line:a', amount: 10000, net: 10000, tax: 0, units: 1 }],
        },
      },
    ],
  },
  {
    of: 'a credit of units at another amount',
    given: [three],
    when: creditUnits({ a: 1 }, 'correction', { amount: 700 }),
    events: [
      {
        type: 'order.credited',
        data: {
          creditId: 'c1',
          cause: 'correction',
          causeId: null,
          amount: 700,
          currency: 'EUR',
          allocation: [{ component: 'line:a', amount: 700, net: 700, tax: 0, units: 1 }],
        },
      },
    ],
  },
  {
    of: 'an accepted discrepancy',
    given: [place(), dispatched({ a: 2 })],
    when: named('discrepancy.resolve', { discrepancyId: 'id-2', note: 'counted again' }),
    events: [
      {
        type: 'discrepancy.resolved',
        data: {
          discrepancyId: 'id-2',
          law: 'Q1',
          subject: 'line:a',
          cause: 'accepted',
          note: 'counted again',
          figures: {
            ordered: 1,
            cancelled: 0,
            shipped: 2,
            returned: 0,
            returnedToSender: 0,
            creditedReturns: 0,
            creditedMissing: 0,
          },
        },
      },
    ],
  },
];
