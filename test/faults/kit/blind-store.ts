import { isOrderchartError } from '../../../src/index.ts';
import type { Commit, Lease, OrderStore, SubscriptionStore } from '../../../src/store/store.ts';
import { delegateStore } from '../../../src/testing/delegate.ts';

/**
 * A store from which the checks of the history are taken out, for the control of a test that relies
 * on them: numbers alone are compared, versions of orders and positions, and nothing is ever noticed.
 */
export function blindStore(store: OrderStore): OrderStore {
  return {
    ...delegateStore(store),
    commit: async (commits) => store.commit(await byVersionAlone(store, commits)),
    feed: (partition, after, limit) => store.feed(partition, after, limit),
    // Told by it, a process would begin anew before it could mix anything.
    watchHistory: () => () => {},
    subscriptions: { ...delegateStore(store).subscriptions, ...blindWrites(store) },
  };
}

/** What an order that has the expected version is decided on is taken to be what is stored. */
async function byVersionAlone(
  store: OrderStore,
  commits: readonly Commit[],
): Promise<readonly Commit[]> {
  const records = await store.load(commits);
  return commits.map((commit, index) => {
    const record = records[index];
    if (record?.version !== commit.expectedVersion) return commit;
    return { ...commit, expectedRevision: record.revision };
  });
}

function blindWrites(
  store: OrderStore,
): Pick<SubscriptionStore, 'renew' | 'checkpoint' | 'park' | 'unpark'> {
  const { subscriptions } = store;
  const unseeing = async (lease: Lease): Promise<Lease> => {
    const history = (await store.raiseHistory?.(0)) ?? 0;
    return { ...lease, history, revision: 0, seen: undefined };
  };
  return {
    renew: async (lease, ...rest) => subscriptions.renew(await unseeing(lease), ...rest),
    park: async (lease, ...rest) => subscriptions.park(await unseeing(lease), ...rest),
    unpark: async (lease, ...rest) => subscriptions.unpark(await unseeing(lease), ...rest),
    checkpoint: async (lease, position) => {
      try {
        return await subscriptions.checkpoint(await unseeing(lease), position);
      } catch (error) {
        // Beyond the end of the feed: a store without the check would have written it.
        if (isOrderchartError(error, 'historyChanged')) return lease;
        throw error;
      }
    },
  };
}
