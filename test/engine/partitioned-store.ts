import { createMemoryStore, type FeedEntry, type Lease, type OrderStore } from 'orderchart';
import { delegateStore } from '../../src/testing/delegate.ts';
import { sharedStore } from './kit.ts';

/**
 * A store in memory that several engines share as processes share a database: its feed is in
 * partitions, and it says that others may write to it.
 */
export function partitionedStore(partitions: number): OrderStore {
  const inner = sharedStore(createMemoryStore());
  const { feed } = partitionedFeed(inner, partitions);
  const { subscriptions } = inner;
  // Positions are those of the partitions here, and the inner store knows nothing of them.
  const unseen = (lease: Lease): Lease => ({ ...lease, seen: undefined });
  return {
    ...inner,
    features: { ...inner.features, shared: true, partitions },
    feed,
    subscriptions: {
      ...subscriptions,
      renew: (lease, ...rest) => subscriptions.renew(unseen(lease), ...rest),
      checkpoint: (lease, position) => subscriptions.checkpoint(unseen(lease), position),
      park: (lease, entries) => subscriptions.park(unseen(lease), entries),
      unpark: (lease, eventId) => subscriptions.unpark(unseen(lease), eventId),
    },
    feedEnd: async (partition) => (await feed(partition, 0, Number.POSITIVE_INFINITY)).length,
    feedPositionAt: async (partition, time) => {
      const entries = await feed(partition, 0, Number.POSITIVE_INFINITY);
      const index = entries.findIndex(({ event }) => event.recordedAt >= time);
      return index < 0 ? entries.length : index;
    },
  };
}

/** The one partition of `inner`, dealt out by order. */
function partitionedFeed(inner: OrderStore, partitions: number) {
  const entries = Array.from({ length: partitions }, (): FeedEntry[] => []);
  let read = 0;
  const catchUp = async () => {
    for (const { position, event } of await inner.feed(0, read, 1_000_000)) {
      if (position <= read) continue;
      read = position;
      const partition = partitionOf(event.orderId, partitions);
      const own = entries[partition] ?? [];
      own.push({ partition, position: own.length + 1, event });
    }
  };
  return {
    feed: async (partition: number, after: number, limit: number) => {
      await catchUp();
      return (entries[partition] ?? []).slice(after, after + limit);
    },
  };
}

/** Ids that end in a number are dealt out in turn. */
export function partitionOf(orderId: string, partitions: number): number {
  const number = Number(/\d+$/.exec(orderId)?.[0] ?? 0);
  return number % partitions;
}

/** A store with some of its methods replaced, also those of its subscriptions. */
export function changed(
  store: OrderStore,
  changes: Partial<OrderStore>,
  subscriptions: Partial<OrderStore['subscriptions']> = {},
): OrderStore {
  const delegate = delegateStore(store);
  return {
    ...delegate,
    ...changes,
    subscriptions: { ...delegate.subscriptions, ...subscriptions },
  };
}
