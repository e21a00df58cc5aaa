import type { Lease, OrderStore, SubscriptionStore } from '../../../src/store/store.ts';
import type { Mutant } from './mutant.ts';

/** Replaces methods of the subscriptions. */
export function subscriptionMutant(
  name: string,
  killedBy: string,
  mutate: (subscriptions: SubscriptionStore) => Partial<SubscriptionStore>,
): Mutant {
  return {
    name,
    killedBy,
    mutate: ({ subscriptions }) => ({
      subscriptions: { ...subscriptions, ...mutate(subscriptions) },
    }),
  };
}

/** Faults in leases, checkpoints, purging and closing. */
export const consumerMutants: readonly Mutant[] = [
  subscriptionMutant(
    'a checkpoint is accepted from an old epoch',
    'an old epoch can neither renew nor move the checkpoint',
    (subscriptions) => {
      const latest = new Map<string, Lease>();
      const placeOf = (lease: Lease | { subscription: string; partition: number }) =>
        `${lease.subscription}/${lease.partition}`;
      return {
        acquire: async (request) => {
          const lease = await subscriptions.acquire(request);
          if (lease) latest.set(placeOf(lease), lease);
          return lease;
        },
        checkpoint: (lease, position) =>
          subscriptions.checkpoint(latest.get(placeOf(lease)) ?? lease, position),
      };
    },
  ),
  subscriptionMutant(
    'a lease is given to another owner a millisecond early',
    'a held lease is not given to another owner until it has expired',
    (subscriptions) => ({
      acquire: (request) =>
        subscriptions.acquire({ ...request, durationMs: request.durationMs - 1 }),
    }),
  ),
  subscriptionMutant(
    'attempts are kept in 32 bits',
    'counts, positions and times that need more than 32 bits are read back unchanged',
    (subscriptions) => ({
      park: (lease, entries) =>
        subscriptions.park(
          lease,
          entries.map((entry) => ({ ...entry, attempts: Math.trunc(entry.attempts % 2 ** 31) })),
        ),
    }),
  ),
  subscriptionMutant('releasing keeps the lease', 'releasing frees the lease immediately', () => ({
    release: async () => undefined,
  })),
  subscriptionMutant(
    'a page of parked events knows no bound in bytes',
    'a page of parked events ends with the one that reaches the byte limit',
    (subscriptions) => ({
      parked: (subscription, limit, lane) => subscriptions.parked(subscription, limit, lane),
    }),
  ),
  subscriptionMutant('renewing does not prolong', 'renewing extends a lease', (subscriptions) => ({
    renew: (lease) => subscriptions.renew(lease, 0, 0),
  })),
  subscriptionMutant(
    'a new owner begins where the subscription began',
    'the next lease starts at the checkpoint',
    (subscriptions) => ({
      acquire: async (request) => {
        const lease = await subscriptions.acquire(request);
        return lease && { ...lease, position: request.startPosition };
      },
    }),
  ),
  subscriptionMutant(
    'another filter takes the place of the one that is recorded',
    'the first filter is recorded, and another one only if the call names the recorded one',
    (subscriptions) => ({
      claimFilter: async (subscription, filter) => {
        const known = await subscriptions.claimFilter(subscription, filter);
        return subscriptions.claimFilter(subscription, filter, known);
      },
    }),
  ),
  subscriptionMutant(
    'whoever claims a filter is told its own',
    'of twenty filters at once, one is recorded, and all calls return it',
    (subscriptions) => ({
      claimFilter: async (subscription, filter, replacing) => {
        await subscriptions.claimFilter(subscription, filter, replacing);
        return filter;
      },
    }),
  ),
  subscriptionMutant(
    'who joins is told only of the others',
    'joining returns all members, including the new one, in the order of joining',
    (subscriptions) => ({
      join: async (request) =>
        (await subscriptions.join(request)).filter((owner) => owner !== request.owner),
    }),
  ),
  subscriptionMutant(
    'members come by name',
    'joining returns all members, including the new one, in the order of joining',
    (subscriptions) => ({
      join: async (request) => (await subscriptions.join(request)).toSorted(),
    }),
  ),
  subscriptionMutant(
    'who joins again goes to the end of the order',
    'joining again extends a membership and keeps its place in the order',
    (subscriptions) => ({
      join: async (request) => {
        await subscriptions.leave(request.subscription, request.owner);
        return subscriptions.join(request);
      },
    }),
  ),
  subscriptionMutant(
    'members never go',
    'a member that does not join again in time is removed, and may join again',
    (subscriptions) => ({
      join: (request) => subscriptions.join({ ...request, durationMs: 1_000_000 }),
    }),
  ),
  subscriptionMutant(
    'leaving leaves every subscription',
    'a member that leaves is removed; leaving without having joined is harmless',
    (subscriptions) => ({
      leave: async (_, owner) => {
        await subscriptions.leave('mailer', owner);
        await subscriptions.leave('ledger', owner);
      },
    }),
  ),
  subscriptionMutant(
    'rewinding keeps the lease',
    'after rewinding, the old lease can do nothing, and the next one starts at the new position',
    (subscriptions) => {
      const leases = new Map<string, Lease>();
      return {
        acquire: async (request) => {
          const lease = await subscriptions.acquire(request);
          if (lease) leases.set(lease.subscription, lease);
          return lease;
        },
        rewind: async (subscription, partition, position) => {
          const lease = leases.get(subscription);
          if (lease) await subscriptions.checkpoint(lease, position);
          else await subscriptions.rewind(subscription, partition, position);
        },
      };
    },
  ),
  subscriptionMutant(
    'rewinding goes back only',
    'rewinding moves the checkpoint backward or forward, and creates it if there is none',
    (subscriptions) => ({
      rewind: async (subscription, partition, position) => {
        const [present] = await subscriptions.checkpoints(subscription);
        const least = Math.min(present?.position ?? position, position);
        await subscriptions.rewind(subscription, partition, least);
      },
    }),
  ),
  subscriptionMutant(
    'what is in use is removed',
    'a subscription with a member or a held lease is not removed',
    (subscriptions) => ({
      remove: (subscription) => subscriptions.remove(subscription, 1_000_000),
    }),
  ),
  {
    name: 'purging orders takes too much',
    killedBy: 'orders that are not archived, or archived later, stay',
    mutate: (store) => ({
      purge: ({ archivedBefore, ...request }) =>
        store.purge(
          archivedBefore === undefined
            ? request
            : { ...request, archivedBefore: archivedBefore + 1 },
        ),
    }),
  },
  {
    name: 'purging named orders takes others too',
    killedBy: 'a purge of named orders removes those of them that are archived long enough',
    mutate: (store) => ({ purge: ({ orders: _, ...request }) => store.purge(request) }),
  },
  {
    name: 'archived orders are told in the wrong order',
    killedBy: 'archived orders are returned, the longest archived first, up to the limit',
    mutate: (store) => ({
      archived: async (time, limit) =>
        (await store.archived(time, 1_000))
          .toSorted((one, other) => (one.tenantId < other.tenantId ? 1 : -1))
          .slice(0, limit),
    }),
  },
  {
    name: 'purging commands takes too much',
    killedBy: 'commands recorded before the time are removed; later ones and the orders stay',
    mutate: (store) => ({
      purge: ({ commandsBefore, ...request }) =>
        store.purge(
          commandsBefore === undefined
            ? request
            : { ...request, commandsBefore: commandsBefore + 1 },
        ),
    }),
  },
  {
    name: 'positions move up after a purge',
    killedBy: 'positions stay as they are, and are never reused',
    mutate: (store) => ({
      feedEnd: async () => (await store.feed(0, 0, 10_000)).length,
      feed: async (_, after, limit) =>
        (await store.feed(0, 0, 10_000))
          .map((entry, index) => ({ ...entry, position: index + 1 }))
          .slice(after, after + limit),
    }),
  },
  {
    name: 'a closed store still answers',
    killedBy: 'a closed store refuses every call',
    mutate: () => ({ close: async () => undefined }),
  },
];

/** The store with its fault. */
export function mutated(store: OrderStore, { mutate }: Mutant): OrderStore {
  return { ...store, ...mutate(store) };
}
