import { OrderchartError } from '../../errors.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Checkpoint, Lease, LeaseRequest } from '../store.ts';
import { asBigints, asTexts, numbers, texts } from './columns.ts';
import type { Connections } from './connections.ts';
import { Gatherer } from './gather.ts';
import type { PostgresClient } from './options.ts';

interface LeaseRow {
  readonly subscription: string;
  readonly partition: number;
  readonly epoch: number | string;
  readonly position: number | string;
}

/** A lease, and what its row is to hold: the end of the lease, or the checkpoint. */
interface Change {
  readonly lease: Lease;
  readonly value: number;
}

/** Of the lease that the first four parameters name; shared with the parking of events. */
export const isHeldRow =
  'subscription = $1 AND partition = $2::integer AND owner = $3 AND epoch = $4::bigint';
const isRowOfHeld = 'leases.subscription = held.subscription AND leases.partition = held.partition';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function leaseQueries(schema: string) {
  const leases = `${schema}.leases`;
  // Rows are locked in the order of their keys, so that two statements cannot wait for each other.
  const heldRows = (more: string): string =>
    `SELECT wanted.* FROM unnest(${asTexts('$1')}, ${asBigints('$2')}, ` +
    `${asTexts('$3')}, ${asBigints('$4')}, ${asBigints('$5')}) WITH ORDINALITY ` +
    `AS wanted(subscription, partition, owner, epoch, ${more}, i) JOIN ${leases} ` +
    'ON leases.subscription = wanted.subscription AND leases.partition = wanted.partition ' +
    'AND leases.owner = wanted.owner AND leases.epoch = wanted.epoch ' +
    'ORDER BY leases.subscription, leases.partition FOR UPDATE OF leases';
  return {
    // A row that is locked is somebody's, a projection's for as long as its transaction lasts: those
    // that are free must not wait for it.
    acquire:
      `WITH wanted AS MATERIALIZED (SELECT * FROM unnest(${asTexts('$1')}, ${asBigints('$2')}, ` +
      `${asTexts('$3')}, ${asBigints('$4')}, ${asBigints('$5')}) ` +
      'AS wanted(subscription, partition, owner, expires_at, position)), ' +
      `present AS (SELECT subscription, partition FROM wanted JOIN ${leases} USING (subscription, partition)), ` +
      `unlocked AS MATERIALIZED (SELECT lease.subscription, lease.partition FROM ${leases} AS lease ` +
      'JOIN wanted USING (subscription, partition) ORDER BY lease.subscription, lease.partition ' +
      'FOR UPDATE OF lease SKIP LOCKED) ' +
      `INSERT INTO ${leases} AS lease (subscription, partition, owner, epoch, expires_at, position) ` +
      'SELECT subscription, partition, owner, 1, expires_at, position FROM wanted ' +
      'WHERE (subscription, partition) IN (SELECT * FROM unlocked) ' +
      'OR (subscription, partition) NOT IN (SELECT * FROM present) ' +
      'ORDER BY subscription, partition ' +
      'ON CONFLICT (subscription, partition) DO UPDATE SET owner = excluded.owner, ' +
      'expires_at = excluded.expires_at, epoch = lease.epoch + ' +
      'CASE WHEN lease.owner = excluded.owner AND lease.expires_at > $6::bigint THEN 0 ELSE 1 END ' +
      'WHERE lease.owner IS NULL OR lease.owner = excluded.owner OR lease.expires_at <= $6::bigint ' +
      'RETURNING subscription, partition, epoch, position',
    renew:
      `WITH held AS MATERIALIZED (${heldRows('expires_at')}) UPDATE ${leases} ` +
      `SET expires_at = held.expires_at FROM held WHERE ${isRowOfHeld} RETURNING held.i`,
    release: `UPDATE ${leases} SET owner = NULL WHERE ${isHeldRow}`,
    checkpoint:
      `WITH held AS MATERIALIZED (${heldRows('position')}) UPDATE ${leases} ` +
      `SET position = held.position FROM held WHERE ${isRowOfHeld} RETURNING held.i`,
    checkpoints: `SELECT partition, position FROM ${leases} WHERE subscription = $1 ORDER BY partition`,
    rewind:
      `INSERT INTO ${leases} (subscription, partition, epoch, expires_at, position) ` +
      'VALUES ($1, $2::integer, 0, 0, $3::bigint) ON CONFLICT (subscription, partition) ' +
      'DO UPDATE SET owner = NULL, position = excluded.position',
    isHeld: `SELECT epoch FROM ${leases} WHERE ${isHeldRow} FOR UPDATE`,
    moveHeld: `UPDATE ${leases} SET position = $5::bigint WHERE ${isHeldRow}`,
  } as const;
}

/** Leases and checkpoints. */
export class Leases {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof leaseQueries>;
  readonly #acquisitions: Gatherer<LeaseRequest, Lease | undefined>;
  readonly #renewals: Gatherer<Change, boolean>;
  readonly #moves: Gatherer<Change, boolean>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = leaseQueries(schema);
    this.#acquisitions = new Gatherer((requests) => this.#acquireAll(requests));
    this.#renewals = new Gatherer((changes) => this.#updateHeld('renew', changes));
    this.#moves = new Gatherer((changes) => this.#updateHeld('checkpoint', changes));
  }

  acquire(request: LeaseRequest): Promise<Lease | undefined> {
    return this.#acquisitions.ask(request);
  }

  renew(lease: Lease, now: Timestamp, durationMs: number): Promise<boolean> {
    return this.#renewals.ask({ lease, value: now + durationMs });
  }

  async release(lease: Lease): Promise<void> {
    await this.#query('release', identityOf(lease));
  }

  checkpoint(lease: Lease, position: number): Promise<boolean> {
    return this.#moves.ask({ lease, value: position });
  }

  async checkpoints(subscription: string): Promise<Checkpoint[]> {
    const rows = await this.#query<Checkpoint>('checkpoints', [subscription]);
    return rows.map(({ partition, position }) => ({ partition, position: Number(position) }));
  }

  async rewind(subscription: string, partition: number, position: number): Promise<void> {
    await this.#query('rewind', [subscription, `${partition}`, `${position}`]);
  }

  async project(lease: Lease, work: (transaction: unknown) => Promise<number>): Promise<boolean> {
    const queries = this.#queries;
    let failure: OrderchartError | undefined;
    const connections = this.#connections;
    const projecting = connections.transaction(async (client: PostgresClient) => {
      const values = identityOf(lease);
      const { rows } = await connections.ask(client, { text: queries.isHeld, values });
      if (rows.length === 0) return false;
      const position = await work(client).catch((cause: unknown) => {
        failure = workFailed(cause);
        throw failure;
      });
      await connections.ask(client, { text: queries.moveHeld, values: [...values, `${position}`] });
      return true;
    });
    return projecting.catch((error: unknown) => {
      throw failure === undefined ? error : failure.cause;
    });
  }

  async #acquireAll(requests: readonly LeaseRequest[]): Promise<(Lease | undefined)[]> {
    // One statement per moment: it judges by one `now` which leases have ended.
    const leases = new Map<LeaseRequest, Lease>();
    for (const [now, atOnce] of Map.groupBy(requests, (request) => request.now)) {
      for (const part of withoutTwins(atOnce)) {
        for (const [request, lease] of await this.#acquireSome(part, now)) {
          leases.set(request, lease);
        }
      }
    }
    return requests.map((request) => leases.get(request));
  }

  async #acquireSome(requests: readonly LeaseRequest[], now: Timestamp) {
    const rows = await this.#query<LeaseRow>('acquire', [
      texts(requests.map(({ subscription }) => subscription)),
      numbers(requests.map(({ partition }) => partition)),
      texts(requests.map(({ owner }) => owner)),
      numbers(requests.map(({ durationMs }) => now + durationMs)),
      numbers(requests.map(({ startPosition }) => startPosition)),
      `${now}`,
    ]);
    return requests.flatMap((request) => {
      const { subscription, partition, owner } = request;
      const row = rows.find(
        (one) => one.subscription === subscription && one.partition === partition,
      );
      if (row === undefined) return [];
      const epoch = Number(row.epoch);
      const position = Number(row.position);
      return [[request, { subscription, partition, owner, epoch, position }] as const];
    });
  }

  async #updateHeld(name: 'renew' | 'checkpoint', changes: readonly Change[]): Promise<boolean[]> {
    const leases = changes.map(({ lease }) => lease);
    const rows = await this.#query<{ readonly i: number | string }>(name, [
      texts(leases.map(({ subscription }) => subscription)),
      numbers(leases.map(({ partition }) => partition)),
      texts(leases.map(({ owner }) => owner)),
      numbers(leases.map(({ epoch }) => epoch)),
      numbers(changes.map(({ value }) => value)),
    ]);
    const done = new Set(rows.map(({ i }) => Number(i) - 1));
    return changes.map((_, index) => done.has(index));
  }

  #query<Row>(name: keyof ReturnType<typeof leaseQueries>, values: string[]) {
    const text = this.#queries[name];
    return this.#connections.read<Row>({ name: `lease.${name}`, text, values });
  }
}

/**
 * Carries what the work of a transaction threw past those who would take it for the database's. The
 * code says that the connection is not to be used again: a handler that was given up may go on
 * with it, and must not write into what the next one begins there.
 */
function workFailed(cause: unknown): OrderchartError {
  return new OrderchartError('outcomeUnknown', 'The work of a transaction failed.', { cause });
}

/** The parameters that name a lease in {@link isHeldRow}. */
export function identityOf({ subscription, partition, owner, epoch }: Lease): string[] {
  return [subscription, `${partition}`, owner, `${epoch}`];
}

/** Parts in which no lease is asked for twice: one statement can take a row only once. */
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
