import type { Actor, OrderEvent, TraceContext } from '../../order/envelope.ts';
import type { AnyStatus, Deadline, JsonObject, Timestamp } from '../../order/values.ts';
import type {
  CommandRecord,
  DueOrder,
  OrderKey,
  OrderRecord,
  ParkedEvent,
  ParkedOrder,
} from '../store.ts';
import {
  objectOf,
  parsed,
  parseJson,
  parseList,
  parseObject,
  storeCorrupt,
} from './stored-json.ts';

// The meaning of rows of both SQL stores. Both databases have the same columns under the same names;
// they differ in how a client returns an integer, and in how a statement takes its parameters.

/**
 * An integer of a row. Some PostgreSQL clients return a `bigint` as text; below 2^53 it is exact as a
 * number.
 */
export type Integer = number | string;

/** The columns that name an order. */
export interface KeyRow {
  readonly tenant_id: string;
  readonly order_id: string;
}

/** A row of `orders`, without its row number and `next_due_at`. */
export interface OrderRow extends KeyRow {
  readonly number: string | null;
  readonly customer_id: string | null;
  readonly version: number;
  readonly revision: string;
  readonly status_id: Integer;
  readonly placed_at: Integer;
  readonly updated_at: Integer;
  readonly archived_at: Integer | null;
  readonly deadlines: string;
  readonly data: string;
}

export const orderColumns =
  'tenant_id, order_id, number, customer_id, version, revision, status_id, placed_at, ' +
  'updated_at, archived_at, deadlines, data';

/** A row of `events`; the order's key comes from `orders`. */
export interface EventRow {
  readonly version: number;
  readonly id: string;
  readonly type: string;
  readonly schema_version: number;
  readonly status_id: Integer;
  readonly chart: string;
  readonly occurred_at: Integer;
  readonly recorded_at: Integer;
  readonly origin: string;
  readonly data: string;
}

export const eventColumns =
  'events.version, events.id, events.type, events.schema_version, events.status_id, ' +
  'events.chart, events.occurred_at, events.recorded_at, events.origin, events.data';

/** A row of `commands`. */
export interface CommandRow extends KeyRow {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly recorded_at: Integer;
  readonly outcome: string;
}

export const commandColumns = 'tenant_id, scope, key, order_id, fingerprint, recorded_at, outcome';

/** The columns of `orders` that the search for due orders reads. */
export interface DueRow extends KeyRow {
  readonly next_due_at: Integer;
  readonly deadlines: string;
}

/** The first parked event of an order, without the event itself. */
export interface ParkedHeadRow extends KeyRow {
  readonly event_id: string;
  readonly partition: number;
  readonly attempts: Integer;
  readonly retry_at: Integer | null;
  readonly requeues: Integer;
  /** JSON: as plain text, SQLite on Node 22 would cut it short at a NUL. */
  readonly error: string;
}

export const parkedHeadColumns =
  'tenant_id, order_id, event_id, partition, attempts, retry_at, requeues, error';

/** A row of `parked`. */
export interface ParkedRow extends Omit<ParkedHeadRow, keyof KeyRow> {
  readonly position: Integer;
  readonly parked_at: Integer;
  /** The column `event`. */
  readonly data: string;
}

export const parkedColumns =
  'event_id, partition, position, attempts, retry_at, requeues, parked_at, error, event AS data';

/**
 * The cause of an event, in one column, because it is always written and read together. The trace
 * context is omitted if there is none.
 */
type Origin = readonly [
  causationId: string | null,
  correlationId: string | null,
  actor: Actor | null,
  trace?: TraceContext,
];

/** The part of the status dictionary that reading needs. */
interface StatusLookup {
  /** @param where Names the row that refers to it, for the error. */
  statusOf(id: Integer, where: string): AnyStatus;
}

export function decodeKey(row: KeyRow): OrderKey {
  return { tenantId: row.tenant_id, orderId: row.order_id };
}

export function decodeOrder(row: OrderRow, statuses: StatusLookup): OrderRecord {
  const where = `order ${row.order_id}`;
  // An order that exists has at least one event.
  if (row.version < 1) throw storeCorrupt(`${where}, version ${row.version}`);
  return {
    tenantId: row.tenant_id,
    orderId: row.order_id,
    number: row.number,
    customerId: row.customer_id,
    version: row.version,
    revision: row.revision,
    status: statuses.statusOf(row.status_id, where),
    deadlines: parseList<Deadline[]>(row.deadlines, where),
    placedAt: Number(row.placed_at),
    updatedAt: Number(row.updated_at),
    archivedAt: numberOrNull(row.archived_at),
    order: parseObject<JsonObject>(row.data, where),
  };
}

export function decodeEvent(row: EventRow, key: OrderKey, statuses: StatusLookup): OrderEvent {
  const where = `order ${key.orderId}, event ${row.version}`;
  const [causationId, correlationId, actor, trace = null] = parseList<Origin>(row.origin, where);
  return {
    id: row.id,
    type: row.type,
    schemaVersion: row.schema_version,
    tenantId: key.tenantId,
    orderId: key.orderId,
    version: row.version,
    data: parseObject<JsonObject>(row.data, where),
    status: statuses.statusOf(row.status_id, where),
    chart: row.chart,
    occurredAt: Number(row.occurred_at),
    recordedAt: Number(row.recorded_at),
    causationId,
    correlationId,
    actor,
    trace,
  };
}

export function encodeOrigin({ causationId, correlationId, actor, trace }: OrderEvent): string {
  const origin: Origin =
    trace === null
      ? [causationId, correlationId, actor]
      : [causationId, correlationId, actor, trace];
  return JSON.stringify(origin);
}

export function decodeCommand(row: CommandRow): CommandRecord {
  return {
    tenantId: row.tenant_id,
    scope: row.scope,
    key: row.key,
    orderId: row.order_id,
    fingerprint: row.fingerprint,
    // Empty if it cannot be read: see `CommandRecord.outcome`.
    outcome: objectOf(row.outcome) ?? {},
    recordedAt: Number(row.recorded_at),
  };
}

export function decodeDue(row: DueRow): DueOrder {
  const deadline = firstDeadline(row.deadlines, Number(row.next_due_at));
  return { tenantId: row.tenant_id, orderId: row.order_id, deadline };
}

/** If an order's deadlines cannot be read, returns one without a name: see `OrderStore.due`. */
function firstDeadline(deadlines: string, dueAt: Timestamp): Deadline {
  const list = parsed(deadlines);
  const first = (Array.isArray(list) ? list[0] : undefined) as Partial<Deadline> | null | undefined;
  const isReadable = typeof first?.name === 'string' && first.dueAt === dueAt;
  return { name: isReadable ? first.name : '', dueAt };
}

export function decodeParked(row: ParkedRow, subscription: string): ParkedEvent {
  const where = `parked event ${row.event_id}`;
  return {
    subscription,
    partition: row.partition,
    position: Number(row.position),
    event: parseObject<OrderEvent>(row.data, where),
    error: parseJson<string | null>(row.error, where),
    attempts: Number(row.attempts),
    retryAt: numberOrNull(row.retry_at),
    requeues: Number(row.requeues),
    parkedAt: Number(row.parked_at),
  };
}

export function decodeParkedOrder(row: ParkedHeadRow): ParkedOrder {
  return {
    tenantId: row.tenant_id,
    orderId: row.order_id,
    partition: row.partition,
    eventId: row.event_id,
    error: parseJson<string | null>(row.error, `parked event ${row.event_id}`),
    attempts: Number(row.attempts),
    retryAt: numberOrNull(row.retry_at),
    requeues: Number(row.requeues),
  };
}

function numberOrNull(value: Integer | null): number | null {
  return value === null ? null : Number(value);
}
