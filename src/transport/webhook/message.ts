import type { TransportMessage } from '../transport.ts';
import { isHeaderName, isHeaderValue, isReserved } from './headers.ts';

/** Why a message can never travel by HTTP; `undefined` when it can. */
export function unfitReason(
  { headers, body }: TransportMessage,
  maximumBodyBytes: number,
): string | undefined {
  if (body.length > maximumBodyBytes) {
    return `The body has ${body.length} bytes, and a webhook ${maximumBodyBytes} at most (maximumBodyBytes).`;
  }
  const unfit = Object.entries(headers).find(
    ([name, value]) => !isHeaderName(name) || isReserved(name) || !isHeaderValue(value),
  );
  return unfit === undefined
    ? undefined
    : 'A header has a name that HTTP or the signature needs, or a value that HTTP cannot carry.';
}
