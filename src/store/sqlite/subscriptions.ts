import type { Timestamp } from '../../order/values.ts';
import {
  decodeParked,
  decodeParkedOrder,
  type ParkedHeadRow,
  type ParkedRow,
  parkedColumns,
  parkedHeadColumns,
} from '../sql/codec.ts';
import type {
  Checkpoint,
  KnownLease,
  Lease,
  LeaseRequest,
  OrderKey,
  ParkedEvent,
  ParkedLanesQuery,
  ParkedOrder,
} from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import type { Database, Statements } from './database.ts';
import { historyChanged } from './failure.ts';
import type { FeedReader } from './feed.ts';

interface LeaseRow {
  readonly owner: string | null;
  readonly epoch: number;
  readonly expires_at: number;
  readonly position: number;
  readonly revision: number;
}

const held = 'subscription = ? AND partition = ? AND owner = ? AND epoch = ?';
const requeued = "SET error = 'null', retry_at = NULL, requeues = requeues + 1";
const inOrder = 'ORDER BY tenant_id, order_id, version LIMIT ?';

/** The SQL of this file; the tests check the plan of each query. */
export const subscriptionQueries = {
  select:
    'SELECT owner, epoch, expires_at, position, revision FROM leases ' +
    'WHERE subscription = ? AND partition = ?',
  insert: 'INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?, 1)',
  take:
    'UPDATE leases SET owner = ?, epoch = ?, expires_at = ?, revision = ? ' +
    'WHERE subscription = ? AND partition = ?',
  renew: `UPDATE leases SET expires_at = ? WHERE ${held}`,
  release: `UPDATE leases SET owner = NULL WHERE ${held}`,
  checkpoint: `UPDATE leases SET position = ? WHERE ${held}`,
  checkpoints: 'SELECT partition, position FROM leases WHERE subscription = ? ORDER BY partition',
  rewind:
    'INSERT INTO leases (subscription, partition, epoch, expires_at, position, revision) ' +
    'VALUES (?, ?, 0, 0, ?, 1) ON CONFLICT DO UPDATE SET owner = NULL, ' +
    'position = excluded.position, revision = revision + 1',
  held: `SELECT revision FROM leases WHERE ${held}`,
  raise: `UPDATE leases SET revision = ? WHERE ${held}`,
  park:
    'INSERT INTO parked (subscription, tenant_id, order_id, version, event_id, partition, ' +
    'position, attempts, retry_at, requeues, parked_at, error, event) ' +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ' +
    // An order that was purged and placed again has other events under the same versions.
    'event_id = excluded.event_id, partition = excluded.partition, position = excluded.position, ' +
    'attempts = excluded.attempts, retry_at = excluded.retry_at, error = excluded.error, ' +
    'parked_at = excluded.parked_at, event = excluded.event',
  parked: `SELECT ${parkedColumns} FROM parked WHERE subscription = ? ${inOrder}`,
  parkedInLane:
    `SELECT ${parkedColumns} FROM parked ` +
    `WHERE subscription = ? AND tenant_id = ? AND order_id = ? ${inOrder}`,
  // The index finds the first of each order without reading those that wait behind it.
  firstParked:
    `SELECT ${parkedHeadColumns} FROM parked ` +
    'WHERE subscription = ? ORDER BY tenant_id, order_id, version LIMIT 1',
  nextParked:
    `SELECT ${parkedHeadColumns} FROM parked WHERE subscription = ? ` +
    'AND (tenant_id, order_id) > (?, ?) ORDER BY tenant_id, order_id, version LIMIT 1',
  requeue: `UPDATE parked ${requeued} WHERE subscription = ?`,
  requeueLane: `UPDATE parked ${requeued} WHERE subscription = ? AND tenant_id = ? AND order_id = ?`,
  unpark: 'DELETE FROM parked WHERE subscription = ? AND event_id = ?',
} as const;

interface Rows {
  readonly select: LeaseRow;
  readonly checkpoints: Checkpoint;
  readonly held: { readonly revision: number };
  readonly parked: ParkedRow;
  readonly parkedInLane: ParkedRow;
  readonly firstParked: ParkedHeadRow;
  readonly nextParked: ParkedHeadRow;
}

/** The leases, checkpoints and parked events. */
export class Subscriptions {
  readonly #database: Database;
  readonly #feed: FeedReader;
  readonly #sql: Statements<typeof subscriptionQueries, Rows>;

  constructor(database: Database, feed: FeedReader) {
    this.#database = database;
    this.#feed = feed;
    this.#sql = database.prepareAll(subscriptionQueries);
  }

  acquire(request: LeaseRequest): Lease | undefined {
    const { subscription, partition, owner, now, startPosition, known } = request;
    const expiresAt = now + request.durationMs;
    return this.#database.write(() => {
      const row = this.#sql.select.get(subscription, partition);
      if (known !== undefined) this.#check(partition, known, row?.revision ?? 0);
      const { history } = this.#feed;
      const place = { subscription, partition, owner, history };
      if (row === undefined) {
        this.#sql.insert.run(subscription, partition, owner, 1, expiresAt, startPosition);
        return { ...place, epoch: 1, position: startPosition, revision: 1 };
      }
      const isHeld = row.owner !== null && row.expires_at > now;
      if (isHeld && row.owner !== owner) return undefined;
      const epoch = isHeld ? row.epoch : row.epoch + 1;
      const revision = row.revision + 1;
      this.#sql.take.run(owner, epoch, expiresAt, revision, subscription, partition);
      return { ...place, epoch, position: row.position, revision };
    });
  }

  renew(lease: Lease, now: Timestamp, durationMs: number): Lease | undefined {
    return this.#write(lease, () => this.#sql.renew.run(now + durationMs, ...identity(lease)));
  }

  release(lease: Lease): void {
    this.#sql.release.run(...identity(lease));
  }

  checkpoint(lease: Lease, position: number): Lease | undefined {
    return this.#write(lease, () => {
      if (position > this.#feed.end(lease.partition)) throw historyChanged(this.#database.path);
      this.#sql.checkpoint.run(position, ...identity(lease));
    });
  }

  checkpoints(subscription: string): Checkpoint[] {
    return this.#sql.checkpoints
      .all(subscription)
      .map(({ partition, position }) => ({ partition, position }));
  }

  rewind(subscription: string, partition: number, position: number): void {
    this.#sql.rewind.run(subscription, partition, position);
  }

  park(lease: Lease, entries: readonly ParkedEvent[]): Lease | undefined {
    return this.#write(lease, () => {
      for (const { subscription, partition, position, event, ...entry } of entries) {
        const { error, attempts, retryAt, requeues, parkedAt } = entry;
        this.#sql.park.run(
          ...[subscription, event.tenantId, event.orderId, event.version, event.id, partition],
          ...[position, attempts, retryAt, requeues, parkedAt],
          ...[JSON.stringify(error), JSON.stringify(event)],
        );
      }
    });
  }

  parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes?: number,
  ): ParkedEvent[] {
    const rows =
      lane === undefined
        ? this.#sql.parked.iterate(subscription, limit)
        : this.#sql.parkedInLane.iterate(subscription, lane.tenantId, lane.orderId, limit);
    return boundedPage(rows, maximumBytes, (row) => decodeParked(row, subscription));
  }

  parkedLanes({ subscription, partition, after, limit }: ParkedLanesQuery): ParkedOrder[] {
    return this.#database.read(() => {
      const isThere = (row: ParkedHeadRow) => (partition ?? row.partition) === row.partition;
      return this.#heads(subscription, after)
        .filter(isThere)
        .take(limit)
        .map(decodeParkedOrder)
        .toArray();
    });
  }

  requeue(subscription: string, lane?: OrderKey): number {
    return this.#database.write(() => {
      if (lane !== undefined) {
        const { tenantId, orderId } = lane;
        return hasChanged(this.#sql.requeueLane.run(subscription, tenantId, orderId)) ? 1 : 0;
      }
      this.#sql.requeue.run(subscription);
      return this.#heads(subscription, undefined).reduce((count) => count + 1, 0);
    });
  }

  /** Yields the first parked event of each order after `after`. */
  *#heads(subscription: string, after: OrderKey | undefined): Generator<ParkedHeadRow, void> {
    let row =
      after === undefined
        ? this.#sql.firstParked.get(subscription)
        : this.#sql.nextParked.get(subscription, after.tenantId, after.orderId);
    while (row !== undefined) {
      yield row;
      row = this.#sql.nextParked.get(subscription, row.tenant_id, row.order_id);
    }
  }

  unpark(lease: Lease, eventId: string): Lease | undefined {
    return this.#write(lease, () => this.#sql.unpark.run(lease.subscription, eventId));
  }

  /** Runs `work` under the lease, unless a later epoch exists; throws when its holder is out of date. */
  #write(lease: Lease, work: () => unknown): Lease | undefined {
    return this.#database.write(() => {
      const row = this.#sql.held.get(...identity(lease));
      if (row === undefined) return undefined;
      this.#check(lease.partition, lease, row.revision);
      work();
      const revision = row.revision + 1;
      this.#sql.raise.run(revision, ...identity(lease));
      return { ...lease, revision };
    });
  }

  /** Throws `historyChanged` if the owner's last knowledge of the lease contradicts the store. */
  #check(partition: number, { revision, history, seen }: KnownLease, present: number): void {
    if (present < revision) throw historyChanged(this.#database.path);
    this.#feed.check(partition, history, seen);
  }

  skip(subscription: string, eventId: string): boolean {
    return hasChanged(this.#sql.unpark.run(subscription, eventId));
  }
}

function identity({ subscription, partition, owner, epoch }: Lease) {
  return [subscription, partition, owner, epoch] as const;
}

function hasChanged({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) > 0;
}
