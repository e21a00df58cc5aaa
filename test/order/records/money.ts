import { authorized, capture, disputed, place, refundAmount, sold } from '../commands.ts';
import { authorize, named, onAuthorization } from '../refusals/commands.ts';
import type { Row } from './row.ts';

const second = { paymentId: 'p2' };

/** Operations on payments. */
export const money: readonly Row[] = [
  {
    of: 'an authorization',
    given: [place()],
    when: authorize(10_000),
    events: [
      {
        type: 'payment.authorization_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-2',
          amount: 10000,
          currency: 'EUR',
          method: null,
          sale: false,
        },
      },
    ],
  },
  {
    of: 'an authorization with its method',
    given: [place()],
    when: authorize(10_000, { method: 'card', sale: false }),
    events: [
      {
        type: 'payment.authorization_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-2',
          amount: 10000,
          currency: 'EUR',
          method: 'card',
          sale: false,
        },
      },
    ],
  },
  {
    of: 'a sale',
    given: [place()],
    when: authorize(10_000, { sale: true }),
    events: [
      {
        type: 'payment.authorization_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-2',
          amount: 10000,
          currency: 'EUR',
          method: null,
          sale: true,
        },
      },
    ],
  },
  {
    of: 'an authorization of more than is due',
    given: [place()],
    when: authorize(10_001, { over: true }),
    events: [
      {
        type: 'payment.authorization_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-2',
          amount: 10001,
          currency: 'EUR',
          method: null,
          sale: false,
        },
      },
    ],
  },
  {
    of: 'a capture',
    options: onAuthorization,
    given: [place(), authorized(10_000)],
    when: capture(10_000),
    events: [
      {
        type: 'payment.capture_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-4',
          amount: 10000,
          currency: 'EUR',
          releaseRemainder: false,
        },
      },
    ],
  },
  {
    of: 'a capture that releases the rest',
    options: onAuthorization,
    given: [place(), authorized(10_000)],
    when: capture(4000, { releaseRemainder: true }),
    events: [
      {
        type: 'payment.capture_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-4',
          amount: 4000,
          currency: 'EUR',
          releaseRemainder: true,
        },
      },
    ],
  },
  {
    of: 'a capture of more than is due',
    options: onAuthorization,
    given: [place(), authorized(12_000)],
    when: capture(10_001, { over: true }),
    events: [
      {
        type: 'payment.capture_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-4',
          amount: 10001,
          currency: 'EUR',
          releaseRemainder: false,
        },
      },
    ],
  },
  {
    of: 'a void',
    options: onAuthorization,
    given: [place(), authorized(10_000)],
    when: named('payment.void', { paymentId: 'p1' }),
    events: [
      {
        type: 'payment.void_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-4',
          amount: 10000,
          currency: 'EUR',
          cause: 'request',
        },
      },
    ],
  },
  {
    of: 'a refund',
    given: [place(), sold(10_000)],
    when: refundAmount(1000),
    events: [
      {
        type: 'payment.refund_requested',
        data: {
          paymentId: 'p1',
          operationId: 'id-4',
          amount: 1000,
          currency: 'EUR',
          cause: 'goodwill',
          causeId: null,
          credits: true,
          allocation: [{ component: 'goodwill', amount: 1000, net: 1000, tax: 0, units: null }],
        },
      },
    ],
  },
  {
    of: 'a refund with its document, of one payment',
    given: [place(), sold(4000), sold(6000, second)],
    when: refundAmount(1000, 'goodwill', { causeId: 'doc-1', ...second }),
    events: [
      {
        type: 'payment.refund_requested',
        data: {
          paymentId: 'p2',
          operationId: 'id-5',
          amount: 1000,
          currency: 'EUR',
          cause: 'goodwill',
          causeId: 'doc-1',
          credits: true,
          allocation: [{ component: 'goodwill', amount: 1000, net: 1000, tax: 0, units: null }],
        },
      },
    ],
  },
  {
    of: 'evidence about a dispute',
    given: [place(), sold(10_000), disputed('Opened')],
    when: named('dispute.submit', { paymentId: 'p1', disputeId: 'dp_1' }),
    events: [
      {
        type: 'dispute.submission_requested',
        data: { paymentId: 'p1', disputeId: 'dp_1', evidenceId: null },
      },
    ],
  },
  {
    of: 'evidence with its document',
    given: [place(), sold(10_000), disputed('Opened')],
    when: named('dispute.submit', { paymentId: 'p1', disputeId: 'dp_1', evidenceId: 'doc-1' }),
    events: [
      {
        type: 'dispute.submission_requested',
        data: { paymentId: 'p1', disputeId: 'dp_1', evidenceId: 'doc-1' },
      },
    ],
  },
  {
    of: 'a dispute that is conceded',
    given: [place(), sold(10_000), disputed('Opened')],
    when: named('dispute.concede', { paymentId: 'p1', disputeId: 'dp_1' }),
    events: [
      { type: 'dispute.concession_requested', data: { paymentId: 'p1', disputeId: 'dp_1' } },
    ],
  },
];
