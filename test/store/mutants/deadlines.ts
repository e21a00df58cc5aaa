import type { DueOrder } from '../../../src/store/store.ts';
import { keyText, type Mutant } from './mutant.ts';

/** Faults in what tells which deadlines are due, and when the next one comes. */
export const deadlineMutants: readonly Mutant[] = [
  {
    name: 'a deadline is due too early',
    killedBy: 'a deadline is due from its time on, and not a millisecond earlier',
    mutate: (store) => ({ due: (now, limit, after) => store.due(now + 1, limit, after) }),
  },
  {
    name: 'a deadline is lost when its order changes',
    killedBy: 'a deadline survives changes of its order that do not affect it',
    mutate: (store) => {
      const changed = new Set<string>();
      return {
        commit: (commits) => {
          for (const commit of commits)
            if (commit.expectedVersion > 0) changed.add(keyText(commit));
          return store.commit(commits);
        },
        due: async (...query) =>
          (await store.due(...query)).filter((due) => !changed.has(keyText(due))),
      };
    },
  },
  {
    name: 'due orders come in the order of the table',
    killedBy: 'the earliest deadlines of all tenants come first, up to the limit',
    mutate: (store) => ({
      due: async (now, limit) =>
        (await store.due(now, 10_000))
          .toSorted((one, other) => (one.orderId > other.orderId ? -1 : 1))
          .slice(0, limit),
    }),
  },
  {
    name: 'due orders at the same moment come in the order in which they were placed',
    killedBy: 'orders due at the same time are sorted by tenant, then by order, by code point',
    mutate: (store) => {
      const placed: string[] = [];
      return {
        commit: (commits) => {
          placed.push(...commits.map(keyText));
          return store.commit(commits);
        },
        due: async (...query) => {
          const rank = (due: DueOrder) => placed.indexOf(keyText(due));
          return (await store.due(...query)).toSorted(
            (one, other) => one.deadline.dueAt - other.deadline.dueAt || rank(one) - rank(other),
          );
        },
      };
    },
  },
  {
    name: 'the place behind which due orders are asked for is overlooked',
    killedBy: 'paging through due orders returns each once, including those due at the same time',
    mutate: (store) => {
      let calls = 0;
      return {
        due: (now, limit, after) => {
          calls += 1;
          if (calls > 200) throw new Error('This goes on for ever.');
          return store.due(now, limit, after && undefined);
        },
      };
    },
  },
  {
    name: 'a page of due orders begins behind a moment, not behind an order',
    killedBy: 'paging through due orders returns each once, including those due at the same time',
    mutate: (store) => ({
      due: async (now, limit, after) =>
        (await store.due(now, 10_000))
          .filter(({ deadline }) => deadline.dueAt > (after?.dueAt ?? -1))
          .slice(0, limit),
    }),
  },
  {
    name: 'a page of due orders begins where the order of its place stands now',
    killedBy: 'a page of due orders starts after a place, even if the order there has changed',
    mutate: (store) => ({
      due: async (now, limit, after) => {
        const all = await store.due(now, 10_000);
        const at = all.findIndex(({ orderId }) => orderId === after?.orderId);
        return all.slice(at + 1, at + 1 + limit);
      },
    }),
  },
  {
    name: 'a page of due orders is one short although more are due',
    killedBy: 'paging through due orders returns each once, including those due at the same time',
    mutate: (store) => ({
      due: async (now, limit, after) =>
        after === undefined && limit > 1 && limit < 10
          ? (await store.due(now, limit)).slice(0, -1)
          : store.due(now, limit, after),
    }),
  },
  {
    name: 'the next deadline is told from the time itself on',
    killedBy: 'nextDueAt returns the earliest deadline after a time, and none at that time',
    mutate: (store) => ({
      nextDueAt: (after) => store.nextDueAt(after === undefined ? after : after - 1),
    }),
  },
  {
    name: 'the next deadline is the earliest of all, whatever was asked',
    killedBy: 'nextDueAt returns the earliest deadline after a time, and none at that time',
    mutate: (store) => ({ nextDueAt: () => store.nextDueAt() }),
  },
];
