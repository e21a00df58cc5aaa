import assert from 'node:assert/strict';
import type { Commit, CommitOutcome, OrderStore, TransactionStore } from '../../store/store.ts';

/** Writes the commits in one batch. Fails unless all are committed. */
export async function write(store: OrderStore, ...commits: readonly Commit[]): Promise<void> {
  checkCommitted(commits, await store.commit(commits));
}

/** Like {@link write}, in a transaction of the host. */
export async function writeWithin(
  inside: TransactionStore,
  ...commits: readonly Commit[]
): Promise<void> {
  checkCommitted(commits, await inside.commit(commits));
}

/** Fails for the first commit that is not `committed`, and names it. */
function checkCommitted(commits: readonly Commit[], outcomes: readonly CommitOutcome[]): void {
  assert.equal(outcomes.length, commits.length, 'each commit has an outcome');
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'committed') continue;
    assert.fail(`${nameOf(commits, index)} has the outcome ${outcome.status}, not committed`);
  }
}

/** Names a commit of a batch in the message of a failed case. */
function nameOf(commits: readonly Commit[], index: number): string {
  const commit = commits[index];
  const place = `commit ${index + 1} of ${commits.length}`;
  if (commit === undefined) return place;
  const { tenantId, orderId, expectedVersion, command, record } = commit;
  const rest = { expectedVersion, key: command?.key, number: record?.number ?? undefined };
  return `${place}, ${JSON.stringify({ tenantId, orderId, ...rest })},`;
}

/** Checks the outcome of each commit of a batch. A failure names the commit. */
export async function expectOutcomes(
  store: Pick<OrderStore, 'commit'>,
  expected: readonly (readonly [Commit, CommitOutcome['status']])[],
): Promise<void> {
  const commits = expected.map(([commit]) => commit);
  const outcomes = await store.commit(commits);
  assert.equal(outcomes.length, commits.length, 'each commit has an outcome');
  for (const [index, [, status]] of expected.entries()) {
    const actual = outcomes[index]?.status;
    assert.equal(
      actual,
      status,
      `${nameOf(commits, index)} has the outcome ${actual}, not ${status}`,
    );
  }
}

/** The status of each commit of a batch. */
export async function statusesOf(
  store: OrderStore,
  commits: readonly Commit[],
): Promise<readonly string[]> {
  return (await store.commit(commits)).map((outcome) => outcome.status);
}
