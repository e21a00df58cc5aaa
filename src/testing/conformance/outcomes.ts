import assert from 'node:assert/strict';
import type { Commit, CommitOutcome, OrderStore, TransactionStore } from '../../store/store.ts';

/** Writes the commits as one batch, all of which must be committed. */
export async function write(store: OrderStore, ...commits: readonly Commit[]): Promise<void> {
  checkCommitted(commits, await store.commit(commits));
}

/** The same in a transaction of the host's. */
export async function writeWithin(
  inside: TransactionStore,
  ...commits: readonly Commit[]
): Promise<void> {
  checkCommitted(commits, await inside.commit(commits));
}

/** Fails with the name of the first commit that is not `committed`. */
function checkCommitted(commits: readonly Commit[], outcomes: readonly CommitOutcome[]): void {
  assert.equal(outcomes.length, commits.length, 'each commit has an outcome');
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === 'committed') continue;
    assert.fail(`${nameOf(commits, index)} is told as ${outcome.status}, not committed`);
  }
}

/** Which commit of a batch is meant, for the message of a case that fails. */
function nameOf(commits: readonly Commit[], index: number): string {
  const commit = commits[index];
  const place = `commit ${index + 1} of ${commits.length}`;
  if (commit === undefined) return place;
  const { tenantId, orderId, expectedVersion, command, record } = commit;
  const rest = { expectedVersion, key: command?.key, number: record?.number ?? undefined };
  return `${place}, ${JSON.stringify({ tenantId, orderId, ...rest })},`;
}

/** Checks how each commit of a batch ended; a failure names the commit that is meant. */
export async function expectOutcomes(
  store: Pick<OrderStore, 'commit'>,
  expected: readonly (readonly [Commit, CommitOutcome['status']])[],
): Promise<void> {
  const commits = expected.map(([commit]) => commit);
  const outcomes = await store.commit(commits);
  assert.equal(outcomes.length, commits.length, 'each commit has an outcome');
  for (const [index, [, status]] of expected.entries()) {
    const actual = outcomes[index]?.status;
    assert.equal(actual, status, `${nameOf(commits, index)} is told as ${actual}, not ${status}`);
  }
}

/** How each commit of a batch ended, without the records of duplicates. */
export async function statusesOf(
  store: OrderStore,
  commits: readonly Commit[],
): Promise<readonly string[]> {
  return (await store.commit(commits)).map((outcome) => outcome.status);
}
