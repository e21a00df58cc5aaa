import type { JsonObject, JsonValue } from '../../../src/order/values.ts';
import type { CommitOutcome, DueOrder, OrderKey } from '../../../src/store/store.ts';
import { matchesStatus } from '../../../src/store/store.ts';
import { commitEach, keyText, type Mutant, presentOf } from './mutant.ts';
import { withinMutant } from './transactions.ts';

function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  );
}

const byDeadline = (one: DueOrder, other: DueOrder): number =>
  one.deadline.dueAt - other.deadline.dueAt || (keyText(one) < keyText(other) ? -1 : 1);

/** What an adapter for a database that is unlike PostgreSQL and SQLite is likely to get wrong. */
export const otherDatabaseMutants: readonly Mutant[] = [
  {
    name: 'a refused commit keeps its number from the rest of the batch',
    killedBy: 'a refused commit leaves its number free for the rest of the batch',
    mutate: (store) => ({
      commit: async (commits) => {
        const kept = new Set<string>();
        const outcomes: CommitOutcome[] = [];
        for (const commit of commits) {
          const name = JSON.stringify([commit.tenantId, commit.record?.number]);
          const isKept = typeof commit.record?.number === 'string' && kept.has(name);
          const [outcome] = isKept
            ? [{ status: 'numberTaken' } as const]
            : await store.commit([commit]);
          if (outcome?.status !== 'committed') kept.add(name);
          if (outcome) outcomes.push(outcome);
        }
        return outcomes;
      },
    }),
  },
  {
    name: 'an answer alone is stored whatever the version',
    killedBy: 'the answer to a command is refused on an outdated version too',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) =>
          commit.record === undefined ? { ...commit, ...(await presentOf(store, commit)) } : commit,
        ),
    }),
  },
  {
    name: 'a duplicate makes the stored answer younger',
    killedBy: 'a duplicate changes neither the stored answer nor its age',
    mutate: (store) => {
      const younger = new Map<string, number>();
      const nameOf = ({ tenantId, scope, key }: Parameters<typeof store.findCommands>[0][number]) =>
        JSON.stringify([tenantId, scope, key]);
      return {
        commit: async (commits) => {
          const outcomes = await store.commit(commits);
          return outcomes.map((outcome, index) => {
            const command = commits[index]?.command;
            if (outcome.status !== 'duplicate' || !command) return outcome;
            younger.set(nameOf(command), command.recordedAt);
            return { ...outcome, record: { ...outcome.record, recordedAt: command.recordedAt } };
          });
        },
        findCommands: async (identities) =>
          (await store.findCommands(identities)).map((record) => {
            const recordedAt = record && younger.get(nameOf(record));
            return record && recordedAt !== undefined ? { ...record, recordedAt } : record;
          }),
      };
    },
  },
  {
    name: 'an order that is asked for twice is given once',
    killedBy: 'load answers in the order of its keys, with undefined for missing orders',
    mutate: (store) => ({
      load: async (keys) => {
        const names = keys.map(keyText);
        return (await store.load(keys)).map((record, index) =>
          names.indexOf(names[index] ?? '') === index ? record : undefined,
        );
      },
    }),
  },
  {
    name: 'numbers for people are compared as numbers',
    killedBy: 'numbers, customers and keys stay distinct, even the longest',
    mutate: (store) => {
      const known = new Map<string, string>();
      const nameOf = (tenantId: string, number: string) =>
        JSON.stringify([tenantId, number.trim() === '' ? number : Number(number)]);
      return {
        commit: async (commits) => {
          for (const { tenantId, record } of commits) {
            const number = record?.number ?? undefined;
            if (number !== undefined && Number.isFinite(Number(number))) {
              known.set(nameOf(tenantId, number), number);
            }
          }
          return store.commit(commits);
        },
        findByNumber: (tenantId, number) =>
          store.findByNumber(tenantId, known.get(nameOf(tenantId, number)) ?? number),
      };
    },
  },
  {
    name: 'a page that is looked through for a status ends the list when it is short',
    killedBy: 'a list by one region has every order in that state and no other',
    mutate: (store) => ({
      list: async ({ status = {}, ...query }) => {
        const page = await store.list(query);
        const records = page.records.filter((record) => matchesStatus(record.status, status));
        return { records, next: records.length < query.limit ? undefined : page.next };
      },
    }),
  },
  {
    name: 'an order whose deadlines are all gone stays due',
    killedBy: 'a removed deadline is never due',
    mutate: (store) => {
      const last = new Map<string, DueOrder>();
      const gone = new Map<string, DueOrder>();
      return {
        commit: async (commits) => {
          const outcomes = await store.commit(commits);
          for (const [index, { record, tenantId, orderId }] of commits.entries()) {
            if (!record || outcomes[index]?.status !== 'committed') continue;
            const [deadline] = record.deadlines;
            const name = keyText(record);
            const before = last.get(name);
            if (deadline) last.set(name, { tenantId, orderId, deadline });
            if (deadline) gone.delete(name);
            else if (before) gone.set(name, before);
          }
          return outcomes;
        },
        due: async (now, limit, after) => {
          if (after) return store.due(now, limit, after);
          const ghosts = [...gone.values()].filter(({ deadline }) => deadline.dueAt <= now);
          const due = [...(await store.due(now, limit)), ...ghosts];
          return due.toSorted(byDeadline).slice(0, limit);
        },
      };
    },
  },
  {
    name: 'an empty list of orders purges all of them',
    killedBy: 'a purge of named orders removes those of them that are archived long enough',
    mutate: (store) => ({
      purge: ({ orders, ...request }) =>
        store.purge(orders === undefined || orders.length === 0 ? request : { ...request, orders }),
    }),
  },
  {
    name: 'the number of a purged order stays taken',
    killedBy: 'the number of a purged order is free again, and so is its id',
    mutate: (store) => {
      const taken = new Set<string>();
      return {
        commit: async (commits) => {
          const outcomes: CommitOutcome[] = [];
          for (const commit of commits) {
            const { tenantId, record, command, expectedVersion } = commit;
            const number = record?.number ?? undefined;
            const name = JSON.stringify([tenantId, number]);
            const isFree =
              number !== undefined && (await store.findByNumber(tenantId, number)) === undefined;
            const isKnown = (await store.findCommands(command ? [command] : []))[0] !== undefined;
            const isTaken = isFree && !isKnown && expectedVersion === 0 && taken.has(name);
            const [outcome] = isTaken
              ? [{ status: 'numberTaken' } as const]
              : await store.commit([commit]);
            if (outcome?.status === 'committed' && number !== undefined) taken.add(name);
            if (outcome) outcomes.push(outcome);
          }
          return outcomes;
        },
      };
    },
  },
  {
    name: 'the end of the feed is the last event that is there',
    killedBy: 'positions stay as they are, and are never reused',
    mutate: (store) => ({
      feedEnd: async (partition) =>
        (await store.feed(partition, 0, 1_000_000)).at(-1)?.position ?? 0,
    }),
  },
  {
    name: 'the bytes of a history are counted in characters',
    killedBy: 'a bound in bytes counts bytes, not characters',
    mutate: (store) => ({
      history: async (key, after, limit, maximumBytes = Number.MAX_SAFE_INTEGER) => {
        const events = await store.history(key, after, limit);
        let length = 0;
        const end = events.findIndex(({ data }) => {
          length += JSON.stringify(data).length;
          return length >= maximumBytes;
        });
        return end === -1 ? events : events.slice(0, end + 1);
      },
    }),
  },
  {
    name: 'members that are null are left out of an order',
    killedBy: 'members that are null are kept in orders, events and answers',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, (commit) => ({
          ...commit,
          record: commit.record && {
            ...commit.record,
            order: withoutNulls(commit.record.order) as JsonObject,
          },
        })),
    }),
  },
  {
    name: 'subscriptions answer after the store was closed',
    killedBy: 'a closed store refuses every call',
    mutate: (store) => {
      let isClosed = false;
      const subscriptions = Object.fromEntries(
        Object.entries(store.subscriptions).map(([name, method]) => [
          name,
          async (...values: readonly unknown[]) => (isClosed ? undefined : method(...values)),
        ]),
      );
      return {
        subscriptions: subscriptions as unknown as typeof store.subscriptions,
        close: async () => {
          await store.close();
          isClosed = true;
        },
      };
    },
  },
  withinMutant(
    'a refused commit leaves its answer in the transaction',
    'the answer of a commit that was refused in a transaction is not kept',
    (inside) => ({
      commit: async (commits) => {
        const outcomes: CommitOutcome[] = [];
        for (const commit of commits) {
          const [outcome] = await inside.commit([commit]);
          if (outcome) outcomes.push(outcome);
          const isRefused = outcome?.status === 'conflict' || outcome?.status === 'numberTaken';
          if (!isRefused || !commit.command) continue;
          const [present] = await inside.load([commit as OrderKey]);
          const expectedVersion = present?.version ?? 0;
          const expectedRevision = present?.revision ?? null;
          const answer = { expectedVersion, expectedRevision, record: undefined, events: [] };
          await inside.commit([{ ...commit, ...answer }]);
        }
        return outcomes;
      },
    }),
  ),
];
