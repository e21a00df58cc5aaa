import type { OrderStore, SubscriptionStore } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

const everySubscription =
  'names of subscriptions stay distinct: case, accents, spaces, four bytes and length';
const everyOwner = 'names of owners stay distinct, and members are sorted by code point';

/** The subscriptions under names that are not quite those that were given. */
function renamed(
  subscriptions: SubscriptionStore,
  rename: (name: string) => string,
): Partial<SubscriptionStore> {
  return {
    join: (request) =>
      subscriptions.join({ ...request, subscription: rename(request.subscription) }),
    acquire: async (request) => {
      const { subscription } = request;
      const lease = await subscriptions.acquire({ ...request, subscription: rename(subscription) });
      return lease && { ...lease, subscription };
    },
    park: (lease, entries) =>
      subscriptions.park(
        { ...lease, subscription: rename(lease.subscription) },
        entries.map((entry) => ({ ...entry, subscription: rename(entry.subscription) })),
      ),
    parked: async (subscription, ...rest) =>
      (await subscriptions.parked(rename(subscription), ...rest)).map((entry) => ({
        ...entry,
        subscription,
      })),
    checkpoints: (subscription) => subscriptions.checkpoints(rename(subscription)),
    requeue: (subscription, lane) => subscriptions.requeue(rename(subscription), lane),
    remove: (subscription, now) => subscriptions.remove(rename(subscription), now),
  };
}

/** The commands under scopes that are not quite those that were given. */
function scoped(store: OrderStore, rename: (scope: string) => string): Partial<OrderStore> {
  return {
    commit: (commits) =>
      store.commit(
        commits.map(({ command, ...commit }) => ({
          ...commit,
          command: command && { ...command, scope: rename(command.scope) },
        })),
      ),
    findCommands: async (identities) =>
      (
        await store.findCommands(
          identities.map((identity) => ({ ...identity, scope: rename(identity.scope) })),
        )
      ).map((command, index) => command && { ...command, scope: identities[index]?.scope ?? '' }),
  };
}

const isAlike = (one: string, other: string) =>
  one.localeCompare(other, 'en', { sensitivity: 'base' }) === 0;

/** Faults that collations, padding, short columns and narrow encodings make with names. */
export const oddNameMutants: readonly Mutant[] = [
  subscriptionMutant('subscriptions are compared without case', everySubscription, (inner) =>
    renamed(inner, (name) => name.toLowerCase()),
  ),
  subscriptionMutant('blanks at the end of a subscription are lost', everySubscription, (inner) =>
    renamed(inner, (name) => name.trimEnd()),
  ),
  subscriptionMutant('subscriptions are cut after 191 characters', everySubscription, (inner) =>
    renamed(inner, (name) => name.slice(0, 191)),
  ),
  subscriptionMutant('owners are compared without accents', everyOwner, (inner) => ({
    join: (request) =>
      inner.join({ ...request, owner: request.owner.normalize('NFD').replace(/\p{M}/gu, '') }),
  })),
  subscriptionMutant('members are sorted as a language sorts', everyOwner, (inner) => ({
    join: async (request) =>
      (await inner.join(request)).toSorted((one, other) => one.localeCompare(other, 'en')),
  })),
  subscriptionMutant('the owner of a lease is not looked at', everyOwner, (inner) => {
    let holder = '';
    return {
      acquire: async (request) => {
        const lease = await inner.acquire(request);
        holder = lease?.owner ?? holder;
        return lease;
      },
      checkpoint: (lease, position) => inner.checkpoint({ ...lease, owner: holder }, position),
    };
  }),
  {
    name: 'scopes are cut after 64 characters',
    killedBy: 'scopes stay distinct',
    mutate: (store) => scoped(store, (scope) => scope.slice(0, 64)),
  },
  {
    name: 'scopes are compared in their composed form',
    killedBy: 'scopes stay distinct',
    mutate: (store) => scoped(store, (scope) => scope.normalize('NFC').toLowerCase()),
  },
  {
    name: 'four bytes of a number become a question mark',
    killedBy: 'numbers, customers and keys stay distinct, even the longest',
    mutate: (store) => {
      const narrow = (text: string) => text.replaceAll(/[\u{10000}-\u{10ffff}]/gu, '?');
      return {
        commit: (commits) =>
          store.commit(
            commits.map((commit) => ({
              ...commit,
              record: commit.record && {
                ...commit.record,
                number: commit.record.number && narrow(commit.record.number),
              },
            })),
          ),
        findByNumber: (tenantId, number) => store.findByNumber(tenantId, narrow(number)),
      };
    },
  },
  subscriptionMutant(
    'event ids are compared without case and accents',
    'event ids, types and correlations stay distinct',
    (inner) => ({
      skip: async (subscription, eventId) => {
        const parked = await inner.parked(subscription, 10_000);
        const found = parked.find(({ event }) => isAlike(event.id, eventId));
        return found !== undefined && inner.skip(subscription, found.event.id);
      },
    }),
  ),
  subscriptionMutant(
    'lanes are compared without case and accents',
    'tenants and orders of parked events stay distinct',
    (inner) => ({
      requeue: async (subscription, lane) => {
        if (lane === undefined) return inner.requeue(subscription);
        let count = 0;
        for (const { tenantId, orderId } of await inner.parkedLanes({
          subscription,
          limit: 10_000,
        })) {
          if (!isAlike(tenantId, lane.tenantId) || !isAlike(orderId, lane.orderId)) continue;
          count += await inner.requeue(subscription, { tenantId, orderId });
        }
        return count;
      },
    }),
  ),
  subscriptionMutant(
    'parked events are sorted by UTF-16 code units',
    'parked events and parked orders are sorted by tenant, then by order, by code point',
    (inner) => ({
      parked: async (subscription, limit) =>
        (await inner.parked(subscription, 10_000))
          .toSorted(({ event: one }, { event: other }) => (one.orderId < other.orderId ? -1 : 1))
          .slice(0, limit),
    }),
  ),
  subscriptionMutant(
    'an empty error is none',
    'the error of a parked event may be any text, and an empty one is kept',
    (inner) => ({
      parked: async (...what) =>
        (await inner.parked(...what)).map((entry) => ({ ...entry, error: entry.error || null })),
    }),
  ),
  subscriptionMutant(
    'errors are cut after 255 characters',
    'the error of a parked event may be any text, and an empty one is kept',
    (inner) => ({
      park: (lease, entries) =>
        inner.park(
          lease,
          entries.map((entry) => ({ ...entry, error: entry.error?.slice(0, 255) ?? null })),
        ),
    }),
  ),
  {
    name: 'states are compared without case',
    killedBy: 'regions, states and deadlines stay distinct',
    mutate: (store) => ({
      list: async ({ status = {}, ...query }) => {
        const page = await store.list({ ...query, limit: 10_000 });
        const records = page.records.filter((record) =>
          Object.entries(status).every(
            ([region, state]) => `${record.status[region]}`.toLowerCase() === state.toLowerCase(),
          ),
        );
        return { records, next: undefined };
      },
    }),
  },
  {
    name: 'the name of a deadline is cut after 64 characters',
    killedBy: 'regions, states and deadlines stay distinct',
    mutate: (store) => ({
      due: async (...query) =>
        (await store.due(...query)).map(({ deadline, ...order }) => ({
          ...order,
          deadline: { ...deadline, name: deadline.name.slice(0, 64) },
        })),
    }),
  },
];
