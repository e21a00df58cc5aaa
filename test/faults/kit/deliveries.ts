import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { OrderEvent } from '../../../src/order/envelope.ts';

/** One event as a handler was told it. */
export interface Delivery {
  /** Which process handled it. */
  readonly by: string;
  readonly eventId: string;
  readonly orderId: string;
  readonly version: number;
}

/**
 * Writes down deliveries in a file that several processes share. Each is one write at the end of
 * the file, so the lines stand in the sequence in which the handlers ran, whoever they belong
 * to, and survive their process.
 */
export function deliveryWriter(path: string, by: string): (event: OrderEvent) => void {
  const file = openSync(path, 'a');
  return ({ id, orderId, version }) => {
    writeSync(file, `${by} ${id} ${orderId} ${version}\n`);
  };
}

export function readDeliveries(path: string): readonly Delivery[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [by = '', eventId = '', orderId = '', version = ''] = line.split(' ');
      return { by, eventId, orderId, version: Number(version) };
    });
}

/** How many different events were delivered. */
export function deliveredCount(deliveries: readonly Delivery[]): number {
  return new Set(deliveries.map(({ eventId }) => eventId)).size;
}

/**
 * Compares deliveries with the events that were due: each at least once, none that is unknown,
 * and of every order each version for the first time only after the one before it. Being told
 * again what was told before is allowed.
 */
export function checkDeliveries(
  deliveries: readonly Delivery[],
  events: readonly OrderEvent[],
): readonly string[] {
  const losses: string[] = [];
  const due = new Map(events.map((event) => [event.id, event]));
  const reached = new Map<string, number>();
  const delivered = new Set<string>();
  for (const { eventId, orderId, version } of deliveries) {
    delivered.add(eventId);
    if (due.get(eventId)?.version !== version) losses.push(`${eventId} was delivered, and is not`);
    const before = reached.get(orderId) ?? 0;
    if (version > before + 1) {
      losses.push(`${orderId}: version ${version} was delivered after version ${before}`);
    }
    reached.set(orderId, Math.max(before, version));
  }
  for (const { id, orderId, version } of due.values()) {
    if (!delivered.has(id)) losses.push(`${orderId}: version ${version} was never delivered`);
  }
  return losses;
}
