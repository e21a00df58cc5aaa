import type { TransportMessage } from '../transport/transport.ts';
import { isRewritten } from './attributes.ts';
import { isHeaderName, isHeaderValue, isPrintable, isReserved } from './headers.ts';

/** Why a message can never travel by HTTP; `undefined` when it can. */
export function unfitReason(
  { headers, body }: TransportMessage,
  maximumBodyBytes: number,
): string | undefined {
  if (body.length > maximumBodyBytes) {
    return `The body has ${body.length} bytes, and a webhook ${maximumBodyBytes} at most (maximumBodyBytes).`;
  }
  const unfit = Object.entries(headers).find(
    ([name, value]) => !isHeaderName(name) || isReserved(name) || !isCarried(name, value),
  );
  return unfit === undefined
    ? undefined
    : 'A header has a name that HTTP or the signature needs, or a value that HTTP cannot carry.';
}

/** A value with blanks at its ends is escaped, but for those that hops have to understand. */
function isCarried(name: string, value: string): boolean {
  return isRewritten(name) ? isHeaderValue(value) : isPrintable(value);
}
