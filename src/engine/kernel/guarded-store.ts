import { type ErrorCode, isOrderchartError, OrderchartError } from '../../errors.ts';
import type { OrderStore, SubscriptionStore, TransactionStore } from '../../store/store.ts';

/**
 * The store as the engine uses it. An adapter should throw OrderchartError only; when it throws
 * anything else, now or from its promise, the engine names the failure for the caller, with the
 * original as its cause. A failed read has changed nothing; what is not known to have failed to
 * write may have succeeded.
 */
export function guardedStore(
  store: OrderStore,
  onHistoryChanged: (error: OrderchartError) => void = () => {},
): OrderStore {
  const guarded: Guard = (code, call) => named(code, call).catch(tell);
  const tell = (error: OrderchartError): never => {
    if (error.code === 'historyChanged') onHistoryChanged(error);
    throw error;
  };
  return {
    name: store.name,
    features: store.features,
    subscriptions: guardedSubscriptions(store.subscriptions, guarded, tell),
    open: () => guarded('storeUnavailable', () => store.open()),
    close: () => guarded('storeUnavailable', () => store.close()),
    load: (keys) => guarded('storeUnavailable', () => store.load(keys)),
    findByNumber: (tenantId, number) =>
      guarded('storeUnavailable', () => store.findByNumber(tenantId, number)),
    findCommands: (identities) => guarded('storeUnavailable', () => store.findCommands(identities)),
    commit: (commits) => guarded('outcomeUnknown', () => store.commit(commits)),
    history: (key, after, limit, maximumBytes) =>
      guarded('storeUnavailable', () => store.history(key, after, limit, maximumBytes)),
    list: (query) => guarded('storeUnavailable', () => store.list(query)),
    feed: (...what) => guarded('storeUnavailable', () => store.feed(...what)),
    feedEnd: (partition) => guarded('storeUnavailable', () => store.feedEnd(partition)),
    feedPositionAt: (partition, time) =>
      guarded('storeUnavailable', () => store.feedPositionAt(partition, time)),
    due: (now, limit, after) => guarded('storeUnavailable', () => store.due(now, limit, after)),
    nextDueAt: (after) => guarded('storeUnavailable', () => store.nextDueAt(after)),
    archived: (time, limit) => guarded('storeUnavailable', () => store.archived(time, limit)),
    purge: (request) => guarded('storeUnavailable', () => store.purge(request)),
    ...guardedExtras(store, guarded),
  };
}

/** What a store may leave out. */
function guardedExtras(
  store: OrderStore,
  guarded: Guard,
): Pick<OrderStore, 'now' | 'within' | 'listen' | 'raiseHistory' | 'watchHistory'> {
  const { now, within, listen, raiseHistory, watchHistory } = store;
  return {
    ...(now && { now: () => guarded('storeUnavailable', () => now.call(store)) }),
    ...(within && {
      within: (transaction) =>
        guardedTransaction(
          checkedTransaction(store.name, () => within.call(store, transaction)),
          guarded,
        ),
    }),
    ...(raiseHistory && {
      raiseHistory: (above) => guarded('storeUnavailable', () => raiseHistory.call(store, above)),
    }),
    ...(watchHistory && { watchHistory: (onChanged) => watchHistory.call(store, onChanged) }),
    ...(listen && {
      listen: (onNews) => guarded('storeUnavailable', () => listen.call(store, onNews)),
    }),
  };
}

function checkedTransaction(name: string, within: () => TransactionStore): TransactionStore {
  try {
    return within();
  } catch (cause) {
    if (isOrderchartError(cause)) throw cause;
    throw new OrderchartError(
      'invalidArgument',
      `The store '${name}' cannot work with this transaction; see the cause.`,
      { cause },
    );
  }
}

/** Whatever fails here, the host's transaction must be rolled back, so nothing was written. */
function guardedTransaction(store: TransactionStore, guarded: Guard): TransactionStore {
  return {
    load: (keys) => guarded('storeUnavailable', () => store.load(keys)),
    findCommands: (identities) => guarded('storeUnavailable', () => store.findCommands(identities)),
    commit: (commits) => guarded('storeUnavailable', () => store.commit(commits)),
    history: (key, after, limit) =>
      guarded('storeUnavailable', () => store.history(key, after, limit)),
  };
}

/** Their writes may be repeated, so it does not matter whether a failed one was applied. */
function guardedSubscriptions(
  store: SubscriptionStore,
  guarded: Guard,
  tell: (error: OrderchartError) => never,
): SubscriptionStore {
  const { project } = store;
  return {
    claimFilter: (...what) => guarded('storeUnavailable', () => store.claimFilter(...what)),
    join: (request) => guarded('storeUnavailable', () => store.join(request)),
    leave: (subscription, owner) =>
      guarded('storeUnavailable', () => store.leave(subscription, owner)),
    acquire: (request) => guarded('storeUnavailable', () => store.acquire(request)),
    renew: (lease, now, durationMs) =>
      guarded('storeUnavailable', () => store.renew(lease, now, durationMs)),
    release: (lease) => guarded('storeUnavailable', () => store.release(lease)),
    checkpoint: (lease, position) =>
      guarded('storeUnavailable', () => store.checkpoint(lease, position)),
    checkpoints: (subscription) =>
      guarded('storeUnavailable', () => store.checkpoints(subscription)),
    rewind: (subscription, partition, position) =>
      guarded('storeUnavailable', () => store.rewind(subscription, partition, position)),
    remove: (subscription, now) =>
      guarded('storeUnavailable', () => store.remove(subscription, now)),
    // Not guarded: what the host's own function throws in there must come out as it is.
    ...(project && { project: (lease, work) => project.call(store, lease, work).catch(tell) }),
    park: (lease, entries, transaction) =>
      guarded('storeUnavailable', () => store.park(lease, entries, transaction)),
    parked: (subscription, limit, lane, maximumBytes) =>
      guarded('storeUnavailable', () => store.parked(subscription, limit, lane, maximumBytes)),
    parkedLanes: (query) => guarded('storeUnavailable', () => store.parkedLanes(query)),
    requeue: (subscription, lane) =>
      guarded('storeUnavailable', () => store.requeue(subscription, lane)),
    unpark: (...what) => guarded('storeUnavailable', () => store.unpark(...what)),
    skip: (subscription, eventId) =>
      guarded('storeUnavailable', () => store.skip(subscription, eventId)),
  };
}

type FailureCode = keyof typeof messages;

type Guard = <Result>(code: FailureCode, call: () => Promise<Result>) => Promise<Result>;

const messages = {
  storeUnavailable: 'The store failed; see the cause.',
  outcomeUnknown:
    'The store failed while it was writing; the command may have been applied. Repeat it with ' +
    'its idempotency key to find out.',
} as const satisfies Partial<Record<ErrorCode, string>>;

async function named<Result>(code: FailureCode, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    throw isOrderchartError(cause) ? cause : new OrderchartError(code, messages[code], { cause });
  }
}
