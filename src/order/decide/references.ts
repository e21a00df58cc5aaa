import type { Amendment } from '../changes.ts';
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

/**
 * Finds the line of each entry; leaves out unknown lines, which {@link unknownLine} refuses. Indexes
 * the lines by id: searching for many of them one by one would take quadratic time.
 */
export function withLines<Entry extends LineUnits>(
  order: Order,
  entries: readonly Entry[],
): readonly (Entry & { readonly line: Line })[] {
  const lineOf = new Map(order.lines.map((line) => [line.id, line]));
  return entries.flatMap((entry) => {
    const line = lineOf.get(entry.lineId);
    return line === undefined ? [] : [{ ...entry, line }];
  });
}

/** Refuses units that are not open: those that left, or are reported to have arrived, stay sold. */
export function notOpen(order: Order, lines: readonly LineUnits[]): Refusal | undefined {
  for (const { line, lineId, units } of withLines(order, lines)) {
    const open = openUnitsOf(line);
    if (units > open) {
      return new Refusal(
        'lawBroken',
        `Only ${open} units of line "${lineId}" are open, not ${units}.`,
        { law: 'Q1', figures: { lineId, open, asked: units } },
      );
    }
  }
  return undefined;
}

/** Law Q4: refuses to cancel units whose price was credited. */
export function creditedAlready(
  order: Order,
  lines: readonly LineUnits[] = [],
): Refusal | undefined {
  for (const { line, lineId, units } of withLines(order, lines)) {
    const { ordered, cancelled, creditedUnits } = line;
    if (cancelled + creditedUnits + units <= ordered) continue;
    return new Refusal(
      'lawBroken',
      `Only ${ordered - cancelled - creditedUnits} units of line "${lineId}" are neither cancelled ` +
        `nor credited, not ${units}: to cancel credited units too, cancel without naming lines.`,
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
    `The order is in ${order.currency}, but the command is in ${currency}: send amounts in the ` +
      'currency of the order.',
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
    `Only ${possible} minor units of payment "${paymentId}" can still be captured, not ${asked}.`,
    { law: 'M1', figures: { paymentId, asked, possible } },
  );
}

/** Law M12: an order must not get more money than it costs, even if all in flight succeeds. */
export function beyondDue(asked: number, has: number, currentTotal: number): Refusal | undefined {
  if (has + asked <= currentTotal) return undefined;
  const due = Math.max(0, currentTotal - has);
  return new Refusal(
    'lawBroken',
    `Only ${due} minor units of the order are due, not ${asked}: ask for less, or pass ` +
      '`over: true`.',
    { law: 'M12', figures: { asked, due, has, currentTotal } },
  );
}

/** A refund beyond what its payments have left (law M3). */
export function beyondCaptured(
  paymentId: string | undefined,
  asked: number,
  possible: number,
  disputed: number,
): Refusal {
  const told = { asked, possible, ...(disputed > 0 && { disputed }) };
  const [from, figures] =
    paymentId === undefined
      ? ["the order's payments", told]
      : [`payment "${paymentId}"`, { paymentId, ...told }];
  const why = disputed > 0 ? `: disputes took ${disputed}` : '';
  return new Refusal(
    'lawBroken',
    `Only ${possible} minor units of ${from} can still be refunded, not ${asked}${why}.`,
    { law: 'M3', figures },
  );
}

export function idTaken(what: string, id: string): Refusal {
  return new Refusal(
    'alreadyUsed',
    `Another ${what} of the order has the id "${id}": use a new id.`,
    {
      figures: { id },
    },
  );
}

/** Refuses two lines, or two charges, of one id. */
export function repeatedId(
  what: 'line' | 'charge',
  components: readonly { readonly id: string }[],
): Refusal | undefined {
  const ids = new Set<string>();
  for (const { id } of components) {
    if (ids.has(id)) {
      return new Refusal('alreadyUsed', `Two ${what}s have the id "${id}": give each its own id.`, {
        figures: { id },
      });
    }
    ids.add(id);
  }
  return undefined;
}

export function findAmendment(
  { amendments = [] }: Order,
  amendmentId: string,
): Amendment | undefined {
  return amendments.find(({ id }) => id === amendmentId);
}
