import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Checkpoint, Lease, LeaseRequest, OrderKey, ParkedEvent } from '../store.ts';
import { parseJson } from './codec.ts';
import type { Database, Statement } from './database.ts';

interface LeaseRow {
  readonly owner: string | null;
  readonly epoch: number;
  readonly expires_at: number;
  readonly position: number;
}

interface ParkedRow {
  readonly event_id: string;
  readonly partition: number;
  readonly position: number;
  readonly attempts: number;
  readonly parked_at: number;
  readonly error: string;
  readonly event: string;
}

const held = 'subscription = ? AND partition = ? AND owner = ? AND epoch = ?';
const parkedColumns = 'event_id, partition, position, attempts, parked_at, error, event';
const inOrder = 'ORDER BY tenant_id, order_id, version LIMIT ?';

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
export const subscriptionQueries = {
  select:
    'SELECT owner, epoch, expires_at, position FROM leases WHERE subscription = ? AND partition = ?',
  insert: 'INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?)',
  take: 'UPDATE leases SET owner = ?, epoch = ?, expires_at = ? WHERE subscription = ? AND partition = ?',
  renew: `UPDATE leases SET expires_at = ? WHERE ${held}`,
  release: `UPDATE leases SET owner = NULL WHERE ${held}`,
  checkpoint: `UPDATE leases SET position = ? WHERE ${held}`,
  checkpoints: 'SELECT partition, position FROM leases WHERE subscription = ? ORDER BY partition',
  rewind:
    'INSERT INTO leases (subscription, partition, epoch, expires_at, position) ' +
    'VALUES (?, ?, 0, 0, ?) ' +
    'ON CONFLICT DO UPDATE SET owner = NULL, position = excluded.position',
  isHeld: `SELECT epoch FROM leases WHERE ${held}`,
  park:
    `INSERT INTO parked (subscription, tenant_id, order_id, version, ${parkedColumns}) ` +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  parked: `SELECT ${parkedColumns} FROM parked WHERE subscription = ? ${inOrder}`,
  parkedInLane:
    `SELECT ${parkedColumns} FROM parked ` +
    `WHERE subscription = ? AND tenant_id = ? AND order_id = ? ${inOrder}`,
  parkedLanes:
    'SELECT DISTINCT tenant_id, order_id FROM parked WHERE subscription = ? ' +
    'ORDER BY tenant_id, order_id',
  requeue: "UPDATE parked SET error = 'null' WHERE subscription = ?",
  requeueLane:
    "UPDATE parked SET error = 'null' WHERE subscription = ? AND tenant_id = ? AND order_id = ?",
  unpark: 'DELETE FROM parked WHERE subscription = ? AND event_id = ?',
} as const;

/** Leases, checkpoints and parked events. */
export class Subscriptions {
  readonly #database: Database;
  readonly #select: Statement<LeaseRow>;
  readonly #insert: Statement<unknown>;
  readonly #take: Statement<unknown>;
  readonly #renew: Statement<unknown>;
  readonly #release: Statement<unknown>;
  readonly #checkpoint: Statement<unknown>;
  readonly #checkpoints: Statement<Checkpoint>;
  readonly #rewind: Statement<unknown>;
  readonly #isHeld: Statement<unknown>;
  readonly #park: Statement<unknown>;
  readonly #parked: Statement<ParkedRow>;
  readonly #parkedInLane: Statement<ParkedRow>;
  readonly #parkedLanes: Statement<{ readonly tenant_id: string; readonly order_id: string }>;
  readonly #requeue: Statement<unknown>;
  readonly #requeueLane: Statement<unknown>;
  readonly #unpark: Statement<unknown>;

  constructor(database: Database) {
    this.#database = database;
    this.#select = database.prepare(subscriptionQueries.select);
    this.#insert = database.prepare(subscriptionQueries.insert);
    this.#take = database.prepare(subscriptionQueries.take);
    this.#renew = database.prepare(subscriptionQueries.renew);
    this.#release = database.prepare(subscriptionQueries.release);
    this.#checkpoint = database.prepare(subscriptionQueries.checkpoint);
    this.#checkpoints = database.prepare(subscriptionQueries.checkpoints);
    this.#rewind = database.prepare(subscriptionQueries.rewind);
    this.#isHeld = database.prepare(subscriptionQueries.isHeld);
    this.#park = database.prepare(subscriptionQueries.park);
    this.#parked = database.prepare(subscriptionQueries.parked);
    this.#parkedInLane = database.prepare(subscriptionQueries.parkedInLane);
    this.#parkedLanes = database.prepare(subscriptionQueries.parkedLanes);
    this.#requeue = database.prepare(subscriptionQueries.requeue);
    this.#requeueLane = database.prepare(subscriptionQueries.requeueLane);
    this.#unpark = database.prepare(subscriptionQueries.unpark);
  }

  acquire(request: LeaseRequest): Lease | undefined {
    const { subscription, partition, owner, now, startPosition } = request;
    const expiresAt = now + request.durationMs;
    return this.#database.write(() => {
      const row = this.#select.get(subscription, partition);
      if (row === undefined) {
        this.#insert.run(subscription, partition, owner, 1, expiresAt, startPosition);
        return { subscription, partition, owner, epoch: 1, position: startPosition };
      }
      const isHeld = row.owner !== null && row.expires_at > now;
      if (isHeld && row.owner !== owner) return undefined;
      const epoch = isHeld ? row.epoch : row.epoch + 1;
      this.#take.run(owner, epoch, expiresAt, subscription, partition);
      return { subscription, partition, owner, epoch, position: row.position };
    });
  }

  renew(lease: Lease, now: Timestamp, durationMs: number): boolean {
    return hasChanged(this.#renew.run(now + durationMs, ...identity(lease)));
  }

  release(lease: Lease): void {
    this.#release.run(...identity(lease));
  }

  checkpoint(lease: Lease, position: number): boolean {
    return hasChanged(this.#checkpoint.run(position, ...identity(lease)));
  }

  checkpoints(subscription: string): Checkpoint[] {
    return this.#checkpoints
      .all(subscription)
      .map(({ partition, position }) => ({ partition, position }));
  }

  rewind(subscription: string, partition: number, position: number): void {
    this.#rewind.run(subscription, partition, position);
  }

  park(lease: Lease, entry: ParkedEvent): boolean {
    const { subscription, partition, position, event, error, attempts, parkedAt } = entry;
    return this.#database.write(() => {
      if (this.#isHeld.get(...identity(lease)) === undefined) return false;
      this.#unpark.run(subscription, event.id);
      this.#park.run(
        ...[subscription, event.tenantId, event.orderId, event.version, event.id, partition],
        ...[position, attempts, parkedAt, JSON.stringify(error), JSON.stringify(event)],
      );
      return true;
    });
  }

  parked(subscription: string, limit: number, lane?: OrderKey): ParkedEvent[] {
    const rows =
      lane === undefined
        ? this.#parked.all(subscription, limit)
        : this.#parkedInLane.all(subscription, lane.tenantId, lane.orderId, limit);
    return rows.map((row) => ({
      subscription,
      partition: row.partition,
      position: row.position,
      event: parseJson<OrderEvent>(row.event, `parked event ${row.event_id}`),
      // As JSON: a plain text with a NUL would come back cut short on Node 22.
      error: parseJson<string | null>(row.error, `parked event ${row.event_id}`),
      attempts: row.attempts,
      parkedAt: row.parked_at,
    }));
  }

  parkedLanes(subscription: string): OrderKey[] {
    return this.#parkedLanes
      .all(subscription)
      .map((row) => ({ tenantId: row.tenant_id, orderId: row.order_id }));
  }

  requeue(subscription: string, lane?: OrderKey): void {
    if (lane === undefined) this.#requeue.run(subscription);
    else this.#requeueLane.run(subscription, lane.tenantId, lane.orderId);
  }

  unpark(subscription: string, eventId: string): boolean {
    return hasChanged(this.#unpark.run(subscription, eventId));
  }
}

function identity({ subscription, partition, owner, epoch }: Lease) {
  return [subscription, partition, owner, epoch] as const;
}

function hasChanged({ changes }: { readonly changes: number | bigint }): boolean {
  return Number(changes) > 0;
}
