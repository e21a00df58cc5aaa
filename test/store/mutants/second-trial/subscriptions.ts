import { OrderchartError, type OrderKey, type OrderStore, type ParkedEvent } from 'orderchart';
import {
  boundedBy,
  bytesOf,
  compareBytes,
  everything,
  withFault,
  withSubscriptionFault,
} from './shared.ts';

const historyChanged = () => new OrderchartError('historyChanged', 'The history is another one.');

/**
 * "Nothing is there, and the partition does not reach as far" asked of the rows: once the last
 * events are purged, readers and checkpoints at the end are told that the history has changed.
 */
export function endOfRows(inner: OrderStore): OrderStore {
  const checkEnd = async (partition: number, position: number) => {
    const entries = await inner.feed(partition, 0, everything);
    if (position > (entries.at(-1)?.position ?? 0)) throw historyChanged();
  };
  const store = withSubscriptionFault(inner, {
    checkpoint: async (lease, position) => {
      if (lease.partition === 0) await checkEnd(lease.partition, position);
      return inner.subscriptions.checkpoint(lease, position);
    },
  });
  return {
    ...store,
    feed: async (partition, after, limit, maximumBytes, known) => {
      if (known !== undefined && partition === 0) await checkEnd(partition, after);
      return inner.feed(partition, after, limit, maximumBytes, known);
    },
  };
}

/** `SET history = GREATEST(history + 1, ? + 1)`: asking for the number makes another of it. */
export function historyAlwaysRaised(inner: OrderStore): OrderStore {
  return withFault(inner, {
    raiseHistory: async (above) => {
      const present = (await inner.raiseHistory?.(0)) ?? 0;
      return (await inner.raiseHistory?.(Math.max(above, present))) ?? 0;
    },
  });
}

const isSameEvent = ({ event: one }: ParkedEvent, { event: other }: ParkedEvent): boolean =>
  one.tenantId === other.tenantId && one.orderId === other.orderId && one.version === other.version;

/**
 * `ON DUPLICATE KEY UPDATE retry_at = COALESCE(VALUES(retry_at), retry_at)`: an event that is now
 * refused for good keeps the time at which it was to be tried again.
 */
export function retryAtCoalesced(inner: OrderStore): OrderStore {
  return withSubscriptionFault(inner, {
    park: async (lease, entries, transaction) => {
      const former = await inner.subscriptions.parked(lease.subscription, everything);
      const coalesced = entries.map((entry) => {
        const known = former.find((other) => isSameEvent(entry, other));
        return { ...entry, retryAt: entry.retryAt ?? known?.retryAt ?? null };
      });
      return inner.subscriptions.park(lease, coalesced, transaction);
    },
  });
}

/** DynamoDB: the version is the end of a sort key of text, where 10 comes before 9. */
export function parkedVersionAsText(inner: OrderStore): OrderStore {
  const compare = ({ event: one }: ParkedEvent, { event: other }: ParkedEvent) =>
    compareBytes(one.tenantId, other.tenantId) ||
    compareBytes(one.orderId, other.orderId) ||
    compareBytes(String(one.version), String(other.version));
  return withSubscriptionFault(inner, {
    parked: async (subscription, limit, lane, maximumBytes) => {
      const all = await inner.subscriptions.parked(subscription, everything, lane);
      const page = all.toSorted(compare).slice(0, limit);
      return boundedBy(page, ({ event }) => bytesOf(event), maximumBytes);
    },
  });
}

/** The next page of lanes is looked up behind the row of its `after`; without one, from the first. */
export function lostLaneCursor(inner: OrderStore): OrderStore {
  const isSame = (one: OrderKey, other: OrderKey) =>
    one.tenantId === other.tenantId && one.orderId === other.orderId;
  return withSubscriptionFault(inner, {
    parkedLanes: async ({ after, limit, ...query }) => {
      const all = await inner.subscriptions.parkedLanes({ ...query, limit: everything });
      const start = after ? all.findIndex((lane) => isSame(lane, after)) + 1 : 0;
      return all.slice(start, start + limit);
    },
  });
}

/** `unpark` forgets the transaction that it is given: a projection that fails has dealt with it. */
export function unparkOutside(inner: OrderStore): OrderStore {
  return withSubscriptionFault(inner, {
    unpark: (lease, eventId) => inner.subscriptions.unpark(lease, eventId),
  });
}
