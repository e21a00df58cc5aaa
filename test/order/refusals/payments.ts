import { authorized, capture, place, refundAmount, reportPayment, sold } from '../commands.ts';
import { authorize, named, onAuthorization, refund } from './commands.ts';
import { beyondDue, inFlight } from './expected.ts';
import type { Row } from './row.ts';

const tender = (amount: number, currency = 'EUR') => ({ kind: 'tender', amount, currency });
const second = { paymentId: 'p2' };

/** What payments do not allow. */
export const payments: readonly Row[] = [
  {
    of: 'a capture of more than was authorized',
    options: onAuthorization,
    given: [place(), authorized(10_000)],
    when: capture(10_001),
    rejection: {
      code: 'lawBroken',
      message: 'Only 10000 minor units of payment "p1" can still be captured, not 10001.',
      law: 'M1',
      figures: { paymentId: 'p1', asked: 10001, possible: 10000 },
    },
  },
  {
    of: 'an authorization of more than is due',
    given: [place()],
    when: authorize(10_001),
    rejection: beyondDue(10001, 10000),
  },
  {
    of: 'an authorization of more than is due, while another is asked for',
    given: [place(), authorize(4000), authorize(3000, second)],
    when: authorize(3001, { paymentId: 'p3' }),
    rejection: beyondDue(3001, 3000),
  },
  {
    of: 'a capture of more than is due',
    options: onAuthorization,
    given: [place(), authorized(10_000), sold(4000, second)],
    when: capture(6001),
    rejection: beyondDue(6001, 6000),
  },
  {
    of: 'a capture of more than is due, while another is asked for',
    options: onAuthorization,
    given: [place(), authorized(10_000), authorized(10_000, second), capture(4000, second)],
    when: capture(6001),
    rejection: beyondDue(6001, 6000),
  },
  {
    of: 'a capture of more than is due, while a refund is asked for',
    options: onAuthorization,
    given: [place(), authorized(10_000), sold(4000, second), refund(tender(1000))],
    when: capture(7001),
    rejection: beyondDue(7001, 7000),
  },
  {
    of: 'an authorization while one is in flight',
    given: [place(), authorize(1)],
    when: authorize(1),
    rejection: inFlight('p1', 0, 0),
  },
  {
    of: 'a capture while one is in flight',
    options: onAuthorization,
    given: [place(), authorized(10_000), capture(4000)],
    when: capture(1),
    rejection: inFlight('p1', 4000, 0),
  },
  {
    of: 'a void while a capture is in flight',
    options: onAuthorization,
    given: [place(), authorized(10_000), capture(4000)],
    when: named('payment.void', { paymentId: 'p1' }),
    rejection: inFlight('p1', 4000, 0),
  },
  {
    of: 'a refund of a payment with one in flight',
    given: [place(), sold(10_000), refundAmount(1000)],
    when: refundAmount(1, 'goodwill', { paymentId: 'p1' }),
    rejection: inFlight('p1', 0, 1000),
  },
  {
    of: 'a refund while every payment has an operation in flight',
    given: [place(), sold(10_000), refundAmount(1000)],
    when: refundAmount(1),
    rejection: inFlight('p1', 0, 1000),
  },
  {
    of: 'a refund that needs a payment with one in flight',
    given: [place(), sold(4000), sold(6000, second), refundAmount(1000, 'goodwill', second)],
    when: refundAmount(5000),
    rejection: inFlight('p2', 0, 1000),
  },
  {
    of: 'a refund of more than was captured',
    given: [place(), sold(4000)],
    when: refundAmount(4001),
    rejection: {
      code: 'lawBroken',
      message: "Only 4000 minor units of the order's payments can still be refunded, not 4001.",
      law: 'M3',
      figures: { asked: 4001, possible: 4000 },
    },
  },
  {
    of: 'a refund of more than a payment captured',
    given: [place(), sold(4000), sold(6000, second)],
    when: refundAmount(4001, 'goodwill', { paymentId: 'p1' }),
    rejection: {
      code: 'lawBroken',
      message: 'Only 4000 minor units of payment "p1" can still be refunded, not 4001.',
      law: 'M3',
      figures: { paymentId: 'p1', asked: 4001, possible: 4000 },
    },
  },
  {
    of: 'a void of nothing',
    given: [place(), sold(10_000)],
    when: named('payment.void', { paymentId: 'p1' }),
    rejection: {
      code: 'nothingToDo',
      message: 'Payment "p1" has nothing left to void.',
      figures: { paymentId: 'p1', remaining: 0 },
    },
  },
  {
    of: 'a refund of nothing',
    given: [place(), sold(10_000)],
    when: refund({ kind: 'credit' }),
    rejection: { code: 'nothingToDo', message: 'Nothing is left to refund.', figures: {} },
  },
  {
    of: 'a report that adds up to more than numbers can say',
    given: Array.from({ length: 901 }, (_, at) =>
      at === 0 ? place() : reportPayment('captured', 10_000_000_000_000, { objectId: `o${at}` }),
    ),
    when: reportPayment('captured', 10_000_000_000_000, { objectId: 'more' }),
    rejection: {
      code: 'lawBroken',
      message:
        'Law M8 would break on order: its amounts would add up to more than 9007199254740991 minor units.',
      law: 'M8',
      figures: { subject: 'order', maximum: 9_007_199_254_740_991 },
    },
  },
];
