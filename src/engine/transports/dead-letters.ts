import { hash } from 'node:crypto';
import type { Timestamp } from '../../order/values.ts';
import { encodeHeaderText } from '../../transport/cloud-event/header-text.ts';
import type { TransportMessage } from '../../transport/transport.ts';
import type { GuardedTransport } from './guarded-transport.ts';
import type { DeadLetter } from './receive-options.ts';
import { nameOf } from './received-message.ts';

/** The longest message id that the port allows, in characters. */
const maximumIdLength = 200;

/** Stores a dead letter. Resolves when it is stored; a rejection is retried. */
export type DeadLetterSink = (letter: DeadLetter, now: Timestamp) => Promise<void>;

/**
 * Publishes dead letters: the message as it arrived, with the reason in its headers. A letter that
 * the transport refuses would be refused forever and occupy the reception, so a reduced letter is
 * published instead, which only identifies the message.
 */
export function publishingSink(transport: GuardedTransport): DeadLetterSink {
  return async (letter, now) => {
    const [whole] = await transport.publish([deadLetterMessage(letter, now)]);
    const result =
      whole?.status === 'refused'
        ? (await transport.publish([reducedMessage(letter, now)]))[0]
        : whole;
    if (result?.status === 'published') return;
    // Even when both are refused, the message must not be lost: it is retried.
    throw result?.status === 'refused'
      ? new Error(`The transport '${transport.name}' refused a dead letter: ${result.reason}`)
      : result?.error;
  };
}

/** Without the sequence, which belongs to the messages of the key. */
function deadLetterMessage(letter: DeadLetter, now: Timestamp): TransportMessage {
  const { message } = letter;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = printable(value);
  Object.assign(headers, reasonHeaders(letter, now, message.id));
  return { ...message, id: letterId(letter), sequence: undefined, headers };
}

/** A letter that any transport can carry: without anything that may be too long or malformed. */
function reducedMessage(letter: DeadLetter, now: Timestamp): TransportMessage {
  const { id, key, type, body } = letter.message;
  const headers = {
    ...reasonHeaders(letter, now, shortened(id)),
    ...deadLetterHeaders({
      'message-key': shortened(key),
      'message-type': shortened(type),
      'body-bytes': String(body.byteLength),
      'body-sha256': hash('sha256', body, 'hex'),
    }),
  };
  return {
    id: letterId(letter, '/reduced'),
    key: '',
    type: '',
    sequence: undefined,
    headers,
    body: new Uint8Array(),
  };
}

function reasonHeaders(letter: DeadLetter, now: Timestamp, id: string): Record<string, string> {
  const { reception, reason, detail } = letter;
  const at = new Date(now).toISOString();
  return deadLetterHeaders({
    reason,
    detail: shortened(detail),
    reception,
    'message-id': id,
    at,
  });
}

function deadLetterHeaders(about: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(about).map(([name, value]) => [
    `orderchart-dead-letter-${name}`,
    encodeHeaderText(value.toWellFormed()),
  ]);
  return Object.fromEntries(entries);
}

function shortened(text: string): string {
  return text.slice(0, 500);
}

/**
 * Returns the id of a letter. It is not the message's own id: a broker that drops duplicates would
 * drop a letter that is published where the message came from. It does not depend on that id alone:
 * the broker would drop the second letter of two messages with the same id. A name that makes it too
 * long is left out, because the hash of the content is enough.
 */
function letterId({ message, reception }: DeadLetter, suffix = ''): string {
  const content = hash('sha256', contentOf(message), 'hex').slice(0, 32);
  const id = `dead-letter/${reception}/${nameOf(message) ?? 'none'}/${content}${suffix}`;
  return id.length <= maximumIdLength ? id : `dead-letter/${reception}/${content}${suffix}`;
}

/** The content that identifies a message, so that its letter has the same id in every attempt. */
function contentOf({ id, key, type, headers, body }: TransportMessage): string {
  const inOrder = Object.entries(headers).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([id, key, type, inOrder, hash('sha256', body, 'hex')]);
}

/** An adapter should deliver printable values only, but a letter must not be lost over that. */
function printable(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeHeaderText(value.toWellFormed());
}
