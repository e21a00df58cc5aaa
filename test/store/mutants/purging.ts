import { setImmediate as nextTurn } from 'node:timers/promises';
import type { OrderEvent } from '../../../src/order/envelope.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { keyText, type Mutant } from './mutant.ts';

const latest = 8.64e15;

/** A store in which some orders are gone as soon as a purge has decided on them. */
function hiding(store: OrderStore, delay: () => Promise<void>): Partial<OrderStore> {
  const gone = new Set<string>();
  return {
    purge: async (request) => {
      const decided = await store.archived(request.archivedBefore ?? 0, request.limit);
      await delay();
      for (const key of decided) gone.add(keyText(key));
      return { commands: 0, orders: decided.length };
    },
    load: async (keys) =>
      (await store.load(keys)).map((record) =>
        record && gone.has(keyText(record)) ? undefined : record,
      ),
  };
}

/** A store whose purge sweeps the feed as far as it reaches when the purge ends, and a bit more. */
function sweeping(store: OrderStore, more: number): Partial<OrderStore> {
  let sweptTo = 0;
  return {
    purge: async (request) => {
      const result = await store.purge(request);
      await nextTurn();
      if (result.orders > 0) sweptTo = (await store.feedEnd(0)) + more;
      return result;
    },
    feed: (partition, after, limit) => store.feed(partition, Math.max(after, sweptTo), limit),
  };
}

/** Faults in purging, alone and beside others. */
export const purgingMutants: readonly Mutant[] = [
  {
    name: 'orders that were changed since take the places of others on a page of archived ones',
    killedBy: 'an order that was changed since it was archived does not count toward the limit',
    mutate: (store) => ({
      archived: async (time, limit) => {
        const isOld = new Set((await store.archived(time, 10_000)).map(keyText));
        return (await store.archived(latest, limit)).filter((key) => isOld.has(keyText(key)));
      },
    }),
  },
  {
    name: 'orders that were changed since take the places of others in a purge',
    killedBy: 'an order that was changed since it was archived does not count toward the limit',
    mutate: (store) => ({
      purge: async (request) => {
        if (request.orders || request.archivedBefore === undefined) return store.purge(request);
        return store.purge({ ...request, orders: await store.archived(latest, request.limit) });
      },
    }),
  },
  {
    name: 'the commands of an order go with it',
    killedBy: 'the answers to commands survive their order',
    mutate: (store) => ({
      findCommands: async (identities) => {
        const found = await store.findCommands(identities);
        const records = await Promise.all(found.map((one) => (one ? store.load([one]) : [])));
        return found.map((one, index) => (records[index]?.[0] ? one : undefined));
      },
    }),
  },
  {
    name: 'named orders are purged by their id, whosever they are',
    killedBy: 'a purge covers all tenants, but removes a named order of its own tenant only',
    mutate: (store) => ({
      purge: async (request) => {
        const all = await store.archived(latest, 10_000);
        const isNamed = ({ orderId }: { orderId: string }) =>
          request.orders?.some((named) => named.orderId === orderId);
        return store.purge(request.orders ? { ...request, orders: all.filter(isNamed) } : request);
      },
    }),
  },
  {
    name: 'the limit of a purge counts for unnamed orders only',
    killedBy: 'a purge of named orders removes at most its limit',
    mutate: (store) => ({
      purge: (request) => store.purge(request.orders ? { ...request, limit: 10_000 } : request),
    }),
  },
  {
    name: 'an order that is named twice is counted twice',
    killedBy: 'an order that is named twice is purged once and counted once',
    mutate: (store) => ({
      purge: async (request) => {
        const names = request.orders?.map(keyText) ?? [];
        const result = await store.purge(request);
        const isThere = result.orders > 0;
        const again = isThere ? names.length - new Set(names).size : 0;
        return { ...result, orders: result.orders + again };
      },
    }),
  },
  {
    name: 'the events of a purged order come back when its id is used again',
    killedBy: 'a reused id is a new order, with nothing of the old one',
    mutate: (store) => {
      const kept = new Map<string, OrderEvent[]>();
      return {
        commit: (commits) => {
          for (const commit of commits) {
            const events = kept.get(keyText(commit)) ?? [];
            kept.set(keyText(commit), [...events, ...commit.events]);
          }
          return store.commit(commits);
        },
        history: async (key) => kept.get(keyText(key)) ?? [],
      };
    },
  },
  {
    name: 'a purge sweeps events away that were written meanwhile',
    killedBy: 'batches that are written during a purge are all there afterwards',
    mutate: (store) => sweeping(store, 0),
  },
  {
    name: 'a purge removes an order that was changed after it had decided',
    killedBy: 'of a purge and a change of the same order, one comes first and is not undone',
    mutate: (store) => hiding(store, () => nextTurn()),
  },
  {
    name: 'a purge takes an order that an open transaction has changed',
    killedBy: 'an order that an open transaction has changed is not purged',
    mutate: (store) => hiding(store, async () => undefined),
  },
  {
    name: 'a purge takes the place of an event whose transaction is open',
    killedBy: 'a transaction appears whole in partitions that were purged while it was open',
    mutate: (store) => sweeping(store, 1),
  },
];
