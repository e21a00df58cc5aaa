import type { Actor, OrderEvent, TraceContext } from '../../order/envelope.ts';
import type { AnyStatus, Deadline, JsonObject } from '../../order/values.ts';
import type { CommandRecord, OrderKey, OrderRecord } from '../store.ts';
import { outcomeOf, storedJson } from '../stored-json.ts';
import { storeCorrupt } from './failure.ts';

const stored = storedJson(storeCorrupt);
const { checkVersion, parseList } = stored;
export const { parseJson, parseObject } = stored;

/** A row of `orders` without its indexes' columns. */
export interface OrderRow {
  readonly tenant_id: string;
  readonly order_id: string;
  readonly number: string | null;
  readonly customer_id: string | null;
  readonly version: number;
  readonly revision: string;
  readonly status_id: number;
  readonly placed_at: number;
  readonly updated_at: number;
  readonly archived_at: number | null;
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
  readonly status_id: number;
  readonly chart: string;
  readonly occurred_at: number;
  readonly recorded_at: number;
  readonly origin: string;
  readonly data: string;
}

export const eventColumns =
  'events.version, id, type, schema_version, events.status_id, chart, occurred_at, recorded_at, ' +
  'origin, events.data';

/** A row of `commands`. */
export interface CommandRow {
  readonly tenant_id: string;
  readonly scope: string;
  readonly key: string;
  readonly order_id: string;
  readonly fingerprint: string;
  readonly recorded_at: number;
  readonly outcome: string;
}

export const commandColumns = 'tenant_id, scope, key, order_id, fingerprint, recorded_at, outcome';

/** What caused an event: one column, since all of it is written and read together. */
type Origin = readonly [
  causationId: string | null,
  correlationId: string | null,
  actor: Actor | null,
  /** Only there when there is one; events had none in the beginning. */
  trace?: TraceContext,
];

/** The part of the status dictionary that reading needs. */
interface StatusLookup {
  /** @param where What has it, for the error. */
  statusOf(id: number, where: string): AnyStatus;
}

export function decodeOrder(row: OrderRow, statuses: StatusLookup): OrderRecord {
  const where = `order ${row.order_id}`;
  return {
    tenantId: row.tenant_id,
    orderId: row.order_id,
    number: row.number,
    customerId: row.customer_id,
    version: checkVersion(row.version, where),
    revision: row.revision,
    status: statuses.statusOf(row.status_id, where),
    deadlines: parseList<Deadline[]>(row.deadlines, where),
    placedAt: row.placed_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
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
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
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
    outcome: outcomeOf(row.outcome),
    recordedAt: row.recorded_at,
  };
}
