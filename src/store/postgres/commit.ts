import { OrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import { encodeOrigin } from '../sql/codec.ts';
import { twoStatusesWithOneId } from '../sql/known-statuses.ts';
import type { CommandIdentity, CommandRecord, Commit, CommitOutcome } from '../store.ts';
import { documents, numbers, texts } from './columns.ts';
import { twoStatuses, unknownStatus } from './migrations/version1-commits.ts';
import type { Statuses } from './statuses.ts';

/** What `commit_batch` returns. */
export interface BatchRow {
  /** One digit for each commit. */
  readonly verdicts: string;
}

const parameterCount = 34;

/** The SQL of this file. */
export function commitQuery(schema: string): string {
  const parameters = Array.from({ length: parameterCount }, (_, index) => `$${index + 2}`);
  return `SELECT ${schema}.commit_batch($1::boolean, ${parameters.join(', ')}) AS verdicts`;
}

/** More commits than this would make a statement of some megabytes. */
const mostAtOnce = 1000;

/**
 * Cuts a batch into parts in which no order, no command and no number stands twice: then the
 * commits of a part do not depend on each other, and the database can write them all at once.
 * The engine's batches are such a part already, but for orders that share a number.
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

/** The parameters of one part, column by column. */
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
 * Has one part judged and written. Where the database has lost statuses that were there, it has
 * done nothing, and is asked once more with all of their texts.
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

/** Every status that a part of a batch names. */
export function* statusesIn(commits: readonly Commit[]) {
  for (const { record, events } of commits) {
    if (record !== undefined) yield record.status;
    for (const { status } of events) yield status;
  }
}

/** Which of the commits were refused because their command is known. */
export function duplicatesIn(commits: readonly Commit[], verdicts: string): CommandIdentity[] {
  return commits.flatMap(({ command }, index) =>
    command !== undefined && verdicts[index] === '3' ? [command] : [],
  );
}

/** The outcomes of one part; `known` are the records of its duplicates, in their order. */
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
    // Purged in between: as good as never answered, so the caller decides anew.
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
