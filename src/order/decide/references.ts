import { hasOperationInFlight } from '../figures.ts';
import { openUnitsOf } from '../line-figures.ts';
import type { Line, LineUnits, Order } from '../order.ts';
import type { Payment } from '../payment.ts';
import { Refusal } from '../refusal.ts';

/** Refuses units of a line that the order does not have. */
export function unknownLine(order: Order, lines: readonly LineUnits[]): Refusal | undefined {
  const known = new Set(order.lines.map(({ id }) => id));
  const unknown = lines.find(({ lineId }) => !known.has(lineId));
  if (unknown === undefined) return undefined;
  return new Refusal('unknownReference', `The order has no line "${unknown.lineId}".`, {
    figures: { lineId: unknown.lineId },
  });
}

/** One look through the lines, for whoever asks for many of them. */
export function linesById(order: Order): ReadonlyMap<string, Line> {
  return new Map(order.lines.map((line) => [line.id, line]));
}

/** Refuses units beyond those that are open: what is gone, or said to have arrived, stays sold. */
export function notOpen(order: Order, lines: readonly LineUnits[]): Refusal | undefined {
  const lineOf = linesById(order);
  for (const { lineId, units } of lines) {
    const line = lineOf.get(lineId);
    const open = line === undefined ? 0 : openUnitsOf(line);
    if (units > open) {
      return new Refusal('lawBroken', `Of line "${lineId}" ${open} units are open, not ${units}.`, {
        law: 'Q1',
        figures: { lineId, open, asked: units },
      });
    }
  }
  return undefined;
}

/** Law Q4: refuses to cancel units whose price was credited. */
export function creditedAlready(
  order: Order,
  lines: readonly LineUnits[] = [],
): Refusal | undefined {
  const lineOf = linesById(order);
  for (const { lineId, units } of lines) {
    const line = lineOf.get(lineId);
    if (line === undefined) continue;
    const { ordered, cancelled, creditedUnits } = line;
    if (cancelled + creditedUnits + units <= ordered) continue;
    return new Refusal(
      'lawBroken',
      `Of line "${lineId}" ${ordered - cancelled - creditedUnits} units are neither cancelled nor ` +
        `credited, not ${units}: to cancel credited units as well, cancel all that is open.`,
      { law: 'Q4', figures: { lineId, asked: units, ordered, cancelled, creditedUnits } },
    );
  }
  return undefined;
}

export function findPayment(order: Order, paymentId: string): Payment | Refusal {
  const payment = order.payments.find((candidate) => candidate.id === paymentId);
  if (payment !== undefined) return payment;
  return new Refusal('unknownReference', `The order has no payment "${paymentId}".`, {
    figures: { paymentId },
  });
}

/** Law M7: one currency per order. */
export function otherCurrency(order: Order, currency: string): Refusal | undefined {
  if (currency === order.currency) return undefined;
  return new Refusal(
    'currencyMismatch',
    `The order is in ${order.currency}, the command in ${currency}: amounts of two currencies ` +
      'are never added.',
    { law: 'M7', figures: { order: order.currency, command: currency } },
  );
}

/** Law M10: one operation in flight per payment. */
export function operationInFlight(payment: Payment): Refusal | undefined {
  if (!hasOperationInFlight(payment)) return undefined;
  return new Refusal(
    'lawBroken',
    `An operation on payment "${payment.id}" is in flight: report its outcome first.`,
    {
      law: 'M10',
      figures: {
        paymentId: payment.id,
        capturePending: payment.capturePending,
        refundPending: payment.refundPending,
      },
    },
  );
}

/** A capture beyond what a payment has left (law M1). */
export function beyondAuthorized(paymentId: string, asked: number, possible: number): Refusal {
  return new Refusal(
    'lawBroken',
    `Of payment "${paymentId}" ${possible} minor units can still be captured, not ${asked}.`,
    { law: 'M1', figures: { paymentId, asked, possible } },
  );
}

/** Law M12: what an order has, or would have if all in flight succeeds, is no more than it costs. */
export function beyondDue(asked: number, has: number, currentTotal: number): Refusal | undefined {
  if (has + asked <= currentTotal) return undefined;
  const due = Math.max(0, currentTotal - has);
  return new Refusal(
    'lawBroken',
    `Of the order ${due} minor units are due, not ${asked}: ask for less, or say \`over: true\`.`,
    { law: 'M12', figures: { asked, due, has, currentTotal } },
  );
}

/** A refund beyond what its payments have left (law M3). */
export function beyondCaptured(
  paymentId: string | undefined,
  asked: number,
  possible: number,
): Refusal {
  const [from, figures] =
    paymentId === undefined
      ? ['all payments without an operation in flight', { asked, possible }]
      : [`payment "${paymentId}"`, { paymentId, asked, possible }];
  return new Refusal(
    'lawBroken',
    `Of ${from} ${possible} minor units can still be refunded, not ${asked}.`,
    { law: 'M3', figures },
  );
}

export function idTaken(what: string, id: string): Refusal {
  return new Refusal('alreadyUsed', `The order has a ${what} "${id}" already: use a new id.`, {
    figures: { id },
  });
}
