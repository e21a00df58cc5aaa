import type { OrderKey, ParkedEvent, ParkedOrder } from '../store.ts';
import { compareText, type SortedList } from './sorted-list.ts';

/** The sort key of a parked event within its subscription. */
export interface ParkedKey extends OrderKey {
  readonly version: number;
}

export interface ParkedItem extends ParkedKey {
  parked: ParkedEvent;
}

/** The parked events of one subscription. */
export interface ParkingLot {
  readonly byEventId: Map<string, ParkedItem>;
  readonly inOrder: SortedList<ParkedKey, ParkedItem>;
}

export function parkedOrder(parked: ParkedEvent): ParkedOrder {
  const { partition, error, attempts, retryAt, requeues } = parked;
  const { tenantId, orderId, id: eventId } = parked.event;
  return { tenantId, orderId, partition, eventId, error, attempts, retryAt, requeues };
}

export function isSameOrder(one: OrderKey, other: OrderKey): boolean {
  return one.tenantId === other.tenantId && one.orderId === other.orderId;
}

export function compareParked(one: ParkedKey, other: ParkedKey): number {
  return (
    compareText(one.tenantId, other.tenantId) ||
    compareText(one.orderId, other.orderId) ||
    one.version - other.version
  );
}
