import { jsonBytes } from '../../json/size.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { Commit, OrderRecord } from '../../store/store.ts';

// The engine counts the length of JSON in bytes against its limits. In memory, long text takes about
// as much, and many small values take a few times as much.

/** The approximate size of an event's envelope, or of an order's columns. */
const envelopeBytes = 500;

export function recordBytes({ order }: OrderRecord): number {
  return jsonBytes(order) + envelopeBytes;
}

export function eventBytes({ data }: OrderEvent): number {
  return jsonBytes(data) + envelopeBytes;
}

export function eventsBytes(events: readonly OrderEvent[]): number {
  let bytes = 0;
  for (const event of events) bytes += eventBytes(event);
  return bytes;
}

export function commitBytes({ record, events }: Commit): number {
  return (record === undefined ? 0 : recordBytes(record)) + eventsBytes(events) + envelopeBytes;
}
