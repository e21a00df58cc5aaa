import {
  authorized,
  cancel,
  capture,
  credit,
  creditUnits,
  dispatched,
  place,
  refundAmount,
  refundUnits,
  sold,
  three,
  unitsOf,
} from '../commands.ts';
import {
  authorize,
  named,
  ofAmount,
  ofComponents,
  onAuthorization,
  refund,
  replace,
  terms,
} from './commands.ts';
import { inDollars } from './expected.ts';
import type { Row } from './row.ts';

const dollars = { currency: 'USD' };
const tender = (amount: number, currency = 'EUR') => ({ kind: 'tender', amount, currency });

/** Amounts in a currency that is not the order's. */
export const currencies: readonly Row[] = [
  {
    of: 'an authorization',
    given: [place()],
    when: authorize(1, dollars),
    rejection: inDollars,
  },
  {
    of: 'a capture',
    options: onAuthorization,
    given: [place(), authorized(10_000)],
    when: capture(1, dollars),
    rejection: inDollars,
  },
  {
    of: 'a refund',
    given: [place(), sold(10_000)],
    when: refund(ofAmount(1, 'USD')),
    rejection: inDollars,
  },
  {
    of: 'a refund of components',
    given: [place(), sold(10_000)],
    when: refund(ofComponents('line:a', 1, 'USD')),
    rejection: inDollars,
  },
  {
    of: 'a refund for another tender',
    given: [place(), sold(10_000)],
    when: refund(tender(1, 'USD')),
    rejection: inDollars,
  },
  {
    of: 'a credit',
    given: [place()],
    when: credit('goodwill', ofAmount(1, 'USD')),
    rejection: inDollars,
  },
  {
    of: 'a credit of units at another amount',
    given: [place()],
    when: creditUnits({ a: 1 }, 'correction', { amount: 1, currency: 'USD' }),
    rejection: inDollars,
  },
  {
    of: 'a report',
    given: [place()],
    when: sold(1, dollars),
    rejection: inDollars,
  },
];

/** What credits and refunds may not give back. */
export const credits: readonly Row[] = [
  {
    of: 'a unit that did not come back',
    options: terms,
    given: [three, dispatched({ a: 2 })],
    when: creditUnits({ a: 1 }, 'return'),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 0 units of line "a" can be credited with cause return, not 1: a unit can be credited once, not if it is cancelled, and as returned or lost only after a report of that.',
      law: 'Q4',
      figures: {
        lineId: 'a',
        asked: 1,
        left: 0,
        ordered: 3,
        cancelled: 0,
        creditedUnits: 0,
        returned: 0,
        lost: 0,
        returnedToSender: 0,
      },
    },
  },
  {
    of: 'a unit that was credited',
    given: [three, sold(30_000), creditUnits({ a: 3 }, 'correction')],
    when: refundUnits({ a: 1 }, 'correction'),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 0 units of line "a" can be credited with cause correction, not 1: a unit can be credited once, not if it is cancelled, and as returned or lost only after a report of that.',
      law: 'Q4',
      figures: {
        lineId: 'a',
        asked: 1,
        left: 0,
        ordered: 3,
        cancelled: 0,
        creditedUnits: 3,
        returned: 0,
        lost: 0,
        returnedToSender: 0,
      },
    },
  },
  {
    of: 'more than the order costs',
    given: [place(), sold(20_000)],
    when: refundAmount(10_001),
    rejection: {
      code: 'lawBroken',
      message:
        'The order costs 10000 minor units, so 10001 cannot be credited: credit less, or pay back an overpayment by a refund of kind credit.',
      law: 'M6',
      figures: { agreedTotal: 10000, currentTotal: 10000, asked: 10001 },
    },
  },
  {
    of: 'more than the order costs, without a payout',
    given: [place()],
    when: credit('goodwill', ofAmount(10_001)),
    rejection: {
      code: 'lawBroken',
      message:
        'The order costs 10000 minor units, so 10001 cannot be credited: credit less, or pay back an overpayment by a refund of kind credit.',
      law: 'M6',
      figures: { agreedTotal: 10000, currentTotal: 10000, asked: 10001 },
    },
  },
  {
    of: 'more than is still charged',
    given: [place()],
    when: credit('correction', ofAmount(10_001)),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 10000 minor units are still charged, not 10001: use cause goodwill to give back more.',
      law: 'M6',
      figures: { charged: 10000, asked: 10001 },
    },
  },
  {
    of: 'more of a charge than it costs',
    given: [place({ charges: [{ id: 'fee', amount: 500 }] })],
    when: credit('correction', ofComponents('charge:fee', 501)),
    rejection: {
      code: 'lawBroken',
      message: 'Law M6 would break on charge:fee: charged 500, credited 501.',
      law: 'M6',
      figures: { subject: 'charge:fee', charged: 500, credited: 501 },
    },
  },
  {
    of: 'more of a line than it costs',
    given: [place({ charges: [{ id: 'fee', amount: 500 }] })],
    when: credit('correction', ofComponents('line:a', 10_001)),
    rejection: {
      code: 'lawBroken',
      message: 'Law M6 would break on line:a: charged 10000, credited 10001.',
      law: 'M6',
      figures: { subject: 'line:a', charged: 10000, credited: 10001 },
    },
  },
];

/** Units that cannot be taken off, or sent. */
export const units: readonly Row[] = [
  {
    of: 'cancelling more than are open',
    options: terms,
    given: [three, dispatched({ a: 2 })],
    when: cancel({ a: 2 }),
    rejection: {
      code: 'lawBroken',
      message: 'Only 1 units of line "a" are open, not 2.',
      law: 'Q1',
      figures: { lineId: 'a', open: 1, asked: 2 },
    },
  },
  {
    of: 'requesting more than are open',
    options: terms,
    given: [three],
    when: named('fulfillment.request', { fulfillmentId: 'f1', lines: unitsOf({ a: 4 }) }),
    rejection: {
      code: 'lawBroken',
      message: 'Only 3 units of line "a" are open, not 4.',
      law: 'Q1',
      figures: { lineId: 'a', open: 3, asked: 4 },
    },
  },
  {
    of: 'cancelling what was credited',
    options: terms,
    given: [three, creditUnits({ a: 2 }, 'correction')],
    when: cancel({ a: 2 }),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 1 units of line "a" are neither cancelled nor credited, not 2: to cancel credited units too, cancel without naming lines.',
      law: 'Q4',
      figures: { lineId: 'a', asked: 2, ordered: 3, cancelled: 0, creditedUnits: 2 },
    },
  },
  {
    of: 'replacing as damaged what has not left',
    options: terms,
    given: [three, dispatched({ a: 2 })],
    when: replace(3, { cause: 'damaged' }),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 2 units of line "a" have left and are not credited, not 3: the others can be ' +
        'dispatched or cancelled.',
      law: 'Q4',
      figures: { lineId: 'a', asked: 3, left: 2, open: 1 },
    },
  },
];
