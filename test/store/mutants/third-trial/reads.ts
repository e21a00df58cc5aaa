import type { AnyStatus, CommandIdentity, JsonValue, OrderRecord, OrderStore } from 'orderchart';
import { keyText } from '../mutant.ts';
import { everything } from '../second-trial/shared.ts';

/** A cache of records is checked by the version, which a commit without events leaves as it is. */
export function cachedByVersion(inner: OrderStore): Partial<OrderStore> {
  const cache = new Map<string, OrderRecord>();
  return {
    load: async (keys) =>
      (await inner.load(keys)).map((record) => {
        if (record === undefined) return undefined;
        const cached = cache.get(keyText(record));
        if (cached?.version === record.version) return cached;
        cache.set(keyText(record), record);
        return record;
      }),
  };
}

/** Which statuses a query selects is cached until this handle writes something. */
export function cachedStatuses(inner: OrderStore): Partial<OrderStore> {
  const selected = new Map<string, ReadonlySet<string>>();
  const textOf = ({ status }: { readonly status: AnyStatus }) => JSON.stringify(status);
  return {
    commit: (commits) => {
      selected.clear();
      return inner.commit(commits);
    },
    list: async (query) => {
      if (query.status === undefined) return inner.list(query);
      const name = JSON.stringify(query.status);
      const { tenantId, status } = query;
      const all = await inner.list({ tenantId, status, limit: everything });
      const known = selected.get(name) ?? new Set(all.records.map(textOf));
      selected.set(name, known);
      const { records, next } = await inner.list(query);
      return { records: records.filter((record) => known.has(textOf(record))), next };
    },
  };
}

/** A key that was not found is cached as unknown until this handle commits something. */
export function unknownKeysCached(inner: OrderStore): Partial<OrderStore> {
  const unknown = new Set<string>();
  const nameOf = ({ tenantId, scope, key }: CommandIdentity) =>
    JSON.stringify([tenantId, scope, key]);
  return {
    commit: (commits) => {
      unknown.clear();
      return inner.commit(commits);
    },
    findCommands: async (identities) => {
      const found = await inner.findCommands(identities);
      return identities.map((identity, index) => {
        if (found[index] === undefined) unknown.add(nameOf(identity));
        return unknown.has(nameOf(identity)) ? undefined : found[index];
      });
    },
  };
}

/** The end of each partition is cached until this handle commits something. */
export function feedEndCached(inner: OrderStore): Partial<OrderStore> {
  const ends = new Map<number, number>();
  return {
    commit: (commits) => {
      ends.clear();
      return inner.commit(commits);
    },
    feedEnd: async (partition) => {
      const end = ends.get(partition) ?? (await inner.feedEnd(partition));
      ends.set(partition, end);
      return end;
    },
  };
}

/** Goes by the latest time up to each position, and counts events that were purged. */
export function purgedEventsFound(inner: OrderStore): Partial<OrderStore> {
  const times: number[] = [];
  return {
    commit: async (commits) => {
      const start = await inner.feedEnd(0);
      const outcomes = await inner.commit(commits);
      const entries = await inner.feed(0, start, everything);
      times.push(...entries.map(({ event }) => event.recordedAt));
      return outcomes;
    },
    feedPositionAt: async (_, time) => {
      const index = times.findIndex((recordedAt) => recordedAt >= time);
      return index < 0 ? times.length : index;
    },
  };
}

/** The cursor names a row, whose place is looked up: nothing comes after one that is gone. */
export function listAfterRow(inner: OrderStore): Partial<OrderStore> {
  return {
    list: async (query) => {
      const { tenantId, after } = query;
      if (after === undefined) return inner.list(query);
      const [row] = await inner.load([{ tenantId, orderId: after.orderId }]);
      return row === undefined ? { records: [], next: undefined } : inner.list(query);
    },
  };
}

/** A filter hides the row of the cursor as well, so that the list starts over. */
export function listAfterFilteredRow(inner: OrderStore): Partial<OrderStore> {
  return {
    list: async (query) => {
      const { after, limit, ...filter } = query;
      const { records } = await inner.list({ ...filter, limit: everything });
      const isThere = records.some(({ orderId }) => orderId === after?.orderId);
      return inner.list(after === undefined || isThere ? query : { ...filter, limit });
    },
  };
}

/** Parses JSON with a reviver, and gives back orders as it reads them. */
function readWith(inner: OrderStore, revive: (value: JsonValue) => unknown): Partial<OrderStore> {
  const read = (record: OrderRecord): OrderRecord => ({
    ...record,
    order: JSON.parse(JSON.stringify(record.order), (_, value) => revive(value)),
  });
  return {
    load: async (keys) => (await inner.load(keys)).map((record) => record && read(record)),
  };
}

export function timesRevived(inner: OrderStore): Partial<OrderStore> {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
  return readWith(inner, (value) =>
    typeof value === 'string' && isTime.test(value) ? new Date(value) : value,
  );
}

export function bytesRevived(inner: OrderStore): Partial<OrderStore> {
  return readWith(inner, (value) => {
    const isBuffer = typeof value === 'object' && value !== null && 'data' in value;
    return isBuffer && Array.isArray(value.data) ? Buffer.from(value.data as number[]) : value;
  });
}
