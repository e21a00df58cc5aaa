import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../../../src/engine/kernel/clock.ts';
import type { Lease, SubscriptionStore } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

/** Remembers the latest lease that was given. */
function remembering(inner: SubscriptionStore) {
  const seen: { lease?: Lease; endsAt?: number } = {};
  const acquire: SubscriptionStore['acquire'] = async (request) => {
    const lease = await inner.acquire(request);
    if (lease) Object.assign(seen, { lease, endsAt: request.now + request.durationMs });
    return lease;
  };
  return { seen, acquire };
}

/** Faults in epochs, ends and removals of leases, and in who takes part. */
export const leaseMutants: readonly Mutant[] = [
  subscriptionMutant(
    'an owner keeps its epoch when nobody had the lease in between',
    'an owner whose lease expired gets a new epoch, even if no other owner had it in between',
    (inner) => {
      const { seen, acquire } = remembering(inner);
      return {
        acquire: async (request) => {
          const { lease } = seen;
          const isAgain = lease?.owner === request.owner;
          return isAgain && (await inner.renew(lease, request.now, request.durationMs))
            ? lease
            : acquire(request);
        },
      };
    },
  ),
  subscriptionMutant(
    'releasing looks at the owner and not at the epoch',
    'an old epoch of the same owner releases nothing',
    (inner) => {
      const { seen, acquire } = remembering(inner);
      return {
        acquire,
        release: (lease) => inner.release(seen.lease?.owner === lease.owner ? seen.lease : lease),
      };
    },
  ),
  subscriptionMutant(
    'a lease that ran out is not renewed',
    'an expired lease that no other owner took can still be renewed and move its checkpoint',
    (inner) => {
      const { seen, acquire } = remembering(inner);
      return {
        acquire,
        renew: async (lease, now, durationMs) =>
          now < (seen.endsAt ?? 0) ? inner.renew(lease, now, durationMs) : undefined,
      };
    },
  ),
  subscriptionMutant(
    'releasing raises the epoch, and so does taking the lease next',
    'the epoch grows by one each time the lease is taken',
    (inner) => ({
      release: async (lease) => {
        await inner.release(lease);
        const { subscription, partition } = lease;
        const request = { subscription, partition, owner: 'nobody', now: 0, durationMs: 0 };
        const between = await inner.acquire({ ...request, startPosition: 0 });
        if (between) await inner.release(between);
      },
    }),
  ),
  subscriptionMutant(
    'an expired lease is looked at first and taken later',
    'of twenty workers at once on an expired lease, one gets it',
    (inner) => {
      const { seen, acquire } = remembering(inner);
      return {
        acquire: async (request) => {
          const { lease, endsAt = 0 } = seen;
          const isFree = lease !== undefined && endsAt <= request.now;
          await nextTurn();
          const taken = await acquire(request);
          return taken ?? (isFree ? { ...lease, owner: request.owner } : undefined);
        },
      };
    },
  ),
  subscriptionMutant(
    'leases go by the clock of the machine',
    'leases and members use the time that is passed, not the clock of this machine',
    (inner) => ({
      acquire: (request) => inner.acquire({ ...request, now: systemClock.now() }),
      renew: (lease, _, durationMs) => inner.renew(lease, systemClock.now(), durationMs),
    }),
  ),
  subscriptionMutant(
    'members go by the clock of the machine',
    'leases and members use the time that is passed, not the clock of this machine',
    (inner) => ({ join: (request) => inner.join({ ...request, now: systemClock.now() }) }),
  ),
  subscriptionMutant(
    'several events are parked one after the other',
    'parking while the subscription is rewound parks all or nothing, and answers which',
    (inner) => ({
      park: async (lease, entries) => {
        for (const entry of entries) {
          if (!(await inner.park(lease, [entry]))) return undefined;
        }
        return lease;
      },
    }),
  ),
  subscriptionMutant(
    'the epoch is looked at first, and the checkpoint set later',
    'moving the checkpoint while the subscription is rewound leaves it where it was rewound to',
    (inner) => ({
      checkpoint: async (lease, position) => {
        if (!(await inner.checkpoint(lease, position))) return undefined;
        await nextTurn();
        await inner.rewind(lease.subscription, lease.partition, position);
        return lease;
      },
    }),
  ),
  subscriptionMutant(
    'whoever left is remembered with its place',
    'a member that leaves and joins again is last',
    (inner) => {
      const first = new Map<string, number>();
      return {
        join: async (request) => {
          if (!first.has(request.owner)) first.set(request.owner, request.now);
          const rank = (owner: string) => first.get(owner) ?? 0;
          return (await inner.join(request)).toSorted((one, other) => rank(one) - rank(other));
        },
      };
    },
  ),
  subscriptionMutant(
    'a subscription is held for a millisecond longer than its leases',
    'expired leases and members do not prevent a removal',
    (inner) => ({ remove: (subscription, now) => inner.remove(subscription, now - 1) }),
  ),
  subscriptionMutant(
    'an old lease brings a removed subscription back',
    'a lease of a removed subscription can do nothing, and restores nothing',
    (inner) => ({
      checkpoint: async (lease, position) => {
        const isThere = (await inner.checkpoints(lease.subscription)).length > 0;
        if (isThere) return inner.checkpoint(lease, position);
        await inner.rewind(lease.subscription, lease.partition, position);
        return lease;
      },
    }),
  ),
  subscriptionMutant(
    'a removal that is refused has removed the parked events already',
    'a refused removal removes nothing',
    (inner) => ({
      remove: async (subscription, now) => {
        for (const { event } of await inner.parked(subscription, 10_000)) {
          await inner.skip(subscription, event.id);
        }
        return inner.remove(subscription, now);
      },
    }),
  ),
  subscriptionMutant(
    'an event is parked once, whoever parks it',
    'two subscriptions can park the same event independently',
    (inner) => ({
      park: async (lease, entries) => {
        for (const { event } of entries) await inner.skip('mailer', event.id);
        return inner.park(lease, entries);
      },
    }),
  ),
  subscriptionMutant(
    'parking again cannot take an error away',
    'parking again may clear an error, a time and attempts, and set them again',
    (inner) => ({
      park: async (lease, entries) => {
        const known = await inner.parked(lease.subscription, 10_000);
        const errorOf = (id: string) => known.find(({ event }) => event.id === id)?.error ?? null;
        const kept = entries.map((entry) => ({
          ...entry,
          error: entry.error ?? errorOf(entry.event.id),
        }));
        return inner.park(lease, kept);
      },
    }),
  ),
];
