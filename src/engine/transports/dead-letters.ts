import type { Timestamp } from '../../order/values.ts';
import { encodeHeaderText } from '../../transport/cloud-event/header-text.ts';
import type { TransportMessage } from '../../transport/transport.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import type { DeadLetter } from './receive-options.ts';
import { hashed, nameOf } from './received-message.ts';

/** Keeps a dead letter; resolves when it is kept, rejects with what may pass. */
export type DeadLetterOffice = (letter: DeadLetter, now: Timestamp) => Promise<void>;

/** Publishes dead letters: the message as it came, with the reason in its headers. */
export function publishingOffice(transport: GuardedTransport): DeadLetterOffice {
  return async (letter, now) => {
    const [result] = await transport.publish([deadLetterMessage(letter, now)]);
    if (result?.status === 'published') return;
    // A refusal is no reason to let go of it: it stays in hand, and the log says why.
    throw result?.status === 'refused'
      ? new Error(`The transport for dead letters refused one: ${result.reason}`)
      : result?.error;
  };
}

/**
 * The id is not the message's own: a broker that drops what it has seen would drop a dead letter
 * that comes to where the message came from. The sequence is gone, because it belongs to the key's
 * own messages.
 */
function deadLetterMessage(letter: DeadLetter, now: Timestamp): TransportMessage {
  const { message, reception, reason, detail } = letter;
  const id = nameOf(message) ?? `none-${hashed(contentOf(message))}`;
  const about = {
    reason,
    detail: detail.slice(0, 500),
    reception,
    'message-id': message.id,
    at: new Date(now).toISOString(),
  };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = printable(value);
  for (const [name, value] of Object.entries(about)) {
    headers[`orderchart-dead-letter-${name}`] = encodeHeaderText(value.toWellFormed());
  }
  return { ...message, id: `dead-letter/${reception}/${id}`, sequence: undefined, headers };
}

/** What a message without id is told from others by, so that its letter has one id however often it is kept. */
function contentOf({ key, type, headers, body }: TransportMessage): string {
  return JSON.stringify([key, type, headers, Buffer.from(body).toString('base64')]);
}

/** An adapter should give nothing else; a letter must not be lost for it. */
function printable(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeHeaderText(value.toWellFormed());
}
