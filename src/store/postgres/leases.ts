import { OrderchartError } from '../../errors.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Integer } from '../sql/codec.ts';
import type { Checkpoint, Lease, LeaseRequest } from '../store.ts';
import { numbers, texts } from './columns.ts';
import type { Connections } from './connections.ts';
import { historyChanged } from './failure.ts';
import { Gatherer } from './gather.ts';
import { leaseQueries } from './lease-queries.ts';
import type { PostgresClient } from './options.ts';
import { Statements } from './statements.ts';

interface LeaseRow {
  readonly subscription: string;
  readonly partition: number;
  /** `null` if the owner's knowledge contradicts the store; then nothing was taken. */
  readonly epoch: Integer | null;
  readonly position: Integer;
  readonly revision: Integer;
  readonly history: Integer;
}

export interface RevisionRow {
  readonly revision: Integer | null;
}

interface HeldRow {
  readonly is_true: boolean;
}

type ChangedLease = RevisionRow | undefined;

/** The answer to one request; `unknown` if the owner's knowledge contradicts the store. */
type Acquisition = Lease | 'unknown' | undefined;

/** A lease, and the new value for its row: the end of the lease, or the checkpoint. */
interface Change {
  readonly lease: Lease;
  readonly value: number;
}

/** Leases and checkpoints. */
export class Leases {
  readonly #connections: Connections;
  readonly #sql: Statements<keyof ReturnType<typeof leaseQueries>>;
  readonly #acquisitions: Gatherer<LeaseRequest, Acquisition>;
  readonly #renewals: Gatherer<Change, ChangedLease>;
  readonly #moves: Gatherer<Change, ChangedLease>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#sql = new Statements(connections, 'lease', leaseQueries(schema));
    this.#acquisitions = new Gatherer((requests) => this.#acquireAll(requests));
    this.#renewals = new Gatherer((changes) => this.#updateHeld('renew', changes));
    this.#moves = new Gatherer((changes) => this.#updateHeld('checkpoint', changes));
  }

  async acquire(request: LeaseRequest): Promise<Lease | undefined> {
    const answer = await this.#acquisitions.ask(request);
    if (answer === 'unknown') throw historyChanged();
    return answer;
  }

  async renew(lease: Lease, now: Timestamp, durationMs: number): Promise<Lease | undefined> {
    return leaseAfter(lease, await this.#renewals.ask({ lease, value: now + durationMs }));
  }

  async release(lease: Lease): Promise<void> {
    await this.#sql.update('release', identityOf(lease));
  }

  async checkpoint(lease: Lease, position: number): Promise<Lease | undefined> {
    return leaseAfter(lease, await this.#moves.ask({ lease, value: position }));
  }

  async checkpoints(subscription: string): Promise<Checkpoint[]> {
    const rows = await this.#sql.read<Checkpoint>('checkpoints', [subscription]);
    return rows.map(({ partition, position }) => ({ partition, position: Number(position) }));
  }

  async rewind(subscription: string, partition: number, position: number): Promise<void> {
    await this.#sql.update('rewind', [subscription, `${partition}`, `${position}`]);
  }

  async project(
    lease: Lease,
    work: (transaction: unknown) => Promise<number>,
  ): Promise<Lease | undefined> {
    let failure: OrderchartError | undefined;
    const projecting = this.#connections.transaction(async (client: PostgresClient) => {
      const values = knownOf(lease);
      const [held] = await this.#sql.within<HeldRow>(client, 'isHeld', values);
      if (held === undefined) return undefined;
      if (!held.is_true) throw historyChanged();
      const position = await work(client).catch((cause: unknown) => {
        failure = workFailed(cause);
        throw failure;
      });
      const place = [...values, `${position}`];
      const [moved] = await this.#sql.within<RevisionRow>(client, 'moveHeld', place);
      return leaseAfter(lease, moved ?? { revision: null });
    });
    return projecting.catch((error: unknown) => {
      throw failure === undefined ? error : failure.cause;
    });
  }

  async #acquireAll(requests: readonly LeaseRequest[]): Promise<Acquisition[]> {
    // One statement for each `now`, by which it judges which leases have expired.
    const leases = new Map<LeaseRequest, Acquisition>();
    for (const [now, atOnce] of Map.groupBy(requests, (request) => request.now)) {
      for (const part of withoutTwins(atOnce)) {
        for (const [request, lease] of await this.#acquireSome(part, now)) {
          leases.set(request, lease);
        }
      }
    }
    return requests.map((request) => leases.get(request));
  }

  async #acquireSome(
    requests: readonly LeaseRequest[],
    now: Timestamp,
  ): Promise<[LeaseRequest, Acquisition][]> {
    const rows = await this.#sql.update<LeaseRow>('acquire', [
      texts(requests.map(({ subscription }) => subscription)),
      numbers(requests.map(({ partition }) => partition)),
      texts(requests.map(({ owner }) => owner)),
      numbers(requests.map(({ durationMs }) => now + durationMs)),
      numbers(requests.map(({ startPosition }) => startPosition)),
      `${now}`,
      ...[numbers(requests.map(({ known }) => known?.revision ?? 0))],
      ...[numbers(requests.map(({ known }) => known?.history ?? -1))],
      ...[numbers(requests.map(({ known }) => known?.seen?.position ?? -1))],
      ...[texts(requests.map(({ known }) => known?.seen?.eventId ?? '-'))],
    ]);
    return requests.flatMap((request): [LeaseRequest, Acquisition][] => {
      const { subscription, partition, owner } = request;
      const row = rows.find(
        (one) => one.subscription === subscription && one.partition === partition,
      );
      if (row === undefined) return [];
      if (row.epoch === null) return [[request, 'unknown']];
      const epoch = Number(row.epoch);
      const position = Number(row.position);
      const [revision, history] = [Number(row.revision), Number(row.history)];
      const lease = { subscription, partition, owner, epoch, position, revision, history };
      return [[request, lease]];
    });
  }

  async #updateHeld(
    name: 'renew' | 'checkpoint',
    changes: readonly Change[],
  ): Promise<ChangedLease[]> {
    const leases = changes.map(({ lease }) => lease);
    const rows = await this.#sql.update<RevisionRow & { readonly i: Integer }>(name, [
      texts(leases.map(({ subscription }) => subscription)),
      numbers(leases.map(({ partition }) => partition)),
      texts(leases.map(({ owner }) => owner)),
      numbers(leases.map(({ epoch }) => epoch)),
      numbers(leases.map(({ revision }) => revision)),
      numbers(leases.map(({ history }) => history)),
      numbers(leases.map(({ seen }) => seen?.position ?? -1)),
      texts(leases.map(({ seen }) => seen?.eventId ?? '-')),
      numbers(changes.map(({ value }) => value)),
    ]);
    const byPlace = new Map(rows.map((row) => [Number(row.i) - 1, row]));
    return changes.map((_, index) => byPlace.get(index));
  }
}

/**
 * Wraps an error of a projection's work, so that it is not mistaken for one of the database. The code keeps
 * the connection from being used again: a handler that timed out may still use it, and must not write
 * into the next transaction there.
 */
function workFailed(cause: unknown): OrderchartError {
  return new OrderchartError('outcomeUnknown', 'The work of a transaction failed.', { cause });
}

/** Returns the parameters of `isHeldRow`. */
function identityOf({ subscription, partition, owner, epoch }: Lease): string[] {
  return [subscription, `${partition}`, owner, `${epoch}`];
}

/** Returns the parameters of `isHeldRow`, then those of `isTrue`: the holder's knowledge. */
export function knownOf(lease: Lease): string[] {
  const { revision, history, seen } = lease;
  const { position, eventId } = seen ?? { position: -1, eventId: '-' };
  return [...identityOf(lease), `${revision}`, `${history}`, `${position}`, eventId];
}

/**
 * Returns the lease after a write. Throws `historyChanged` for a row without a revision, which means that
 * the holder's knowledge contradicts the store; `undefined` for no row, when a later epoch exists.
 */
export function leaseAfter(lease: Lease, changed: ChangedLease): Lease | undefined {
  if (changed === undefined) return undefined;
  if (changed.revision === null) throw historyChanged();
  return { ...lease, revision: Number(changed.revision) };
}

/** Splits requests so that no part names a lease twice: one statement can write a row only once. */
function withoutTwins(requests: readonly LeaseRequest[]): readonly LeaseRequest[][] {
  const parts: LeaseRequest[][] = [];
  const counts = new Map<string, number>();
  for (const request of requests) {
    const name = `${request.partition} ${request.subscription}`;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const part = parts[count] ?? [];
    part.push(request);
    parts[count] = part;
  }
  return parts;
}
