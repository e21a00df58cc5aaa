import {
  type Lease,
  OrderchartError,
  type OrderStore,
  type ParkedEvent,
  type SubscriptionStore,
} from 'orderchart';
import { everything } from '../second-trial/shared.ts';

type Subscriptions = Partial<SubscriptionStore>;

const placeOf = ({ subscription, partition }: Pick<Lease, 'subscription' | 'partition'>): string =>
  JSON.stringify([subscription, partition]);

/** One write compares the end of the lease with the latest time that any call has passed. */
export function refusedWhenExpired(
  inner: SubscriptionStore,
  name: 'checkpoint' | 'park' | 'unpark',
): Subscriptions {
  let latest = 0;
  const ends = new Map<string, number>();
  const method = inner[name] as (lease: Lease, ...rest: never[]) => Promise<Lease | undefined>;
  return {
    join: (request) => {
      latest = Math.max(latest, request.now);
      return inner.join(request);
    },
    acquire: async (request) => {
      latest = Math.max(latest, request.now);
      const lease = await inner.acquire(request);
      if (lease) ends.set(placeOf(lease), request.now + request.durationMs);
      return lease;
    },
    [name]: async (lease: Lease, ...rest: never[]) =>
      latest < (ends.get(placeOf(lease)) ?? 0) ? method(lease, ...rest) : undefined,
  };
}

/** `INSERT ... ON CONFLICT DO NOTHING`: a holder that acquires again keeps the end that it had. */
export function acquiredAgainUnextended(inner: SubscriptionStore): Subscriptions {
  const held = new Map<string, { readonly lease: Lease; readonly end: number }>();
  return {
    acquire: async (request) => {
      const known = held.get(placeOf(request));
      if (known?.lease.owner === request.owner && request.now < known.end) return known.lease;
      const lease = await inner.acquire(request);
      const end = request.now + request.durationMs;
      if (lease) held.set(placeOf(request), { lease, end });
      return lease;
    },
  };
}

/** The first epoch sets the start position, although rewinding has created the row. */
export function rewindOverwritten(inner: SubscriptionStore): Subscriptions {
  return {
    acquire: async (request) => {
      const { subscription, partition, startPosition } = request;
      const lease = await inner.acquire(request);
      if (lease?.epoch !== 1 || lease.position === startPosition) return lease;
      await inner.checkpoint(lease, startPosition);
      return { ...lease, subscription, partition, position: startPosition };
    },
  };
}

/** Parked events that are removed by the beginning of their key, or by a pattern. */
export function removedWithAlike(
  inner: SubscriptionStore,
  isAlike: (subscription: string, removed: string) => boolean,
): Subscriptions {
  const known = new Set<string>();
  return {
    park: (lease, entries, transaction) => {
      known.add(lease.subscription);
      return inner.park(lease, entries, transaction);
    },
    remove: async (removed, now) => {
      const isGone = await inner.remove(removed, now);
      for (const subscription of isGone ? known : []) {
        if (!isAlike(subscription, removed)) continue;
        for (const { event } of await inner.parked(subscription, everything)) {
          await inner.skip(subscription, event.id);
        }
      }
      return isGone;
    },
  };
}

/** The events of a purged order are deleted by the beginning of their key. */
export function purgedWithAlike(inner: OrderStore): Partial<OrderStore> {
  const gone = new Set<string>();
  const nameOf = ({ tenantId, orderId }: { tenantId: string; orderId: string }) =>
    JSON.stringify([tenantId, orderId]).slice(0, -2);
  return {
    purge: async (request) => {
      const result = await inner.purge(request);
      for (const key of request.orders ?? []) gone.add(nameOf(key));
      return result;
    },
    history: async (key, ...rest) => {
      const isGone = gone.values().some((name) => nameOf(key).startsWith(name));
      return isGone ? [] : inner.history(key, ...rest);
    },
  };
}

/** Only the first event of each order counts, because the others wait behind it. */
export function headsRequeued(inner: SubscriptionStore): Subscriptions {
  const isBehind = (entries: readonly ParkedEvent[], index: number): boolean => {
    const [one, former] = [entries[index]?.event, entries[index - 1]?.event];
    return one?.tenantId === former?.tenantId && one?.orderId === former?.orderId;
  };
  let before: readonly ParkedEvent[] = [];
  return {
    requeue: async (subscription, lane) => {
      const parked = await inner.parked(subscription, everything);
      before = parked.filter((_, index) => isBehind(parked, index));
      return inner.requeue(subscription, lane);
    },
    parked: async (...what) =>
      (await inner.parked(...what)).map(
        (entry) => before.find(({ event }) => event.id === entry.event.id) ?? entry,
      ),
  };
}

/** A write that finds nothing to change returns the lease as it was. */
export function unchangedLease(
  inner: SubscriptionStore,
  name: 'checkpoint' | 'unpark',
): Subscriptions {
  const isIdle = async ({ subscription, partition }: Lease, value: unknown): Promise<boolean> => {
    if (name === 'unpark') {
      const parked = await inner.parked(subscription, everything);
      return parked.every(({ event }) => event.id !== value);
    }
    const checkpoints = await inner.checkpoints(subscription);
    const present = checkpoints.find((checkpoint) => checkpoint.partition === partition);
    return present?.position === value;
  };
  const method = inner[name] as (lease: Lease, value: never) => Promise<Lease | undefined>;
  return {
    [name]: async (lease: Lease, value: never) =>
      (await isIdle(lease, value)) ? lease : method(lease, value),
  };
}

/** Takes an error of the work for one of its own connection, and calls the work again. */
export function projectRetried(inner: SubscriptionStore): Subscriptions {
  const { project } = inner;
  if (project === undefined) return {};
  return {
    project: (lease, work) =>
      project(lease, work).catch((error: unknown) => {
        const isOwn = error instanceof OrderchartError && error.code === 'storeUnavailable';
        if (!isOwn) throw error;
        return project(lease, work);
      }),
  };
}

/** `if (error) await rollBack()`: what was thrown is lost when it is falsy. */
export function falsyErrorLost(inner: SubscriptionStore): Subscriptions {
  const { project } = inner;
  if (project === undefined) return {};
  return {
    project: (lease, work) =>
      project(lease, work).catch((error: unknown) => {
        throw error || new OrderchartError('outcomeUnknown', 'The work failed.');
      }),
  };
}

/** Answers of a transaction are cached when they are written, and stay when it is rolled back. */
export function answersOutliveRollback(inner: OrderStore): Partial<OrderStore> {
  const keys = new Set<string>();
  return {
    within: (transaction) => {
      const inside = inner.within?.(transaction);
      if (inside === undefined) throw new Error('no transactions');
      return {
        load: (asked) => inside.load(asked),
        findCommands: (identities) => inside.findCommands(identities),
        history: (...what) => inside.history(...what),
        commit: (commits) => {
          for (const { command } of commits) if (command) keys.add(command.key);
          return inside.commit(commits);
        },
      };
    },
    commit: async (commits) => {
      const outcomes = await inner.commit(commits);
      return outcomes.map((outcome, index) => {
        const command = commits[index]?.command;
        const isCached = command !== undefined && keys.has(command.key);
        return isCached ? { status: 'duplicate', record: command } : outcome;
      });
    },
  };
}

/** Listeners remember their index, which moves when another one is taken out. */
export function listenersByIndex({ listen }: OrderStore): Partial<OrderStore> {
  if (listen === undefined) return {};
  const listeners: (() => void)[] = [];
  let isHeard = false;
  return {
    listen: async (onNews) => {
      if (!isHeard) {
        isHeard = true;
        await listen(() => {
          for (const listener of [...listeners]) listener();
        });
      }
      const index = listeners.push(onNews) - 1;
      return async () => {
        listeners.splice(index, 1);
      };
    },
  };
}
