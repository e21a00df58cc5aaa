import type { Lease, LeaseRequest, OrderStore } from 'orderchart';
import { withSubscriptionFault } from './shared.ts';

const placeOf = ({ subscription, partition }: Pick<Lease, 'subscription' | 'partition'>): string =>
  JSON.stringify([subscription, partition]);

/** `SET expires_at = expires_at + ?`: a renewal counts from the former end, not from `now`. */
export function renewalFromFormerEnd(inner: OrderStore): OrderStore {
  const ends = new Map<string, number>();
  const { subscriptions } = inner;
  return withSubscriptionFault(inner, {
    acquire: async (request) => {
      const lease = await subscriptions.acquire(request);
      if (lease) ends.set(placeOf(lease), request.now + request.durationMs);
      return lease;
    },
    renew: async (lease, now, durationMs) => {
      const former = ends.get(placeOf(lease)) ?? now;
      const renewed = await subscriptions.renew(lease, former, durationMs);
      if (renewed) ends.set(placeOf(lease), former + durationMs);
      return renewed;
    },
  });
}

/** MySQL: the owner of a lease is in a column whose collation ignores case. */
export function leaseOwnerWithoutCase(inner: OrderStore): OrderStore {
  const owners = new Map<string, string>();
  const { subscriptions } = inner;
  return withSubscriptionFault(inner, {
    acquire: async (request: LeaseRequest) => {
      const known = owners.get(placeOf(request));
      const isAlike = known?.toLowerCase() === request.owner.toLowerCase();
      const owner = isAlike && known !== undefined ? known : request.owner;
      const lease = await subscriptions.acquire({ ...request, owner });
      if (lease) owners.set(placeOf(request), owner);
      return lease && { ...lease, owner: request.owner };
    },
    ...Object.fromEntries(
      (['renew', 'release', 'checkpoint', 'park', 'unpark', 'project'] as const).map((name) => [
        name,
        (lease: Lease, ...rest: readonly unknown[]) => {
          const known = owners.get(placeOf(lease));
          const isAlike = known?.toLowerCase() === lease.owner.toLowerCase();
          const method = subscriptions[name] as (...values: readonly unknown[]) => unknown;
          return method(isAlike ? { ...lease, owner: known } : lease, ...rest);
        },
      ]),
    ),
  });
}

/** With `replacing` it is an `UPDATE ... WHERE filter = ?`, which records nothing where no row is. */
export function replacingRecordsNothing(inner: OrderStore): OrderStore {
  const recorded = new Set<string>();
  const { subscriptions } = inner;
  return withSubscriptionFault(inner, {
    claimFilter: async (subscription, filter, replacing) => {
      if (replacing !== undefined && !recorded.has(subscription)) return filter;
      recorded.add(subscription);
      return subscriptions.claimFilter(subscription, filter, replacing);
    },
    remove: async (subscription, now) => {
      const isGone = await subscriptions.remove(subscription, now);
      if (isGone) recorded.delete(subscription);
      return isGone;
    },
  });
}
