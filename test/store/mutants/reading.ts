import type { FeedEntry, OrderRecord } from '../../../src/store/store.ts';
import { keyText, type Mutant } from './mutant.ts';

/** Faults in what reads orders, histories, lists, the feed and the deadlines. */
export const readingMutants: readonly Mutant[] = [
  {
    name: 'records come in the order of the table',
    killedBy: 'load answers in the order of its keys, with undefined for missing orders',
    mutate: (store) => ({
      load: (keys) =>
        store.load(keys.toSorted((one, other) => (one.orderId < other.orderId ? -1 : 1))),
    }),
  },
  {
    name: 'a record is changed in place when its order changes',
    killedBy: 'a loaded record does not change when its order does',
    mutate: (store) => {
      const live = new Map<string, OrderRecord>();
      return {
        commit: async (commits) => {
          const outcomes = await store.commit(commits);
          for (const { record } of commits) {
            if (record) Object.assign(live.get(keyText(record)) ?? {}, record);
          }
          return outcomes;
        },
        load: async (keys) =>
          (await store.load(keys)).map((record) => {
            if (record === undefined) return undefined;
            const kept = live.get(keyText(record)) ?? { ...record };
            live.set(keyText(record), kept);
            return kept;
          }),
      };
    },
  },
  {
    name: 'a NUL is lost on the way',
    killedBy: 'data is read back equal, whatever its strings, keys and numbers',
    mutate: (store) => ({
      load: async (keys) =>
        (await store.load(keys)).map(
          (record) =>
            record && JSON.parse(JSON.stringify(record).replaceAll(String.raw`\u0000`, '')),
        ),
    }),
  },
  {
    name: '`__proto__` is taken for the prototype',
    killedBy: 'data is read back equal, whatever its strings, keys and numbers',
    mutate: (store) => ({
      load: async (keys) =>
        (await store.load(keys)).map((record) => record && (assigned(record) as OrderRecord)),
    }),
  },
  {
    name: 'history is off by one',
    killedBy: 'history starts after the given version, which is exclusive',
    mutate: (store) => ({
      history: (key, after, limit) => store.history(key, Math.max(0, after - 1), limit),
    }),
  },
  {
    name: 'a cursor repeats an order',
    killedBy: 'pages of any size neither repeat an order nor skip one',
    mutate: (store) => ({
      list: ({ after, ...query }) =>
        store.list(after ? { ...query, after: { ...after, orderId: `${after.orderId}0` } } : query),
    }),
  },
  {
    name: 'a cursor skips the orders of its own moment',
    killedBy: 'pages of any size neither repeat an order nor skip one',
    mutate: (store) => ({
      list: ({ after, ...query }) =>
        store.list(after ? { ...query, after: { ...after, orderId: '' } } : query),
    }),
  },
  {
    name: 'a cursor counts instead of naming a place',
    killedBy: 'orders written between two pages neither repeat nor hide others',
    mutate: (store) => {
      const offsets = new Map<string, number>();
      return {
        list: async ({ after, ...query }) => {
          const offset = after ? (offsets.get(keyOf(query.tenantId, after)) ?? 0) : 0;
          const { records } = await store.list({ ...query, limit: 10_000 });
          const page = records.slice(offset, offset + query.limit);
          const last = page.at(-1);
          if (!last || offset + page.length >= records.length)
            return { records: page, next: undefined };
          const next = { placedAt: last.placedAt, orderId: last.orderId };
          offsets.set(keyOf(query.tenantId, next), offset + page.length);
          return { records: page, next };
        },
      };
    },
  },
  {
    name: 'the end of a list is told one page late',
    killedBy: 'the last page has no next, even if it is full',
    mutate: (store) => ({
      list: async (query) => {
        const page = await store.list(query);
        const last = page.records.at(-1);
        return page.next || !last || page.records.length < query.limit
          ? page
          : { ...page, next: { placedAt: last.placedAt, orderId: last.orderId } };
      },
    }),
  },
  {
    name: 'ids are sorted by UTF-16 code units',
    killedBy: 'orders placed at the same time are sorted by id, descending by code point',
    mutate: (store) => ({
      list: async (query) => {
        const page = await store.list(query);
        const records = page.records.toSorted((one, other) =>
          one.placedAt === other.placedAt
            ? (one.orderId < other.orderId && 1) || -1
            : other.placedAt - one.placedAt,
        );
        return { ...page, records };
      },
    }),
  },
  {
    name: 'a list looks at one region only',
    killedBy: 'a list by several regions has the orders that are in all of those states',
    mutate: (store) => ({
      list: (query) =>
        store.list({
          ...query,
          status: Object.fromEntries(Object.entries(query.status ?? {}).slice(0, 1)),
        }),
    }),
  },
  {
    name: 'a list by status knows the regions of the package only',
    killedBy: 'orders can be listed by a region that only some have, and by nested states',
    mutate: (store) => ({
      list: ({ status, ...query }) => {
        if (!status) return store.list(query);
        const known = Object.entries(status).filter(([region]) => region !== 'review');
        return store.list({ ...query, status: Object.fromEntries(known) });
      },
    }),
  },
  {
    name: 'a list by status keeps the orders that have left it',
    killedBy: 'an order moves from list to list with its status',
    mutate: (store) => {
      const first = new Map<string, OrderRecord['status']>();
      return {
        commit: (commits) => {
          for (const { record } of commits) {
            if (record && !first.has(keyText(record))) first.set(keyText(record), record.status);
          }
          return store.commit(commits);
        },
        list: async ({ status, ...query }) => {
          const page = await store.list(query);
          const isIn = (record: OrderRecord) =>
            Object.entries(status ?? {}).every(
              ([region, state]) => first.get(keyText(record))?.[region] === state,
            );
          return { ...page, records: page.records.filter(isIn) };
        },
      };
    },
  },
  {
    name: 'a tenant sees the orders of another one',
    killedBy: 'a tenant finds nothing of another tenant, by any method',
    mutate: (store) => ({
      list: async (query) => {
        const page = await store.list(query);
        return page.records.length > 0 ? page : store.list({ ...query, tenantId: 'tenant-1' });
      },
    }),
  },
  {
    name: 'a number is found by its beginning',
    killedBy: 'a number is found, exactly as it was written',
    mutate: (store) => ({
      findByNumber: (tenantId, number) => store.findByNumber(tenantId, number.trim()),
    }),
  },
  {
    name: 'a feed with a gap: refused events use up positions',
    killedBy: 'refused commits leave no gap in the positions',
    mutate: (store) => {
      let refusedCount = 0;
      const skipped = new Map<number, number>();
      const shift = (entry: FeedEntry) => ({
        ...entry,
        position: entry.position + (skipped.get(entry.position) ?? 0),
      });
      return {
        commit: async (commits) => {
          let position = await store.feedEnd(0);
          const outcomes = await store.commit(commits);
          for (const [index, commit] of commits.entries()) {
            if (outcomes[index]?.status !== 'committed') refusedCount += commit.events.length;
            else for (const _ of commit.events) skipped.set(++position, refusedCount);
          }
          return outcomes;
        },
        feed: async (partition, after, limit) =>
          (await store.feed(partition, after, limit)).map(shift),
      };
    },
  },
  {
    name: 'a feed that reorders: later events first',
    killedBy: 'the feed has every event once, as it was written',
    mutate: (store) => ({
      feed: async (partition, after, limit) => {
        const entries = await store.feed(partition, after, limit);
        const events = entries.map((entry) => entry.event).reverse();
        return entries.map((entry, index) => ({ ...entry, event: events[index] ?? entry.event }));
      },
    }),
  },
  {
    name: 'a feed that gives the last event again',
    killedBy: 'the feed is read after a position, which is exclusive, and up to the limit',
    mutate: (store) => ({
      feed: (partition, after, limit) => store.feed(partition, Math.max(0, after - 1), limit),
    }),
  },
  {
    name: 'a moment is looked up as if clocks only went forward',
    killedBy: 'a position is found by time when clocks disagree',
    mutate: (store) => ({
      feedPositionAt: async (partition, time) =>
        (await store.feed(partition, 0, 10_000)).findLast(({ event }) => event.recordedAt < time)
          ?.position ?? 0,
    }),
  },
];

function keyOf(tenantId: string, after: { readonly orderId: string }): string {
  return keyText({ tenantId, orderId: after.orderId });
}

/** Copies member by member with `=`, as a careless deep copy does. */
function assigned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(assigned);
  const copy: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) copy[name] = assigned(inner);
  return copy;
}
