import { later } from '../../../src/testing/specification.ts';
import {
  cancel,
  day,
  dispatch,
  disputed as dispute,
  place,
  refundAmount,
  refunded,
  sold,
  three,
} from '../commands.ts';
import { named } from './commands.ts';
import { missing } from './expected.ts';
import type { Row } from './row.ts';

const told = (outcome: Parameters<typeof dispute>[0], amount?: number, objectId = 'd1') =>
  dispute(outcome, amount, { objectId });
const submit = (fields: object = {}) =>
  named('dispute.submit', { paymentId: 'p1', disputeId: 'd1', ...fields });
const concede = named('dispute.concede', { paymentId: 'p1', disputeId: 'd1' });
const disputed = [place(), sold(10_000), told('Opened', 10_000)];
const another = told('Opened', 10_000, 'd2');

/** What disputes do not allow. */
export const disputes: readonly Row[] = [
  {
    of: 'evidence about another payment',
    given: disputed,
    when: submit({ paymentId: 'p2' }),
    rejection: missing('payment', 'p2'),
  },
  {
    of: 'evidence about another dispute',
    given: disputed,
    when: submit({ disputeId: 'd9' }),
    rejection: {
      code: 'unknownReference',
      message: 'Payment "p1" has no dispute "d9": its reports name it as objectId.',
      figures: { paymentId: 'p1', disputeId: 'd9' },
    },
  },
  {
    of: 'evidence after it was conceded',
    given: [...disputed, concede],
    when: submit(),
    rejection: {
      code: 'alreadyUsed',
      message: 'Dispute "d1" is already conceded.',
      figures: { paymentId: 'p1', disputeId: 'd1', state: 'conceded', withdrawn: 0, reinstated: 0 },
    },
  },
  {
    of: 'a concession after it was won',
    given: [...disputed, another, told('Withdrawn', 4000), told('Reinstated', 4000), told('Won')],
    when: concede,
    rejection: {
      code: 'alreadyUsed',
      message: 'Dispute "d1" is already won.',
      figures: {
        paymentId: 'p1',
        disputeId: 'd1',
        state: 'won',
        withdrawn: 4000,
        reinstated: 4000,
      },
    },
  },
  {
    of: 'a concession after it was lost',
    given: [...disputed, another, told('Lost', 4000)],
    when: concede,
    rejection: {
      code: 'alreadyUsed',
      message: 'Dispute "d1" is already lost.',
      figures: { paymentId: 'p1', disputeId: 'd1', state: 'lost', withdrawn: 4000, reinstated: 0 },
    },
  },
  {
    of: 'a refund of what a dispute took',
    given: [...disputed, told('Withdrawn', 4000)],
    when: refundAmount(6001),
    rejection: {
      code: 'lawBroken',
      message:
        "Only 6000 minor units of the order's payments can still be refunded, not 6001: disputes took 4000.",
      law: 'M3',
      figures: { asked: 6001, possible: 6000, disputed: 4000 },
    },
  },
  {
    of: 'a refund of what a dispute took from a payment',
    given: [...disputed, told('Withdrawn', 4000)],
    when: refundAmount(6001, 'goodwill', { paymentId: 'p1' }),
    rejection: {
      code: 'lawBroken',
      message:
        'Only 6000 minor units of payment "p1" can still be refunded, not 6001: disputes took 4000.',
      law: 'M3',
      figures: { paymentId: 'p1', asked: 6001, possible: 6000, disputed: 4000 },
    },
  },
];

/** A guard about disputes says no. */
export const disputeReasons: readonly Row[] = [
  {
    of: 'evidence without a dispute',
    given: [place(), sold(10_000)],
    when: submit(),
    rejection: {
      code: 'guardRefused',
      message:
        'dispute.submit is refused. No dispute is open: none was reported, or all of them are won or lost.',
      guard: 'someDisputeOpen',
      figures: { disputes: 0, disputed: 0, chargedBack: 0 },
    },
  },
  {
    of: 'a concession of a dispute that is lost',
    given: [...disputed, told('Lost', 4000)],
    when: concede,
    rejection: {
      code: 'guardRefused',
      message:
        'dispute.concede is refused. No dispute is open: none was reported, or all of them are won or lost.',
      guard: 'someDisputeOpen',
      figures: { disputes: 1, disputed: 4000, chargedBack: 4000 },
    },
  },
  {
    of: 'archiving while a dispute is open',
    given: [place(), sold(10_000), cancel(), refunded(10_000), told('Opened'), later(91 * day)],
    when: named('order.archive'),
    rejection: {
      code: 'guardRefused',
      message:
        'order.archive is refused. A dispute is open: wait until it is won or lost, or concede it by dispute.concede.',
      guard: 'noDisputeOpen',
      figures: { disputes: 1, disputed: 0, chargedBack: 0 },
    },
  },
  {
    of: 'dispatching what a dispute took the money for',
    given: [three, sold(30_000), told('Opened'), told('Withdrawn', 4000)],
    when: dispatch({ a: 3 }),
    rejection: {
      code: 'guardRefused',
      message:
        'shipment.dispatch is refused. 30000 minor units must be secured before these units leave, but only 26000 are: take a payment first, or pass `over: true`.',
      guard: 'secured',
      figures: { secured: 26000, required: 30000, disputed: 4000 },
    },
  },
];
