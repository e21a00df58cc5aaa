import { OrderchartError } from '../../../src/errors.ts';
import type { Lease, SubscriptionStore } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

/** The lease as the store has it at present: whoever writes with it, knows what is so. */
function believed(subscriptions: SubscriptionStore) {
  const latest = new Map<string, Lease>();
  const note = (lease: Lease | undefined): Lease | undefined => {
    if (lease !== undefined) latest.set(lease.subscription, lease);
    return lease;
  };
  return {
    acquire: async (request: Parameters<SubscriptionStore['acquire']>[0]) =>
      note(await subscriptions.acquire(request)),
    /** The lease without what its holder knows. */
    of: (lease: Lease): Lease => {
      const { revision = 0, history = 0 } = latest.get(lease.subscription) ?? {};
      return { ...lease, revision: Math.min(revision, lease.revision), history, seen: undefined };
    },
  };
}

/** Faults in noticing that the history has changed. */
export const failoverMutants: readonly Mutant[] = [
  {
    name: 'every commit is told as a change of history',
    killedBy:
      'no change is reported while the history stays the same, and watching may be ended twice',
    mutate: (store) => {
      const listeners = new Set<(error: OrderchartError) => void>();
      return {
        watchHistory: (onChanged) => {
          listeners.add(onChanged);
          return () => listeners.delete(onChanged);
        },
        commit: (commits) => {
          for (const tell of listeners) tell(new OrderchartError('historyChanged', 'Another one.'));
          return store.commit(commits);
        },
      };
    },
  },
  {
    name: 'the event at the place of a reader is ignored by the feed',
    killedBy: 'a page is refused if another event is at the position of the reader',
    mutate: (store) => ({
      feed: (partition, after, limit, bytes, known) =>
        store.feed(partition, after, limit, bytes, known && { ...known, eventId: undefined }),
    }),
  },
  {
    name: 'the end is ignored by the feed',
    killedBy: 'a page is refused if the feed ends before the position of the reader',
    mutate: (store) => ({
      feed: async (partition, after, limit, bytes, known) => {
        const end = await store.feedEnd(partition);
        return after > end ? [] : store.feed(partition, after, limit, bytes, known);
      },
    }),
  },
  {
    name: 'the number of the history is ignored by the feed',
    killedBy: 'a page is refused to a reader of another history',
    mutate: (store) => ({
      feed: async (partition, after, limit, bytes, known) => {
        const history = (await store.raiseHistory?.(0)) ?? 0;
        return store.feed(partition, after, limit, bytes, known && { ...known, history });
      },
    }),
  },
  subscriptionMutant(
    'a checkpoint beyond the end is cut to the end',
    'a checkpoint beyond the end of the feed is refused',
    (subscriptions) => ({
      checkpoint: (lease, position) => subscriptions.checkpoint(lease, Math.min(position, 20)),
    }),
  ),
  subscriptionMutant(
    'what the holder knows is ignored by a checkpoint',
    'a checkpoint is refused if the lease is of a lost history',
    (subscriptions) => {
      const { acquire, of } = believed(subscriptions);
      return {
        acquire,
        checkpoint: (lease, position) => subscriptions.checkpoint(of(lease), position),
      };
    },
  ),
  subscriptionMutant(
    'the event that was read last is ignored by a checkpoint',
    'a checkpoint is refused if the lease is of a lost history',
    (subscriptions) => ({
      checkpoint: (lease, position) =>
        subscriptions.checkpoint({ ...lease, seen: undefined }, position),
    }),
  ),
  subscriptionMutant(
    'what the holder knows is ignored by a renewal',
    'a lease of a lost history is not renewed',
    (subscriptions) => {
      const { acquire, of } = believed(subscriptions);
      return {
        acquire,
        renew: (lease, ...rest) => subscriptions.renew(of(lease), ...rest),
      };
    },
  ),
  subscriptionMutant(
    'what the owner knows is ignored when a lease is taken',
    'a lease is not given to an owner that knows a lost history',
    (subscriptions) => ({
      acquire: ({ known: _, ...request }) => subscriptions.acquire(request),
    }),
  ),
  subscriptionMutant(
    'the event that was read last is ignored when a lease is taken',
    'a lease is not given to an owner that knows a lost history',
    (subscriptions) => ({
      acquire: ({ known, ...request }) =>
        subscriptions.acquire({ ...request, known: known && { ...known, seen: undefined } }),
    }),
  ),
  subscriptionMutant(
    'what the owner knows is looked at only where the lease is free',
    'a lease is not given to an owner that knows a lost history',
    (subscriptions) => {
      const { acquire, of } = believed(subscriptions);
      return {
        acquire: async ({ known, ...request }) => {
          const asked = known && { ...known, revision: 0, history: of(known as Lease).history };
          const lease = await acquire({
            ...request,
            known: { ...asked, seen: undefined } as never,
          });
          return lease && acquire({ ...request, known });
        },
      };
    },
  ),
  subscriptionMutant(
    'one owner who knows what is not so keeps the lease from all who ask at once',
    'what an owner knows is checked for each of several that acquire at once',
    (subscriptions) => {
      const batch: Promise<unknown>[] = [];
      return {
        acquire: async (request) => {
          const asked = subscriptions.acquire(request);
          batch.push(asked);
          await Promise.resolve();
          await Promise.all(batch);
          return asked;
        },
      };
    },
  ),
  subscriptionMutant(
    'what the holder knows is ignored by parking',
    'nothing is parked or unparked if the lease is of a lost history',
    (subscriptions) => {
      const { acquire, of } = believed(subscriptions);
      return { acquire, park: (lease, ...rest) => subscriptions.park(of(lease), ...rest) };
    },
  ),
  subscriptionMutant(
    'what the holder knows is ignored by unparking',
    'nothing is parked or unparked if the lease is of a lost history',
    (subscriptions) => ({
      unpark: async (lease, eventId) => {
        await subscriptions.skip(lease.subscription, eventId);
        return { ...lease, revision: lease.revision + 1 };
      },
    }),
  ),
  subscriptionMutant(
    'parking does not raise the revision',
    'every write under a lease raises its revision, and so does acquiring it',
    (subscriptions) => ({
      park: async (lease, ...rest) => (await subscriptions.park(lease, ...rest)) && lease,
    }),
  ),
  {
    name: 'the number of a history is given once more',
    killedBy: 'raiseHistory raises the number above the given one, and older leases are refused',
    mutate: (store) => ({ raiseHistory: async () => (await store.raiseHistory?.(0)) ?? 0 }),
  },
];
