import { createMemoryStore, type OrderStore } from 'orderchart';
import { delegateStore } from '../../src/testing/delegate.ts';

/** A store in memory that can be set back to what it was, while engines use it. */
export interface SetBackStore extends OrderStore {
  /** Remembers what is there now. */
  copy(): void;
  /** Puts back what was remembered, as a backup or a standby that was behind. */
  putBack(): Promise<void>;
}

/**
 * What is written is noted; to put a state back, a new store is written up to there. It has the
 * same orders, events, leases and parked events, under the same numbers.
 */
export function setBackStore(): SetBackStore {
  let inner = createMemoryStore();
  let log: ((store: OrderStore) => Promise<unknown>)[] = [];
  let copied = 0;
  const written = <Result>(write: (store: OrderStore) => Promise<Result>): Promise<Result> => {
    log.push(write);
    return write(inner);
  };
  const proxy = delegateStore({
    ...delegateStore(inner),
    load: (keys) => inner.load(keys),
    findByNumber: (...what) => inner.findByNumber(...what),
    findCommands: (identities) => inner.findCommands(identities),
    history: (...what) => inner.history(...what),
    list: (query) => inner.list(query),
    feed: (...what) => inner.feed(...what),
    feedEnd: (partition) => inner.feedEnd(partition),
    feedPositionAt: (...what) => inner.feedPositionAt(...what),
    due: (...what) => inner.due(...what),
    nextDueAt: (...what) => inner.nextDueAt(...what),
    archived: (...what) => inner.archived(...what),
    open: () => inner.open(),
    close: async () => {},
    commit: (commits) => written((store) => store.commit(commits)),
    purge: (request) => written((store) => store.purge(request)),
    raiseHistory: (above) => written(async (store) => (await store.raiseHistory?.(above)) ?? 0),
    subscriptions: {
      claimFilter: (...what) => written((store) => store.subscriptions.claimFilter(...what)),
      join: (request) => written((store) => store.subscriptions.join(request)),
      leave: (...what) => written((store) => store.subscriptions.leave(...what)),
      acquire: (request) => written((store) => store.subscriptions.acquire(request)),
      renew: (...what) => written((store) => store.subscriptions.renew(...what)),
      release: (lease) => written((store) => store.subscriptions.release(lease)),
      checkpoint: (...what) => written((store) => store.subscriptions.checkpoint(...what)),
      checkpoints: (subscription) => inner.subscriptions.checkpoints(subscription),
      rewind: (...what) => written((store) => store.subscriptions.rewind(...what)),
      remove: (...what) => written((store) => store.subscriptions.remove(...what)),
      park: (...what) => written((store) => store.subscriptions.park(...what)),
      parked: (...what) => inner.subscriptions.parked(...what),
      parkedLanes: (query) => inner.subscriptions.parkedLanes(query),
      requeue: (...what) => written((store) => store.subscriptions.requeue(...what)),
      unpark: (...what) => written((store) => store.subscriptions.unpark(...what)),
      skip: (...what) => written((store) => store.subscriptions.skip(...what)),
    },
  });
  return {
    ...proxy,
    features: { ...inner.features, shared: true },
    copy: () => {
      copied = log.length;
    },
    putBack: async () => {
      const present = createMemoryStore();
      await present.open();
      log = log.slice(0, copied);
      // A write that was refused then is refused now.
      for (const write of log) await write(present).catch(() => {});
      inner = present;
    },
  };
}
