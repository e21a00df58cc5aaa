import type { TransportMessage } from './transport.ts';

/**
 * Copies a message that is not sent within the call of `publish`, because the caller may reuse its
 * bytes and headers.
 */
export function snapshotOf(message: TransportMessage): TransportMessage {
  // Not `slice`, with which a Buffer returns a view of the same bytes.
  return { ...message, headers: { ...message.headers }, body: new Uint8Array(message.body) };
}
