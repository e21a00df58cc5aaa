import type { Commit, CommitOutcome, OrderKey, OrderStore } from '../../../src/store/store.ts';

/** A store with one planted fault, and the case of the suite that must find it. */
export interface Mutant {
  readonly name: string;
  readonly killedBy: string;
  /** `store` hands every call on to a good one; what the mutant returns replaces its methods. */
  readonly mutate: (store: OrderStore) => Partial<OrderStore>;
}

/** Hands the batch on one commit at a time, each changed by `change`. */
export async function commitEach(
  store: OrderStore,
  commits: readonly Commit[],
  change: (commit: Commit) => Promise<Commit> | Commit,
): Promise<CommitOutcome[]> {
  const outcomes: CommitOutcome[] = [];
  for (const commit of commits) outcomes.push(...(await store.commit([await change(commit)])));
  return outcomes;
}

export async function versionOf(store: OrderStore, key: OrderKey): Promise<number> {
  return (await store.load([key]))[0]?.version ?? 0;
}

/** What a commit expects that is decided on what is there now. */
export async function presentOf(
  store: OrderStore,
  key: OrderKey,
): Promise<Pick<Commit, 'expectedVersion' | 'expectedRevision'>> {
  const [record] = await store.load([key]);
  return { expectedVersion: record?.version ?? 0, expectedRevision: record?.revision ?? null };
}

export function keyText({ tenantId, orderId }: OrderKey): string {
  return JSON.stringify([tenantId, orderId]);
}

/** Commits a turn later, or as `whenClosing` says once it is being closed. */
export function committingLate(
  store: OrderStore,
  whenClosing: (commits: readonly Commit[]) => readonly CommitOutcome[],
): Pick<OrderStore, 'close' | 'commit'> {
  let isClosing = false;
  return {
    close: () => {
      isClosing = true;
      return store.close();
    },
    commit: async (commits) => {
      await Promise.resolve();
      return isClosing ? whenClosing(commits) : store.commit(commits);
    },
  };
}
