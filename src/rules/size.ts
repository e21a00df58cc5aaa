import { jsonBytes } from '../json/size.ts';
import { entriesOf, limitsFor, orderLimits } from '../order/limits.ts';
import type { Order } from '../order/order.ts';
import type { JsonValue } from '../order/values.ts';
import type { Rejection } from './types.ts';

/** The command whose limits apply. */
export interface Asker {
  readonly type: string;
  readonly isReport: boolean;
}

/**
 * Returns a rejection if the order would be too large, and larger than before. A command that makes
 * an order smaller always passes, so that an order over its limit can shrink.
 */
export function tooLarge(
  before: Order | undefined,
  after: Order,
  { type, isReport }: Asker,
): Rejection | undefined {
  const limits = limitsFor(type, isReport);
  const grown = [
    ...(isReport ? [] : [metadataOf(before, after)]),
    { what: 'bytes', of: bytesOf, maximum: limits.bytes },
    { what: 'entries', of: entriesOf, maximum: limits.entries },
  ];
  for (const { what, of, maximum } of grown) {
    const size = of(after);
    if (size <= maximum || (before !== undefined && size <= of(before))) continue;
    return refusal(what, size, maximum);
  }
  return undefined;
}

const bytesOf = (order: Order): number => jsonBytes(order as unknown as JsonValue);

/** Measured only when it changed: most commands leave it alone. */
function metadataOf(before: Order | undefined, after: Order) {
  const isSame = before?.metadata === after.metadata;
  const of = ({ metadata }: Order): number => (isSame ? 0 : jsonBytes(metadata));
  return { what: 'metadata bytes', of, maximum: orderLimits.metadataBytes };
}

function refusal(what: string, size: number, maximum: number): Rejection {
  return {
    code: 'orderTooLarge',
    message: `The order would have ${size} ${what}; the maximum is ${maximum}.`,
    figures: { what, size, maximum },
  };
}
