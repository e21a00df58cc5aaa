import { eventIdentity } from '../event-identity.ts';
import { headerText } from '../received.ts';
import type { TransportMessage } from '../transport.ts';
import type { KafkaIncomingRecord, KafkaRecord } from './client.ts';

/** Headers of our own, for what a record of Kafka has no field for. */
const ownHeaders = {
  id: 'orderchart-id',
  type: 'orderchart-type',
  sequence: 'orderchart-sequence',
} as const;

/** The message as a record: CloudEvents' binding to Kafka, section 3.2 (attributes are `ce_` headers). */
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
    // The caller may go on using its bytes when we still wait for a connection.
    value: Buffer.from(body),
    headers: Object.fromEntries(entries),
  };
}

/** The message of a record, whoever sent it. */
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

/** A record that names itself nowhere is named by its place, which is its own and never changes. */
function placeOf({ partition, offset }: KafkaIncomingRecord, topic: string): string {
  return `${topic}/${partition}/${offset}`.slice(-200);
}

/** About what a record takes in a batch, in bytes. */
export function sizeOf({ key, value, headers }: KafkaRecord): number {
  const texts = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + name.length + text.length + 10,
    0,
  );
  return (key?.length ?? 0) + value.length + texts + 50;
}
