import type { OrderStore, SubscriptionStore } from '../store/store.ts';

/**
 * Creates a store that delegates every call to `store`. Spread it, and replace the methods that
 * should behave differently. (Spreading an instance of a class would lose its methods.)
 *
 * @example
 * const deaf: OrderStore = { ...delegateStore(store), due: async () => [] };
 */
export function delegateStore(store: OrderStore): OrderStore {
  const { now, within, listen, raiseHistory, watchHistory } = store;
  return {
    name: store.name,
    features: store.features,
    open: () => store.open(),
    close: () => store.close(),
    load: (keys) => store.load(keys),
    findByNumber: (tenantId, number) => store.findByNumber(tenantId, number),
    findCommands: (identities) => store.findCommands(identities),
    commit: (commits) => store.commit(commits),
    history: (key, after, limit, maximumBytes) => store.history(key, after, limit, maximumBytes),
    list: (query) => store.list(query),
    feed: (...what) => store.feed(...what),
    feedEnd: (partition) => store.feedEnd(partition),
    feedPositionAt: (partition, time) => store.feedPositionAt(partition, time),
    due: (now, limit, after) => store.due(now, limit, after),
    nextDueAt: (after) => store.nextDueAt(after),
    archived: (time, limit) => store.archived(time, limit),
    purge: (request) => store.purge(request),
    subscriptions: delegateSubscriptions(store.subscriptions),
    ...(now && { now: () => now.call(store) }),
    ...(within && { within: (transaction) => within.call(store, transaction) }),
    ...(raiseHistory && { raiseHistory: (above) => raiseHistory.call(store, above) }),
    ...(watchHistory && { watchHistory: (onChanged) => watchHistory.call(store, onChanged) }),
    ...(listen && { listen: (onNews) => listen.call(store, onNews) }),
  };
}

function delegateSubscriptions(subscriptions: SubscriptionStore): SubscriptionStore {
  const { project } = subscriptions;
  return {
    claimFilter: (...what) => subscriptions.claimFilter(...what),
    join: (request) => subscriptions.join(request),
    leave: (subscription, owner) => subscriptions.leave(subscription, owner),
    acquire: (request) => subscriptions.acquire(request),
    renew: (lease, now, durationMs) => subscriptions.renew(lease, now, durationMs),
    release: (lease) => subscriptions.release(lease),
    checkpoint: (lease, position) => subscriptions.checkpoint(lease, position),
    checkpoints: (subscription) => subscriptions.checkpoints(subscription),
    rewind: (subscription, partition, position) =>
      subscriptions.rewind(subscription, partition, position),
    remove: (subscription, now) => subscriptions.remove(subscription, now),
    ...(project && { project: (lease, work) => project.call(subscriptions, lease, work) }),
    park: (lease, entries, transaction) => subscriptions.park(lease, entries, transaction),
    parked: (...what) => subscriptions.parked(...what),
    parkedLanes: (query) => subscriptions.parkedLanes(query),
    requeue: (subscription, lane) => subscriptions.requeue(subscription, lane),
    unpark: (...what) => subscriptions.unpark(...what),
    skip: (subscription, eventId) => subscriptions.skip(subscription, eventId),
  };
}
