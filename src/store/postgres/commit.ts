import { OrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import { encodeOrigin } from '../sql/codec.ts';
import { twoStatusesWithOneId } from '../sql/known-statuses.ts';
import type { CommandIdentity, CommandRecord, Commit, CommitOutcome } from '../store.ts';
import { documents, numbers, texts } from './columns.ts';
import { twoStatuses, unknownStatus } from './migrations/version1-commits.ts';
import type { Statuses } from './statuses.ts';

/** The result of `commit_batch`. */
export interface BatchRow {
  /** One digit for each commit. */
  readonly verdicts: string;
}

const parameterCount = 34;

/** Returns the call of `commit_batch`. */
export function commitQuery(schema: string): string {
  const parameters = Array.from({ length: parameterCount }, (_, index) => `$${index + 2}`);
  return `SELECT ${schema}.commit_batch($1::boolean, ${parameters.join(', ')}) AS verdicts`;
}

/** A statement with more commits would take several megabytes. */
const mostAtOnce = 1000;

/**
 * Splits a batch into parts in which no order, command or number occurs twice, so that the commits of
 * a part do not depend on each other and can be written at once. A batch of the engine is one part,
 * unless orders share a number.
 */
export function independentParts(
  commits: readonly Commit[],
  most = mostAtOnce,
): readonly Commit[][] {
  const parts: Commit[][] = [];
  let part: Commit[] = [];
  let names = new Set<string>();
  for (const commit of commits) {
    const own = namesOf(commit);
    if (part.length === most || own.some((name) => names.has(name))) {
      parts.push(part);
      part = [];
      names = new Set();
    }
    part.push(commit);
    for (const name of own) names.add(name);
  }
  return part.length > 0 ? [...parts, part] : parts;
}

function namesOf({ tenantId, orderId, command, record }: Commit): readonly string[] {
  const names = [`o${tenantId}\0${orderId}`];
  if (command !== undefined) names.push(`c${tenantId}\0${command.scope}\0${command.key}`);
  if (typeof record?.number === 'string') names.push(`n${tenantId}\0${record.number}`);
  return names;
}

/** Returns the parameters of `commit_batch` for one part. */
export function batchColumns(
  commits: readonly Commit[],
  statuses: Statuses,
  sequences: boolean,
): string[] {
  const records = commits.map(({ record }) => record);
  const ofRecord = <Value>(value: (record: NonNullable<Commit['record']>) => Value | null) =>
    records.map((record) => (record === undefined ? null : value(record)));
  return [
    `${sequences}`,
    ...statuses.columnsOf(statusesIn(commits)),
    texts(commits.map(({ tenantId }) => tenantId)),
    texts(commits.map(({ orderId }) => orderId)),
    numbers(commits.map(({ expectedVersion }) => expectedVersion)),
    texts(commits.map(({ expectedRevision }) => expectedRevision)),
    numbers(ofRecord(({ version }) => version)),
    texts(ofRecord(({ revision }) => revision)),
    texts(ofRecord(({ number }) => number)),
    texts(ofRecord(({ customerId }) => customerId)),
    numbers(ofRecord(({ status }) => statuses.idOf(status))),
    numbers(ofRecord(({ deadlines }) => deadlines[0]?.dueAt ?? null)),
    numbers(ofRecord(({ placedAt }) => placedAt)),
    numbers(ofRecord(({ updatedAt }) => updatedAt)),
    numbers(ofRecord(({ archivedAt }) => archivedAt)),
    documents(ofRecord(({ deadlines }) => JSON.stringify(deadlines))),
    documents(ofRecord(({ order }) => JSON.stringify(order))),
    ...commandColumnsOf(commits),
    ...eventColumnsOf(commits, statuses),
  ];
}

function commandColumnsOf(commits: readonly Commit[]): string[] {
  const of = <Value>(value: (command: CommandRecord) => Value) =>
    commits.map(({ command }) => (command === undefined ? null : value(command)));
  return [
    texts(of(({ scope }) => scope)),
    texts(of(({ key }) => key)),
    numbers(of(({ recordedAt }) => recordedAt)),
    texts(of(({ fingerprint }) => fingerprint)),
    documents(of(({ outcome }) => JSON.stringify(outcome))),
  ];
}

function eventColumnsOf(commits: readonly Commit[], statuses: Statuses): string[] {
  const places: number[] = [];
  const events: OrderEvent[] = [];
  for (const [index, commit] of commits.entries()) {
    for (const event of commit.events) {
      places.push(index + 1);
      events.push(event);
    }
  }
  return [
    numbers(places),
    numbers(events.map(({ version }) => version)),
    numbers(events.map(({ status }) => statuses.idOf(status))),
    numbers(events.map(({ schemaVersion }) => schemaVersion)),
    numbers(events.map(({ occurredAt }) => occurredAt)),
    numbers(events.map(({ recordedAt }) => recordedAt)),
    texts(events.map(({ id }) => id)),
    texts(events.map(({ type }) => type)),
    texts(events.map(({ chart }) => chart)),
    documents(events.map(encodeOrigin)),
    documents(events.map(({ data }) => JSON.stringify(data))),
  ];
}

/**
 * Calls `commit_batch` for one part, and returns its verdicts. When statuses that were stored are gone
 * from the database, it wrote nothing, and is called again with the texts of all statuses.
 *
 * @param ask Calls `commit_batch` with these parameters.
 */
export async function judgedPart(
  part: readonly Commit[],
  statuses: Statuses,
  sequences: boolean,
  ask: (values: string[]) => Promise<readonly BatchRow[]>,
): Promise<string> {
  const verdicts = await verdictsOf(ask(batchColumns(part, statuses, sequences)));
  if (verdicts !== unknownStatus) return verdicts;
  statuses.forgetStored();
  return verdictsOf(ask(batchColumns(part, statuses, sequences)));
}

async function verdictsOf(asking: Promise<readonly BatchRow[]>): Promise<string> {
  const verdicts = (await asking)[0]?.verdicts ?? '';
  if (verdicts === twoStatuses) throw twoStatusesWithOneId();
  return verdicts;
}

/** Yields every status in a part of a batch. */
export function* statusesIn(commits: readonly Commit[]) {
  for (const { record, events } of commits) {
    if (record !== undefined) yield record.status;
    for (const { status } of events) yield status;
  }
}

/** Returns the identities of the commands that were answered before. */
export function duplicatesIn(commits: readonly Commit[], verdicts: string): CommandIdentity[] {
  return commits.flatMap(({ command }, index) =>
    command !== undefined && verdicts[index] === '3' ? [command] : [],
  );
}

/** Returns the outcomes of one part; `known` has the records of its duplicates, in order. */
export function outcomesOf(
  commits: readonly Commit[],
  verdicts: string,
  known: readonly (CommandRecord | undefined)[],
): CommitOutcome[] {
  const records = known.values();
  return commits.map((_, index) => {
    const verdict = verdicts[index];
    if (verdict !== '3') return outcomeOf(verdict);
    const { value: record } = records.next();
    // Purged in between, so it counts as never answered, and the engine tries again.
    return record === undefined ? { status: 'locked' } : { status: 'duplicate', record };
  });
}

const plainOutcomes: Readonly<Record<string, CommitOutcome>> = {
  0: { status: 'committed' },
  1: { status: 'conflict' },
  2: { status: 'numberTaken' },
  4: { status: 'locked' },
};

function outcomeOf(verdict: string | undefined): CommitOutcome {
  const outcome = plainOutcomes[verdict ?? ''];
  if (outcome !== undefined) return outcome;
  throw new OrderchartError(
    'outcomeUnknown',
    'The function commit_batch of the Postgres store did not answer every commit.',
  );
}
