import type { Commit, Lease, OrderStore, SubscriptionStore, TransactionStore } from 'orderchart';
import type { Mutant } from './mutant.ts';

/** Replaces methods of the store within a transaction. */
export function withinMutant(
  name: string,
  killedBy: string,
  mutate: (inside: TransactionStore, store: OrderStore) => Partial<TransactionStore>,
): Mutant {
  return {
    name,
    killedBy,
    mutate: (store) => ({
      within: (transaction) => {
        if (store.within === undefined) throw new Error('no transactions');
        const inside = store.within(transaction);
        return {
          load: (keys) => inside.load(keys),
          findCommands: (identities) => inside.findCommands(identities),
          commit: (commits) => inside.commit(commits),
          history: (key, after, limit) => inside.history(key, after, limit),
          ...mutate(inside, store),
        };
      },
    }),
  };
}

/** Replaces how a projection is written. */
function projectMutant(
  name: string,
  killedBy: string,
  project: (subscriptions: SubscriptionStore) => SubscriptionStore['project'],
): Mutant {
  return {
    name,
    killedBy,
    mutate: ({ subscriptions }) => {
      const replaced = project(subscriptions);
      return { subscriptions: { ...subscriptions, ...(replaced && { project: replaced }) } };
    },
  };
}

/** Faults in what happens inside transactions of the host's, and in projections. */
export const transactionMutants: readonly Mutant[] = [
  withinMutant(
    'a commit in a transaction is durable at once',
    'nothing of a transaction is visible to others before the host has committed',
    (_, store) => ({ commit: (commits) => store.commit(commits) }),
  ),
  withinMutant(
    'a transaction does not see its own writes',
    'a transaction sees what it wrote itself, and what was committed',
    (_, store) => ({ load: (keys) => store.load(keys) }),
  ),
  withinMutant(
    'the history in a transaction is that of before',
    'a transaction sees what it wrote itself, and what was committed',
    (_, store) => ({ history: (...args) => store.history(...args) }),
  ),
  withinMutant(
    'a refused commit spoils the transaction',
    'a transaction answers as the store does, and can be used after every answer',
    (inside) => {
      let isSpoilt = false;
      return {
        commit: async (commits) => {
          if (isSpoilt) throw new Error('current transaction is aborted');
          const outcomes = await inside.commit(commits);
          isSpoilt = outcomes.some(({ status }) => status !== 'committed');
          return outcomes;
        },
      };
    },
  ),
  withinMutant(
    'a command is not kept in a transaction',
    'everything that a transaction wrote is there once the host has committed',
    (inside) => ({
      commit: (commits: readonly Commit[]) =>
        inside.commit(commits.map((commit) => ({ ...commit, command: undefined }))),
    }),
  ),
  {
    name: 'locked is told as a conflict',
    killedBy: 'an order, number or key that an open transaction wrote is locked for all others',
    mutate: (store) => ({
      commit: async (commits) =>
        (await store.commit(commits)).map((outcome) =>
          outcome.status === 'locked' ? { status: 'conflict' } : outcome,
        ),
    }),
  },
  {
    name: 'anything is taken for a transaction',
    killedBy: 'a value that is not a transaction of the store is refused',
    mutate: (store) => ({
      within: () => ({
        load: store.load,
        findCommands: store.findCommands,
        commit: store.commit,
        history: store.history,
      }),
    }),
  },
  projectMutant(
    'the checkpoint of a projection is written after its work',
    'work that throws writes neither, and its error is passed on',
    (subscriptions) => async (lease, work) => {
      let held: Lease | undefined;
      await subscriptions
        .project?.(lease, work)
        .then((done) => {
          held = done;
        })
        .catch(() => {});
      return held;
    },
  ),
  projectMutant(
    'a projection does not move the checkpoint',
    'the work and the checkpoint are written together',
    (subscriptions) => async (lease, work) => {
      const done = await subscriptions.project?.(lease, async (transaction) => {
        await work(transaction);
        return lease.position;
      });
      return done;
    },
  ),
  projectMutant(
    'an old epoch projects, and only its checkpoint is refused',
    'an old epoch does no work',
    (subscriptions) => async (lease, work) => {
      const [present] = await subscriptions.checkpoints(lease.subscription);
      if (!(await subscriptions.checkpoint(lease, present?.position ?? 0))) {
        await work(undefined);
        return undefined;
      }
      return subscriptions.project?.(lease, work);
    },
  ),
  {
    name: 'parking ignores the transaction',
    killedBy: 'parking and unparking in a projection take effect only if the projection succeeds',
    mutate: ({ subscriptions }) => ({
      subscriptions: {
        ...subscriptions,
        park: (lease, entries) => subscriptions.park(lease, entries),
      },
    }),
  },
];
