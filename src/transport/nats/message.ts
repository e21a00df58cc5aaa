import { headers as emptyHeaders, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { historyOf } from '../message-history.ts';
import { headerText, plainBytes } from '../received.ts';
import type { TransportMessage } from '../transport.ts';

/** The headers that carry the parts of a message. All others are the message's own, unchanged. */
export const names = {
  /** By which JetStream detects duplicates. */
  id: 'Nats-Msg-Id',
  /** Set by the client for fencing: the place of the previous message on the same subject. */
  previous: 'Nats-Expected-Last-Subject-Sequence',
  key: 'Orderchart-Key',
  type: 'Orderchart-Type',
  sequence: 'Orderchart-Sequence',
  /**
   * The `sequence` of the previous message on the same subject, known even if that one is trimmed.
   */
  follows: 'Orderchart-Follows',
  /** Names of headers whose values are percent-encoded, because NATS trims white space. */
  escaped: 'Orderchart-Escaped',
} as const;

const own: ReadonlySet<string> = new Set(Object.values(names));

/**
 * Returns the headers of a message, without its id, which the client adds. `follows` is the
 * `sequence` of the previous message. Throws for invalid names.
 */
export function toHeaders(message: TransportMessage, follows?: number): MsgHdrs {
  const headers = emptyHeaders();
  const escaped: string[] = [];
  for (const [name, value] of Object.entries(message.headers)) {
    const isExact = value === value.trim();
    if (!isExact) escaped.push(name);
    headers.set(name, isExact ? value : encodeURIComponent(value));
  }
  headers.set(names.key, encodeURIComponent(message.key));
  headers.set(names.type, encodeURIComponent(message.type));
  if (message.sequence !== undefined) headers.set(names.sequence, `${message.sequence}`);
  if (follows !== undefined) headers.set(names.follows, `${follows}`);
  if (escaped.length > 0) headers.set(names.escaped, escaped.join(','));
  return headers;
}

/** Converts a received message. Without an id, it is identified by its place in the stream. */
export function fromMessage(message: Msg, place: string): TransportMessage {
  const { headers } = message;
  return {
    id: idOf(headers?.get(names.id) ?? '', place),
    key: decode(headers?.get(names.key) ?? ''),
    type: decode(headers?.get(names.type) ?? ''),
    sequence: sequenceOf(headers),
    headers: headers === undefined ? {} : ownHeaders(headers),
    body: plainBytes(message.data),
  };
}

export function sequenceOf(headers: MsgHdrs | undefined): number | undefined {
  return numberOf(headers?.get(names.sequence) ?? '');
}

/** The place of the previous message on its subject, 0 for none, undefined if it was not fenced. */
export function previousOf(headers: MsgHdrs | undefined): number | undefined {
  return numberOf(headers?.get(names.previous) ?? '');
}

/** The `sequence` of the previous message on its subject, if the message was fenced behind one. */
export function followsOf(headers: MsgHdrs | undefined): number | undefined {
  return numberOf(headers?.get(names.follows) ?? '');
}

/** Whether stored headers have the same history as a message. */
export function isOfHistory(headers: MsgHdrs, message: TransportMessage): boolean {
  return historyOf(ownHeaders(headers)) === historyOf(message.headers);
}

function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function idOf(text: string, place: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(text) ? text : place;
}

function ownHeaders(headers: MsgHdrs): Record<string, string> {
  const escaped = new Set(headers.get(names.escaped).split(','));
  const entries = [...headers]
    .filter(([name]) => !own.has(name) && !name.startsWith('Nats-'))
    .map(([name, values]) => {
      const value = values.join(', ');
      return [name.toLowerCase(), escaped.has(name) ? decode(value) : headerText(value)] as const;
    });
  return Object.fromEntries(entries);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
