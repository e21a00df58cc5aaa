import type { ConsumeMessage, MessageProperties, Options } from 'amqplib';
import { eventIdentity } from '../event-identity.ts';
import { headerText } from '../received.ts';
import type { TransportMessage } from '../transport.ts';

/** Headers for the parts of a message that AMQP has no property for. */
const keyHeader = 'orderchart-key';
const sequenceHeader = 'orderchart-sequence';

/** Headers about deliveries that the broker adds. They are not part of the message. */
const brokerHeader = /^x-(delivery-count|acquired-count|death|(first|last)-death-\w+)$/;

/**
 * The CloudEvents binding to AMQP 1.0, section 3.1.3, which is used on 0-9-1 too: attributes are
 * application properties (here: headers) named `cloudEvents:<attribute>`.
 */
const attributePrefix = 'cloudEvents:';
/** Senders limited by JMS use the form with an underscore. */
const anyAttributePrefix = /^cloudEvents[:_]/;

/** Returns the AMQP properties of a message, without the body. */
export function toProperties(message: TransportMessage): Options.Publish {
  const { id, key, type, sequence, headers } = message;
  const { 'content-type': contentType, ...others } = headers;
  return {
    messageId: id,
    ...(type === '' ? {} : { type }),
    ...(contentType === undefined ? {} : { contentType }),
    headers: toHeaders(others, key, sequence),
    // The broker returns the message if no queue takes it. The confirmation would not show that.
    mandatory: true,
    persistent: true,
  };
}

function toHeaders(
  headers: TransportMessage['headers'],
  key: string,
  sequence: number | undefined,
): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name.startsWith('ce-') ? `${attributePrefix}${name.slice('ce-'.length)}` : name,
    value,
  ]);
  if (key !== '') entries.push([keyHeader, key]);
  if (sequence !== undefined) entries.push([sequenceHeader, `${sequence}`]);
  return Object.fromEntries(entries);
}

/** Converts a received message, from any sender. */
export function toMessage({ properties, content }: ConsumeMessage): TransportMessage {
  const headers = toHeaderMap(properties);
  const key = headers.get(keyHeader) ?? headers.get('ce-partitionkey') ?? '';
  const sequence = sequenceOf(headers.get(sequenceHeader));
  headers.delete(keyHeader);
  headers.delete(sequenceHeader);
  return {
    id: textOf(properties.messageId) ?? eventIdentity(headers) ?? '',
    key,
    type: textOf(properties.type) ?? headers.get('ce-type') ?? '',
    sequence,
    headers: Object.fromEntries(headers),
    body: content,
  };
}

function toHeaderMap({ contentType, headers = {} }: MessageProperties): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const text = textOf(value);
    if (text === undefined || brokerHeader.test(name)) continue;
    const ownName = name.replace(anyAttributePrefix, 'ce-').toLowerCase();
    // Only the key may be any text.
    found.set(ownName, ownName === keyHeader ? text : headerText(text));
  }
  const type = textOf(contentType);
  if (type !== undefined) found.set('content-type', headerText(type));
  return found;
}

/** Returns the text of a value. Tables, lists and bytes have none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;
}

function sequenceOf(text: string | undefined): number | undefined {
  const sequence = Number(text);
  return text !== undefined && Number.isSafeInteger(sequence) ? sequence : undefined;
}

/**
 * Returns 1 on the first delivery. Quorum queues count; classic queues only mark a redelivery.
 */
export function attemptOf({ fields, properties }: ConsumeMessage): number {
  const count: unknown = properties.headers?.['x-delivery-count'];
  if (typeof count === 'number' && count > 0) return count + 1;
  return fields.redelivered ? 2 : 1;
}
