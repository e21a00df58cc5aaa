import type { OrderStore, SubscriptionStore } from 'orderchart';
import { delegateStore } from '../../../../src/testing/delegate.ts';

export const everything = Number.MAX_SAFE_INTEGER;

/** The store, with some of its methods replaced by those that the fault gives. */
export function withFault(
  inner: OrderStore,
  fault: Partial<Omit<OrderStore, 'subscriptions'>>,
): OrderStore {
  return { ...delegateStore(inner), ...fault };
}

/** The store, with some methods of its subscriptions replaced. */
export function withSubscriptionFault(
  inner: OrderStore,
  fault: Partial<SubscriptionStore>,
): OrderStore {
  const store = delegateStore(inner);
  return { ...store, subscriptions: { ...store.subscriptions, ...fault } };
}

export function compareBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Ends a page with the item that takes it to so many bytes, or whatever `lengthOf` counts. */
export function boundedBy<Item>(
  items: readonly Item[],
  lengthOf: (item: Item) => number,
  maximum = Number.POSITIVE_INFINITY,
): readonly Item[] {
  let length = 0;
  const end = items.findIndex((item) => {
    length += lengthOf(item);
    return length >= maximum;
  });
  return end < 0 ? items : items.slice(0, end + 1);
}

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
