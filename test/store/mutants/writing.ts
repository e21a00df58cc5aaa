import { OrderchartError } from '../../../src/errors.ts';
import { commitEach, committingLate, type Mutant, presentOf, versionOf } from './mutant.ts';

/** Faults in `commit`. */
export const writingMutants: readonly Mutant[] = [
  {
    name: 'a lost update: the version is not looked at',
    killedBy: 'an outdated version is a conflict: no update is lost',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) => ({
          ...commit,
          ...(await presentOf(store, commit)),
        })),
    }),
  },
  {
    name: 'closing refuses a commit that is under way',
    killedBy: 'closing finishes every call in progress',
    mutate: (store) =>
      committingLate(store, () => {
        throw new OrderchartError('storeClosed', 'It was closed meanwhile.');
      }),
  },
  {
    name: 'the revision is ignored by a commit',
    killedBy: 'another revision of the same version is a conflict',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) => {
          const { expectedVersion, expectedRevision } = await presentOf(store, commit);
          return expectedVersion === commit.expectedVersion
            ? { ...commit, expectedRevision }
            : commit;
        }),
    }),
  },
  {
    name: 'the revision is ignored by a commit that has no events',
    killedBy: 'a commit without events has its own revision, and is checked against one',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) =>
          commit.events.length === 0 && commit.record !== undefined
            ? { ...commit, ...(await presentOf(store, commit)) }
            : commit,
        ),
    }),
  },
  {
    name: 'the revision is ignored by an answer',
    killedBy: 'the answer to a command is refused on another revision too',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) =>
          commit.record === undefined
            ? { ...commit, expectedRevision: (await presentOf(store, commit)).expectedRevision }
            : commit,
        ),
    }),
  },
  {
    name: 'the revision is kept where a commit has no events',
    killedBy: 'a commit without events has its own revision, and is checked against one',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) => {
          const { expectedRevision } = await presentOf(store, commit);
          if (commit.events.length > 0 || commit.record === undefined) return commit;
          const revision = expectedRevision ?? commit.record.revision;
          return { ...commit, record: { ...commit.record, revision } };
        }),
    }),
  },
  {
    name: 'the revision of an order is that of its version',
    killedBy: 'a reused id is not the order that had it before',
    mutate: (store) => ({
      commit: (commits) =>
        store.commit(
          commits.map((commit) => ({
            ...commit,
            expectedRevision: commit.expectedVersion === 0 ? null : `${commit.expectedVersion}`,
            record: commit.record && { ...commit.record, revision: `${commit.record.version}` },
          })),
        ),
    }),
  },
  {
    name: 'versions are compared as "at least"',
    killedBy: 'a future version is a conflict: no history has a gap',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) => ({
          ...commit,
          ...(commit.expectedVersion > (await versionOf(store, commit)) &&
            (await presentOf(store, commit))),
        })),
    }),
  },
  {
    name: 'a half applied commit: the record without its events',
    killedBy: 'a commit writes the order, its events, the command and the feed together',
    mutate: (store) => ({
      commit: (commits) => store.commit(commits.map((commit) => ({ ...commit, events: [] }))),
    }),
  },
  {
    name: 'a half applied commit: the answer of a refused command is kept',
    killedBy: 'a refused commit writes nothing at all',
    mutate: (store) => ({
      commit: async (commits) => {
        const outcomes = await store.commit(commits);
        for (const [index, commit] of commits.entries()) {
          if (outcomes[index]?.status !== 'conflict' || !commit.command) continue;
          const present = await presentOf(store, commit);
          await store.commit([{ ...commit, ...present, record: undefined, events: [] }]);
        }
        return outcomes;
      },
    }),
  },
  {
    name: 'one bad commit takes the whole batch with it',
    killedBy: 'a refused commit does not affect the others in its batch, and answers stay in order',
    mutate: (store) => ({
      commit: async (commits) => {
        for (const commit of commits) {
          const isBad = (await versionOf(store, commit)) !== commit.expectedVersion;
          if (isBad) return commits.map(() => ({ status: 'conflict' }));
        }
        return store.commit(commits);
      },
    }),
  },
  {
    name: 'a batch looks at the versions once, before it writes',
    killedBy: 'of twenty commits of one batch on one version, the first is committed',
    mutate: (store) => ({
      commit: async (commits) => {
        const versions = await Promise.all(commits.map((commit) => versionOf(store, commit)));
        const isGood = versions.map(
          (version, index) => version === commits[index]?.expectedVersion,
        );
        const outcomes = await store.commit(commits);
        return outcomes.map((outcome, index) =>
          isGood[index] && outcome.status === 'conflict' ? { status: 'committed' } : outcome,
        );
      },
    }),
  },
  {
    name: 'answers stand in another order than their commits',
    killedBy: 'a refused commit does not affect the others in its batch, and answers stay in order',
    mutate: (store) => ({
      commit: async (commits) =>
        (await store.commit(commits)).toSorted((one, other) =>
          one.status < other.status ? -1 : 1,
        ),
    }),
  },
  {
    name: 'a duplicate runs twice: keys are not looked at',
    killedBy: 'a duplicate writes nothing, even if its version matches',
    mutate: (store) => ({
      commit: (commits) =>
        store.commit(commits.map((commit) => ({ ...commit, command: undefined }))),
    }),
  },
  {
    name: 'a duplicate within one batch runs twice',
    killedBy: 'a command that appears twice in one batch runs once',
    mutate: (store) => ({
      commit: (commits) => {
        const seen = new Set<string>();
        return store.commit(
          commits.map((commit) => {
            const key = commit.command?.key;
            const isAgain = key !== undefined && seen.has(key);
            if (key !== undefined) seen.add(key);
            return isAgain ? { ...commit, command: undefined } : commit;
          }),
        );
      },
    }),
  },
  {
    name: 'the version is compared before the key',
    killedBy: 'a duplicate is reported before a conflict and before a taken number',
    mutate: (store) => ({
      commit: (commits) =>
        commitEach(store, commits, async (commit) => {
          const isConflict = (await versionOf(store, commit)) !== commit.expectedVersion;
          return isConflict ? { ...commit, command: undefined } : commit;
        }),
    }),
  },
  {
    name: 'keys of different scopes are the same',
    killedBy: 'scopes and tenants keep equal keys apart',
    mutate: (store) => ({
      commit: (commits) =>
        store.commit(
          commits.map((commit) => ({
            ...commit,
            command: commit.command && { ...commit.command, scope: 'any' },
          })),
        ),
      findCommands: (identities) =>
        store.findCommands(identities.map((identity) => ({ ...identity, scope: 'any' }))),
    }),
  },
  {
    name: 'the stored answer is forgotten after a rejection',
    killedBy: 'a rejected command is a duplicate afterwards',
    mutate: (store) => ({
      commit: (commits) =>
        store.commit(
          commits.map((commit) => (commit.record ? commit : { ...commit, command: undefined })),
        ),
    }),
  },
  {
    name: 'numbers are not unique',
    killedBy: 'a new order with a taken number is refused, and nothing of it is written',
    mutate: (store) => ({
      commit: async (commits) => {
        const outcomes = [...(await store.commit(commits))];
        for (const [index, commit] of commits.entries()) {
          if (outcomes[index]?.status !== 'numberTaken' || !commit.record) continue;
          const record = { ...commit.record, number: null };
          outcomes.splice(index, 1, ...(await store.commit([{ ...commit, record }])));
        }
        return outcomes;
      },
    }),
  },
  {
    name: 'numbers are unique over all tenants',
    killedBy: 'each tenant has its own numbers',
    mutate: (store) => {
      const taken = new Map<string, string>();
      return {
        commit: async (commits) => {
          const isForeign = commits.some(({ record }) => {
            const holder = taken.get(record?.number ?? '');
            if (record?.number && !holder) taken.set(record.number, record.tenantId);
            return holder !== undefined && holder !== record?.tenantId;
          });
          return isForeign ? commits.map(() => ({ status: 'numberTaken' })) : store.commit(commits);
        },
      };
    },
  },
  {
    name: 'what was given is changed',
    killedBy: 'a new order is read back as it was written',
    mutate: (store) => ({
      commit: (commits) => {
        for (const { record } of commits) if (record) Object.assign(record, { updatedAt: 0 });
        return store.commit(commits);
      },
    }),
  },
];
