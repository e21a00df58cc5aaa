import { subscriptionMutant } from './consumers.ts';
import type { Mutant } from './mutant.ts';

const figures = 'counts, positions and times that need more than 32 bits are read back unchanged';
const fullPage = 'a page of a thousand is full while there is more: a short one means the end';
const farLimit = 'a limit may be far above the number of items';

/** A page is cut when it has become a megabyte. */
function cutByBytes<Item>(items: readonly Item[]): readonly Item[] {
  let bytes = 0;
  return items.filter((item) => {
    bytes += JSON.stringify(item).length;
    return bytes < 1_000_000;
  });
}

/** Faults that show with large numbers, large events, long pages and long batches only. */
export const longPageMutants: readonly Mutant[] = [
  subscriptionMutant('positions are kept in 24 bits and an exponent', figures, (inner) => ({
    parked: async (...what) =>
      (await inner.parked(...what)).map((entry) => ({
        ...entry,
        position: Math.fround(entry.position),
      })),
  })),
  subscriptionMutant(
    'checkpoints are kept in 32 bits',
    'a subscription may begin at, and be rewound to, a position beyond 2^31',
    (inner) => ({
      rewind: (subscription, partition, position) =>
        inner.rewind(subscription, partition, position % 2 ** 32),
    }),
  ),
  subscriptionMutant(
    'epochs are compared by their last 32 bits',
    'an epoch is compared whole, not by its last bits',
    (inner) => ({
      checkpoint: (lease, position) =>
        inner.checkpoint({ ...lease, epoch: lease.epoch % 2 ** 32 }, position),
    }),
  ),
  {
    name: 'a version beyond 2^31 becomes a negative one',
    killedBy: 'a history and a feed are empty beyond their ends, up to the largest number',
    mutate: (store) => ({
      history: (key, after, limit) => store.history(key, Math.max(0, after | 0), limit),
    }),
  },
  {
    name: 'an event is cut after 64 kilobytes',
    killedBy:
      'an event of a megabyte is read whole from its history, the feed and the parked events',
    mutate: (store) => ({
      history: async (...query) =>
        (await store.history(...query)).map((event) => ({
          ...event,
          data: JSON.parse(
            JSON.stringify(event.data).replace(/"text":".{65536}.*"/su, '"text":""'),
          ),
        })),
    }),
  },
  subscriptionMutant(
    'a parked event keeps only the beginning of a large event',
    'an event of a megabyte is read whole from its history, the feed and the parked events',
    (inner) => ({
      park: (lease, entries) =>
        inner.park(
          lease,
          entries.map((entry) =>
            JSON.stringify(entry).length > 65_536
              ? { ...entry, event: { ...entry.event, data: {} } }
              : entry,
          ),
        ),
    }),
  ),
  {
    name: 'a page of the history ends at a megabyte',
    killedBy: 'a page of large events is as long as requested',
    mutate: (store) => ({
      history: async (...query) => cutByBytes(await store.history(...query)),
    }),
  },
  {
    name: 'a page of the feed ends at a megabyte',
    killedBy: 'a page of large events is as long as requested',
    mutate: (store) => ({ feed: async (...query) => cutByBytes(await store.feed(...query)) }),
  },
  {
    name: 'a page of the history has 500 at most',
    killedBy: fullPage,
    mutate: (store) => ({
      history: (key, after, limit) => store.history(key, after, Math.min(limit, 500)),
    }),
  },
  {
    name: 'a page of the feed has 999 at most',
    killedBy: fullPage,
    mutate: (store) => ({
      feed: (partition, after, limit) => store.feed(partition, after, Math.min(limit, 999)),
    }),
  },
  {
    name: 'a page of due orders has 500 at most',
    killedBy: fullPage,
    mutate: (store) => ({
      due: (now, limit, after) => store.due(now, Math.min(limit, 500), after),
    }),
  },
  {
    name: 'a page of a list has 100 at most',
    killedBy: fullPage,
    mutate: (store) => ({
      list: (query) => store.list({ ...query, limit: Math.min(query.limit, 100) }),
    }),
  },
  {
    name: 'archived orders are told by hundreds',
    killedBy: fullPage,
    mutate: (store) => ({ archived: (time, limit) => store.archived(time, Math.min(limit, 100)) }),
  },
  subscriptionMutant(
    'of more than 500 events parked at once the rest is lost',
    'a thousand events can be parked at once, and read in one page',
    (inner) => ({ park: (lease, entries) => inner.park(lease, entries.slice(0, 500)) }),
  ),
  subscriptionMutant(
    'a page of parked orders has 500 at most',
    'a thousand events can be parked at once, and read in one page',
    (inner) => ({
      parkedLanes: (query) => inner.parkedLanes({ ...query, limit: Math.min(query.limit, 500) }),
    }),
  ),
  {
    name: 'of more than a thousand commands asked for the rest is not there',
    killedBy: 'a thousand orders and commands can be requested at once',
    mutate: (store) => ({
      findCommands: async (identities) => {
        const found = await store.findCommands(identities.slice(0, 1_000));
        return identities.map((_, index) => found[index]);
      },
    }),
  },
  {
    name: 'of more than a thousand named orders the rest is not purged',
    killedBy: 'a thousand orders and commands can be requested at once',
    mutate: (store) => ({
      purge: ({ orders, ...request }) =>
        store.purge(
          orders === undefined ? request : { ...request, orders: orders.slice(0, 1_000) },
        ),
    }),
  },
  {
    name: 'a limit beyond 2^31 is none or a negative one',
    killedBy: farLimit,
    mutate: (store) => ({
      due: (now, limit, after) => store.due(now, Math.max(0, limit | 0), after),
    }),
  },
];
