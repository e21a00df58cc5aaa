import type { AnyStatus, DuePosition, OrderKey, OrderRecord, OrderStore } from 'orderchart';
import { boundedBy, compareBytes, everything, withFault } from './shared.ts';

/** Redis: members of a sorted set are `tenant:order`, and those of one score come as texts do. */
export function dueByJoinedKey(inner: OrderStore): OrderStore {
  const compare = (one: DuePosition, other: DuePosition) =>
    one.dueAt - other.dueAt ||
    compareBytes(`${one.tenantId}:${one.orderId}`, `${other.tenantId}:${other.orderId}`);
  return withFault(inner, {
    due: async (now, limit, after) => {
      const all = await inner.due(now, everything);
      return all
        .map((due) => ({ due, position: { ...due, dueAt: due.deadline.dueAt } }))
        .filter(({ position }) => after === undefined || compare(position, after) > 0)
        .toSorted((one, other) => compare(one.position, other.position))
        .slice(0, limit)
        .map(({ due }) => due);
    },
  });
}

/** The table of deadlines is written only when the moment changes; another name stays unknown. */
export function dueNameStale(inner: OrderStore): OrderStore {
  const known = new Map<string, { readonly dueAt: number; readonly name: string }>();
  const nameOf = ({ tenantId, orderId }: OrderKey) => JSON.stringify([tenantId, orderId]);
  const note = (record: OrderRecord) => {
    const [first] = record.deadlines;
    if (first === undefined) known.delete(nameOf(record));
    else if (known.get(nameOf(record))?.dueAt !== first.dueAt) known.set(nameOf(record), first);
  };
  return withFault(inner, {
    commit: async (commits) => {
      const outcomes = await inner.commit(commits);
      commits.forEach(({ record }, index) => {
        if (record && outcomes[index]?.status === 'committed') note(record);
      });
      return outcomes;
    },
    due: async (...what) => {
      const all = await inner.due(...what);
      return all.map((due) => {
        const deadline = known.get(nameOf(due));
        return deadline?.dueAt === due.deadline.dueAt
          ? { ...due, deadline: { ...due.deadline, name: deadline.name } }
          : due;
      });
    },
  });
}

/** `LIKE '%|region=state|%'` with what was asked for as it is: `_` stands for any character. */
export function statusLike(inner: OrderStore): OrderStore {
  const pathsOf = (value: AnyStatus[string], prefix: string): readonly string[] =>
    typeof value === 'string'
      ? [`${prefix}${value}`]
      : Object.entries(value).flatMap(([name, within]) => [
          `${prefix}${name}`,
          ...pathsOf(within, `${prefix}${name}.`),
        ]);
  const patternOf = ([region, state]: readonly [string, string]) => {
    const escaped = `${region}=${state}`.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return new RegExp(`^${escaped.replaceAll('_', '.').replaceAll('%', '.*')}$`, 'su');
  };
  return withFault(inner, {
    list: async ({ status, limit, maximumBytes, ...query }) => {
      const all = await inner.list({ ...query, limit: everything });
      const patterns = Object.entries(status ?? {}).map(patternOf);
      const matching = all.records.filter((record) => {
        const lines = Object.entries(record.status).flatMap(([region, value]) =>
          pathsOf(value, `${region}=`),
        );
        return patterns.every((pattern) => lines.some((line) => pattern.test(line)));
      });
      const bytes = ({ order }: OrderRecord) => Buffer.byteLength(JSON.stringify(order));
      return pageOf(matching, boundedBy(matching.slice(0, limit), bytes, maximumBytes));
    },
  });
}

function pageOf(matching: readonly OrderRecord[], records: readonly OrderRecord[]) {
  const last = records.at(-1);
  const next =
    last && matching.length > records.length
      ? { placedAt: last.placedAt, orderId: last.orderId }
      : undefined;
  return { records, next };
}

/** Counts characters of JavaScript where bytes of UTF-8 are meant: three of them in Chinese. */
export function listInCharacters(inner: OrderStore): OrderStore {
  return withFault(inner, {
    list: async ({ maximumBytes, ...query }) => {
      const page = await inner.list(query);
      const lengthOf = ({ order }: OrderRecord) => JSON.stringify(order).length;
      const records = boundedBy(page.records, lengthOf, maximumBytes);
      return records.length === page.records.length ? page : pageOf(page.records, records);
    },
  });
}

/** One `limit` for the whole statement: orders get what the commands have left of it. */
export function limitOfBothKinds(inner: OrderStore): OrderStore {
  return withFault(inner, {
    purge: async ({ archivedBefore, orders, ...request }) => {
      const { commands } = await inner.purge(request);
      const limit = request.limit - commands;
      if (archivedBefore === undefined || limit === 0) return { commands, orders: 0 };
      const named = orders === undefined ? {} : { orders };
      const rest = await inner.purge({ archivedBefore, limit, ...named });
      return { commands, orders: rest.orders };
    },
  });
}

/** `archived_at = COALESCE(?, archived_at)`: an order that left the archive is purged all the same. */
export function archivedForGood(inner: OrderStore): OrderStore {
  const archived = new Map<string, number>();
  const nameOf = ({ tenantId, orderId }: OrderKey) => JSON.stringify([tenantId, orderId]);
  const coalesced = (record: OrderRecord): OrderRecord => ({
    ...record,
    archivedAt: record.archivedAt ?? archived.get(nameOf(record)) ?? null,
  });
  return withFault(inner, {
    commit: async (commits) => {
      const outcomes = [];
      for (const commit of commits) {
        const { record, expectedVersion } = commit;
        if (record && expectedVersion === 0) archived.delete(nameOf(record));
        const written = record && coalesced(record);
        const [outcome] = await inner.commit([{ ...commit, record: written }]);
        if (outcome) outcomes.push(outcome);
        if (written && written.archivedAt !== null && outcome?.status === 'committed') {
          archived.set(nameOf(written), written.archivedAt);
        }
      }
      return outcomes;
    },
  });
}
