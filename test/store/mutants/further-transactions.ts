import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnyStatus } from '../../../src/order/values.ts';
import type { Commit } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import { keyText, type Mutant } from './mutant.ts';
import { withinMutant } from './transactions.ts';

const inOrder = 'a transaction answers in the order of the request, and pages history';

/** Statuses that were first met in a transaction are believed to be stored, whatever became of it. */
const believing: Mutant = {
  name: 'a status is remembered although its transaction was rolled back',
  killedBy: 'a status first used in a rolled back transaction can be written and listed by',
  mutate: (store) => {
    const statuses = new Set<string>();
    const without = (record: { readonly status: AnyStatus }) =>
      statuses.has(JSON.stringify(record.status));
    return {
      within: (transaction) => {
        if (store.within === undefined) throw new Error('no transactions');
        const inside = store.within(transaction);
        return {
          ...{ load: inside.load.bind(inside), history: inside.history.bind(inside) },
          findCommands: inside.findCommands.bind(inside),
          commit: (commits) => {
            for (const { record } of commits) {
              if (record) statuses.add(JSON.stringify(record.status));
            }
            return inside.commit(commits);
          },
        };
      },
      list: async (query) => {
        const page = await store.list(query);
        return { ...page, records: page.records.filter((record) => !without(record)) };
      },
    };
  },
};

/** More faults in what happens inside transactions of the host's, and in projections. */
export const furtherTransactionMutants: readonly Mutant[] = [
  believing,
  withinMutant(
    'what is written after the end of a transaction is written by itself',
    'a transaction that has ended can write nothing',
    (inside, store) => ({
      commit: (commits) => inside.commit(commits).catch(() => store.commit(commits)),
    }),
  ),
  withinMutant(
    'a transaction overwrites what was committed after it had read',
    'a transaction that read before another one wrote loses no update',
    (inside) => ({
      commit: async (commits) => {
        const records = await inside.load(commits);
        return inside.commit(
          commits.map((commit, index) => ({
            ...commit,
            expectedVersion: records[index]?.version ?? 0,
            expectedRevision: records[index]?.revision ?? null,
          })),
        );
      },
    }),
  ),
  withinMutant('records in a transaction come as the table has them', inOrder, (inside) => ({
    load: async (keys) =>
      (await inside.load(keys)).toSorted((one, other) =>
        (one?.orderId ?? '') < (other?.orderId ?? '') ? -1 : 1,
      ),
  })),
  withinMutant('the limit of a history in a transaction is ignored', inOrder, (inside) => ({
    history: (key, after) => inside.history(key, after, 10_000),
  })),
  withinMutant('commands in a transaction leave out what is not there', inOrder, (inside) => ({
    findCommands: async (identities) =>
      (await inside.findCommands(identities)).filter((command) => command !== undefined),
  })),
  withinMutant(
    'a transaction does not look at the keys that it has written',
    'keys, numbers and versions that a transaction wrote count within it',
    (inside) => {
      const own = new Set<string>();
      const isOwn = ({ command }: Commit) =>
        command !== undefined && own.has(`${keyText(command)} ${command.key}`);
      return {
        commit: (commits) => {
          const changed = commits.map((commit) =>
            isOwn(commit) ? { ...commit, command: undefined } : commit,
          );
          for (const { command } of commits) {
            if (command) own.add(`${keyText(command)} ${command.key}`);
          }
          return inside.commit(changed);
        },
      };
    },
  ),
  withinMutant(
    'a transaction finds orders whosever they are',
    'tenants are isolated within a transaction, too',
    (inside) => ({
      load: (keys) => inside.load(keys.map((key) => ({ ...key, tenantId: 'tenant-1' }))),
    }),
  ),
  subscriptionMutant(
    'a projection sets the checkpoint without looking at the lease again',
    'rewinding during a projection wins: nothing moves the checkpoint again',
    (inner) => ({
      project: async (lease, work) => {
        let position: number | undefined;
        const isDone = await inner.project?.(lease, async (transaction) => {
          position = await work(transaction);
          return position;
        });
        if (isDone || position === undefined) return isDone;
        await nextTurn();
        await inner.rewind(lease.subscription, lease.partition, position);
        return lease;
      },
    }),
  ),
  subscriptionMutant(
    'a projection is refused once its lease has run out by the clock of the machine',
    'a projection is written after its lease expired if no other owner took the lease',
    () => ({ project: async () => undefined }),
  ),
];
