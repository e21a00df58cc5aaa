import type { Mutant } from './mutant.ts';

/** Faults that show with large orders and events alone. */
export const largeMutants: readonly Mutant[] = [
  {
    name: 'history knows no bound in bytes',
    killedBy: 'history ends a page with the event that reaches the byte limit',
    mutate: (store) => ({
      history: (key, after, limit) => store.history(key, after, limit),
    }),
  },
  {
    name: 'a history of large events loses the one that is too much',
    killedBy: 'history ends a page with the event that reaches the byte limit',
    mutate: (store) => ({
      history: async (key, after, limit, maximumBytes) => {
        const page = await store.history(key, after, limit, maximumBytes);
        return maximumBytes === undefined || page.length === limit ? page : page.slice(1);
      },
    }),
  },
  {
    name: 'the feed knows no bound in bytes',
    killedBy: 'feed ends a page with the event that reaches the byte limit',
    mutate: (store) => ({
      feed: (partition, after, limit) => store.feed(partition, after, limit),
    }),
  },
  {
    name: 'a list knows no bound in bytes',
    killedBy: 'a list ends a page with the order that reaches the byte limit',
    mutate: (store) => ({
      list: ({ maximumBytes: _, ...query }) => store.list(query),
    }),
  },
  {
    name: 'a list that ends early, because its orders are large, looks like the last page',
    killedBy: 'a list ends a page with the order that reaches the byte limit',
    mutate: (store) => ({
      list: async (query) => {
        const page = await store.list(query);
        return page.records.length < query.limit ? { ...page, next: undefined } : page;
      },
    }),
  },
  {
    name: 'a bound in bytes leaves out an event that is larger than it',
    killedBy: 'a page has at least one event, however large, so that a reader can go on',
    mutate: (store) => ({
      feed: async (partition, after, limit, maximumBytes = Number.POSITIVE_INFINITY) =>
        (await store.feed(partition, after, limit, maximumBytes)).filter(
          ({ event }) => JSON.stringify(event.data).length <= maximumBytes,
        ),
    }),
  },
  {
    name: 'a column that cuts off at 65,535 bytes',
    killedBy: 'an order and an event of a megabyte are read back equal',
    mutate: (store) => ({
      history: async (key, after, limit, maximumBytes) =>
        (await store.history(key, after, limit, maximumBytes)).map((event) => {
          const { text } = event.data;
          return typeof text === 'string'
            ? { ...event, data: { text: text.slice(0, 65_535) } }
            : event;
        }),
    }),
  },
];
