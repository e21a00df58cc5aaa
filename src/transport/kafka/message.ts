import { eventIdentity } from '../event-identity.ts';
import { headerText } from '../received.ts';
import type { TransportMessage } from '../transport.ts';
import type { KafkaIncomingRecord, KafkaRecord } from './client.ts';

/** Headers for the parts of a message that a Kafka record has no field for. */
const ownHeaders = {
  id: 'orderchart-id',
  type: 'orderchart-type',
  sequence: 'orderchart-sequence',
} as const;

/**
 * Converts a message by the CloudEvents binding to Kafka, section 3.2 (attributes are `ce_`
 * headers).
 */
export function toRecord(message: TransportMessage): KafkaRecord {
  const { id, key, type, sequence, headers, body } = message;
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [
    name.startsWith('ce-') ? `ce_${name.slice('ce-'.length)}` : name,
    value,
  ]);
  entries.push([ownHeaders.id, id]);
  if (type !== '') entries.push([ownHeaders.type, type]);
  if (sequence !== undefined) entries.push([ownHeaders.sequence, `${sequence}`]);
  return {
    key: key === '' ? null : Buffer.from(key),
    // A copy, because the caller may reuse its bytes while the record waits for a connection.
    value: Buffer.from(body),
    headers: Object.fromEntries(entries),
  };
}

/** Converts a received record, from any sender. */
export function toMessage(record: KafkaIncomingRecord, topic: string): TransportMessage {
  const headers = new Map<string, string>();
  for (const [name, value] of record.headers) {
    headers.set(name.replace(/^ce_/, 'ce-').toLowerCase(), headerText(value));
  }
  const take = (name: string): string | undefined => {
    const value = headers.get(name);
    headers.delete(name);
    return value;
  };
  const sequence = Number(take(ownHeaders.sequence) ?? Number.NaN);
  return {
    id: take(ownHeaders.id) ?? eventIdentity(headers) ?? placeOf(record, topic),
    key: record.key?.toString() ?? '',
    type: take(ownHeaders.type) ?? headers.get('ce-type') ?? '',
    sequence: Number.isSafeInteger(sequence) ? sequence : undefined,
    headers: Object.fromEntries(headers),
    body: record.value ?? new Uint8Array(0),
  };
}

/** Identifies a record without an id by its place, which is unique and never changes. */
function placeOf({ partition, offset }: KafkaIncomingRecord, topic: string): string {
  return `${topic}/${partition}/${offset}`.slice(-200);
}

/** Estimates the size of a record in a batch, in bytes. */
export function sizeOf({ key, value, headers }: KafkaRecord): number {
  const texts = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + name.length + text.length + 10,
    0,
  );
  return (key?.length ?? 0) + value.length + texts + 50;
}
