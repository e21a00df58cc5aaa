import type { Rejection } from '../../../src/rules/index.ts';

// Refusals that several rows expect.

/** The order has no such document, line or payment. */
export const missing = (what: string, id: string): Rejection => ({
  code: 'unknownReference',
  message: `The order has no ${what} "${id}".`,
  figures: { [`${what}Id`]: id },
});

export const noLine = missing('line', 'z');

/** The id of a document is used. */
export const taken = (what: string, id: string): Rejection => ({
  code: 'alreadyUsed',
  message: `Another ${what} of the order has the id "${id}": use a new id.`,
  figures: { id },
});

/** One id is given to two components. */
export const repeated = (what: string, id: string): Rejection => ({
  code: 'alreadyUsed',
  message: `Two ${what}s have the id "${id}": give each its own id.`,
  figures: { id },
});

/** The return is approved, declined or closed. */
export const over = (decision: string): Rejection => ({
  code: 'alreadyUsed',
  message: `Return "r1" is already ${decision}.`,
  figures: { returnId: 'r1', decision },
});

export const inDollars: Rejection = {
  code: 'currencyMismatch',
  message:
    'The order is in EUR, but the command is in USD: send amounts in the currency of the order.',
  law: 'M7',
  figures: { order: 'EUR', command: 'USD' },
};

/** An operation is in flight on the payment. */
export const inFlight = (
  paymentId: string,
  capturePending: number,
  refundPending: number,
): Rejection => ({
  code: 'lawBroken',
  message: `An operation on payment "${paymentId}" is in flight: report its outcome first.`,
  law: 'M10',
  figures: { paymentId, capturePending, refundPending },
});

/** More than is due of an order that costs 100.00. */
export const beyondDue = (asked: number, due: number): Rejection => ({
  code: 'lawBroken',
  message:
    `Only ${due} minor units of the order are due, not ${asked}: ask for less, or pass ` +
    '`over: true`.',
  law: 'M12',
  figures: { asked, due, has: 10_000 - due, currentTotal: 10_000 },
});

/** By code it adds up to 2. */
export const contradiction = (
  what: 'discount' | 'tax',
  told: number,
  kind?: 'line' | 'charge',
  id = '',
): Rejection => ({
  code: 'totalMismatch',
  message:
    `The ${what} of ${kind === undefined ? 'the order' : `${kind} "${id}"`} is ${told}, but by code ` +
    'it adds up to 2: send figures that add up, or only one of the two.',
  law: 'M5',
  figures: { ...(kind !== undefined && { [kind]: id }), byCode: 2, [what]: told },
});

/** The order is held for fraud. */
export const heldBack = (type: string): Rejection => ({
  code: 'guardRefused',
  message: `${type} is refused. The order is held (fraud): release it first.`,
  guard: 'holdClear',
  figures: { reason: 'fraud', holds: 1, discrepancies: 0 },
});
