import type { TransportMessage } from './transport.ts';

/**
 * A message of our own, for what is not sent within the call of `publish`: the caller may go on
 * using its bytes and headers.
 */
export function snapshotOf(message: TransportMessage): TransportMessage {
  // Not `slice`, by which a Buffer gives a view of the same bytes.
  return { ...message, headers: { ...message.headers }, body: new Uint8Array(message.body) };
}
