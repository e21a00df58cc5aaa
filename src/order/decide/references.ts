import { hasOperationInFlight, openUnitsOf } from '../figures.ts';
import type { LineUnits, Order, Payment } from '../order.ts';
import { Refusal } from '../refusal.ts';

/** Refuses units of a line that the order does not have. */
export function unknownLine(order: Order, lines: readonly LineUnits[]): Refusal | undefined {
  const unknown = lines.find(({ lineId }) => !order.lines.some((line) => line.id === lineId));
  if (unknown === undefined) return undefined;
  return new Refusal('unknownReference', `The order has no line "${unknown.lineId}".`, {
    figures: { lineId: unknown.lineId },
  });
}

/** Refuses units beyond those that are open: what is gone, or said to have arrived, stays sold. */
export function notOpen(order: Order, lines: readonly LineUnits[]): Refusal | undefined {
  for (const { lineId, units } of lines) {
    const line = order.lines.find((candidate) => candidate.id === lineId);
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

/** An amount beyond what a payment has left. */
export function beyond(
  law: 'M1' | 'M3',
  paymentId: string,
  asked: number,
  possible: number,
): Refusal {
  const what = law === 'M1' ? 'captured' : 'refunded';
  return new Refusal(
    'lawBroken',
    `Of payment "${paymentId}" ${possible} minor units can still be ${what}, not ${asked}.`,
    { law, figures: { paymentId, asked, possible } },
  );
}

export function idTaken(what: string, id: string): Refusal {
  return new Refusal('alreadyUsed', `The order has a ${what} "${id}" already: use a new id.`, {
    figures: { id },
  });
}
