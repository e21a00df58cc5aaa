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

/**
 * Publishes dead letters: the message as it came, with the reason in its headers. When the
 * transport refuses one, it would refuse it for ever, and the message in hand would in the end
 * stop its reception: then the letter only says what the message was.
 */
export function publishingOffice(transport: GuardedTransport): DeadLetterOffice {
  return async (letter, now) => {
    const [whole] = await transport.publish([deadLetterMessage(letter, now)]);
    const result =
      whole?.status === 'refused'
        ? (await transport.publish([reducedMessage(letter, now)]))[0]
        : whole;
    if (result?.status === 'published') return;
    // A refusal is no reason to let go of it: it stays in hand, and the log says why.
    throw result?.status === 'refused'
      ? new Error(`The transport for dead letters refused one: ${result.reason}`)
      : result?.error;
  };
}

/** The sequence is gone, because it belongs to the key's own messages. */
function deadLetterMessage(letter: DeadLetter, now: Timestamp): TransportMessage {
  const { message } = letter;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = printable(value);
  Object.assign(headers, reasonHeaders(letter, now, message.id));
  return { ...message, id: letterId(letter), sequence: undefined, headers };
}

/** What any transport can carry: of the message nothing that could be too long, or of a wrong form. */
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
 * The id is not the message's own: a broker that drops what it has seen would drop a dead letter
 * that comes to where the message came from. Nor is it made of that alone: of two messages that
 * use one id, it would drop the second. A name that makes it too long is left out; the content
 * tells them apart by itself.
 */
function letterId({ message, reception }: DeadLetter, suffix = ''): string {
  const content = hash('sha256', contentOf(message), 'hex').slice(0, 32);
  const id = `dead-letter/${reception}/${nameOf(message) ?? 'none'}/${content}${suffix}`;
  return id.length <= maximumIdLength ? id : `dead-letter/${reception}/${content}${suffix}`;
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
