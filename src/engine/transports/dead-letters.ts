import { hash } from 'node:crypto';
import type { Timestamp } from '../../order/values.ts';
import { encodeHeaderText } from '../../transport/cloud-event/header-text.ts';
import type { TransportMessage } from '../../transport/transport.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import type { DeadLetter } from './receive-options.ts';
import { nameOf } from './received-message.ts';

/** What the port lets an id be, in characters. */
const maximumIdLength = 200;

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

/** The sequence is gone, because it belongs to the key's own messages. */
function deadLetterMessage(letter: DeadLetter, now: Timestamp): TransportMessage {
  const { message, reception, reason, detail } = letter;
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
  return { ...message, id: letterId(letter), sequence: undefined, headers };
}

/**
 * The id is not the message's own: a broker that drops what it has seen would drop a dead letter
 * that comes to where the message came from. Nor is it made of that alone: of two messages that
 * use one id, it would drop the second. A name that makes it too long is left out; the content
 * tells them apart by itself.
 */
function letterId({ message, reception }: DeadLetter): string {
  const content = hash('sha256', contentOf(message), 'hex').slice(0, 32);
  const id = `dead-letter/${reception}/${nameOf(message) ?? 'none'}/${content}`;
  return id.length <= maximumIdLength ? id : `dead-letter/${reception}/${content}`;
}

/** What a message is told from others by, so that its letter has one id however often it is kept. */
function contentOf({ id, key, type, headers, body }: TransportMessage): string {
  const inOrder = Object.entries(headers).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([id, key, type, inOrder, hash('sha256', body, 'hex')]);
}

/** An adapter should give nothing else; a letter must not be lost for it. */
function printable(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeHeaderText(value.toWellFormed());
}
