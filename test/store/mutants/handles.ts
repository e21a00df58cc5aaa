import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FeedEntry, OrderStore } from '../../../src/store/store.ts';
import { subscriptionMutant } from './consumers.ts';
import { commitEach, committingLate, keyText, type Mutant, presentOf } from './mutant.ts';

const everythingReopened = 'everything is there when the store is opened again';

/** What a store leaves behind, to be taken away after the test. */
export const leftovers: (() => void)[] = [];

let openingCount = 0;
let handleCount = 0;

/** Looks whether the number is free, and writes later without looking again. */
async function writeUnlooked(
  store: OrderStore,
  ...[commits]: Parameters<OrderStore['commit']>
): ReturnType<OrderStore['commit']> {
  const holders = await Promise.all(
    commits.map(({ tenantId, record }) => store.findByNumber(tenantId, record?.number ?? '')),
  );
  await nextTurn();
  return commitEach(store, commits, async (commit) => {
    const isFree = holders[commits.indexOf(commit)] === undefined;
    return isFree && commit.record
      ? { ...commit, record: { ...commit.record, number: null } }
      : commit;
  });
}

/** Each handle writes a name of its own into the identities of commands. */
function namedByHandle(store: OrderStore, part: 'key' | 'scope'): Partial<OrderStore> {
  handleCount += 1;
  const handle = `of handle ${handleCount}`;
  return {
    commit: (commits) =>
      store.commit(
        commits.map(({ command, ...commit }) => ({
          ...commit,
          command: command && { ...command, [part]: `${command[part]} ${handle}` },
        })),
      ),
  };
}

/** Faults that show with several handles, at opening and at closing only. */
export const handleMutants: readonly Mutant[] = [
  {
    name: 'two that open empty data at once get into each other',
    killedBy: 'several handles may open empty data at once',
    mutate: (store) => ({
      open: async () => {
        openingCount += 1;
        try {
          if (openingCount > 1) throw new Error('The table exists already.');
          await nextTurn();
          await store.open();
        } finally {
          openingCount -= 1;
        }
      },
    }),
  },
  {
    name: 'opening makes the feed anew',
    killedBy: 'opening changes no data, and does not disturb the calls of other handles',
    mutate: (store) => {
      let start = 0;
      return {
        open: async () => {
          await store.open();
          start = await store.feedEnd(0);
        },
        feed: (partition, after, limit) => store.feed(partition, Math.max(after, start), limit),
      };
    },
  },
  {
    name: 'numbers are looked up first and written later',
    killedBy: 'of twenty orders with one number at once, one gets it',
    mutate: (store) => ({ commit: (commits) => writeUnlooked(store, commits) }),
  },
  {
    name: 'each handle knows the numbers only that it has written itself',
    killedBy: 'of forty orders with one number at once from both handles, one gets it',
    mutate: (store) => {
      const own = new Set<string>();
      return {
        commit: (commits) =>
          commitEach(store, commits, ({ record, ...commit }) => {
            const isKnown = own.has(record?.number ?? '');
            own.add(record?.number ?? '');
            return {
              ...commit,
              record: record && (isKnown ? record : { ...record, number: null }),
            };
          }),
      };
    },
  },
  {
    name: 'each handle knows the keys only that it has written itself',
    killedBy: 'of forty repetitions of one command at once from both handles, one runs',
    mutate: (store) => namedByHandle(store, 'key'),
  },
  {
    name: 'a change is written on the version that is there by now',
    killedBy: 'changes of one order at once from both handles are each applied or refused',
    mutate: (store) => ({
      commit: async (commits) => {
        const onPresent = () =>
          commitEach(store, commits, async (commit) => ({
            ...commit,
            ...(await presentOf(store, commit)),
          }));
        let outcomes = await onPresent();
        while (outcomes.some(({ status }) => status === 'conflict')) outcomes = await onPresent();
        return outcomes;
      },
    }),
  },
  subscriptionMutant(
    'each handle has leases of its own',
    'of forty workers at once on both handles, one gets the lease, and all become members',
    (inner) => {
      handleCount += 1;
      const partition = handleCount;
      return { acquire: (request) => inner.acquire({ ...request, partition }) };
    },
  ),
  {
    name: 'positions of other handles become visible in any order',
    killedBy: 'a reader on one handle beside writers on both sees every event once, in order',
    mutate: (store) => ({
      feed: async (partition, after, limit) => {
        const end = await store.feedEnd(partition);
        const isVisible = ({ position }: FeedEntry) => position !== end - 1 || end > 115;
        return (await store.feed(partition, after, limit)).filter(isVisible);
      },
    }),
  },
  {
    name: 'closing a second time waits for ever',
    killedBy: 'two calls of `close` at the same time both settle, and lose no call in progress',
    mutate: (store) => {
      let isClosing = false;
      return {
        close: () => {
          if (isClosing) return new Promise(() => {});
          isClosing = true;
          return store.close().then(() => {
            isClosing = false;
          });
        },
      };
    },
  },
  {
    name: 'each opening leaves a timer behind',
    killedBy: 'opening, using and closing repeatedly leaves nothing behind in the process',
    mutate: (store) => ({
      open: async () => {
        const timer = setInterval(() => {}, 60_000);
        leftovers.push(() => clearInterval(timer));
        await store.open();
      },
    }),
  },
  {
    name: 'a commit that is under way is lost when the store is closed',
    killedBy: 'a commit in progress when the store is closed is there when it is opened again',
    mutate: (store) =>
      committingLate(store, (commits) => commits.map(() => ({ status: 'committed' }))),
  },
  {
    name: 'the feed has only what this handle has written',
    killedBy: everythingReopened,
    mutate: (store) => {
      const own = new Set<string>();
      return {
        commit: async (commits) => {
          const outcomes = await store.commit(commits);
          for (const [index, { status }] of outcomes.entries()) {
            const commit = commits[index];
            if (commit && status === 'committed') own.add(keyText(commit));
          }
          return outcomes;
        },
        feed: async (...query) =>
          (await store.feed(...query)).filter(({ event }) => own.has(keyText(event))),
      };
    },
  },
  {
    name: 'the keys of commands do not outlive the process',
    killedBy: everythingReopened,
    mutate: (store) => namedByHandle(store, 'scope'),
  },
  {
    name: 'the end of the feed is counted when the store is opened',
    killedBy: 'purged positions are not reused when the store is opened again',
    mutate: (store) => {
      let lost = 0;
      return {
        open: async () => {
          await store.open();
          lost = (await store.feedEnd(0)) - (await store.feed(0, 0, 10_000)).length;
        },
        feedEnd: async (partition) => (await store.feedEnd(partition)) - lost,
      };
    },
  },
];
