import type { TransportMessage } from '../transport/transport.ts';
import { isRewritten } from './attributes.ts';
import { isHeaderName, isHeaderValue, isPrintable, isReserved } from './headers.ts';

/** Returns why a message can never be sent over HTTP, or `undefined`. */
export function unfitReason(
  { headers, body }: TransportMessage,
  maximumBodyBytes: number,
): string | undefined {
  if (body.length > maximumBodyBytes) {
    return `The body has ${body.length} bytes; a webhook may have ${maximumBodyBytes} (maximumBodyBytes).`;
  }
  const unfit = Object.entries(headers).find(
    ([name, value]) => !isHeaderName(name) || isReserved(name) || !isCarried(name, value),
  );
  return unfit === undefined
    ? undefined
    : 'A header has a name that HTTP or the signature uses, or a value that HTTP cannot carry.';
}

/**
 * Values with spaces at their ends are escaped, except for headers that proxies must understand.
 */
function isCarried(name: string, value: string): boolean {
  return isRewritten(name) ? isHeaderValue(value) : isPrintable(value);
}
