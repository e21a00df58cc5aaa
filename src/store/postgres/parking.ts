import type { OrderEvent } from '../../order/envelope.ts';
import type { Lease, OrderKey, ParkedEvent } from '../store.ts';
import { parseJson } from './codec.ts';
import type { Connections } from './connections.ts';
import { identityOf, isHeldRow } from './leases.ts';
import { asClient } from './transaction.ts';

interface ParkedRow {
  readonly event_id: string;
  readonly partition: number;
  readonly position: number | string;
  readonly attempts: number;
  readonly parked_at: number | string;
  readonly error: string;
  readonly event: string;
}

const parkedColumns = 'event_id, partition, position, attempts, parked_at, error, event';
const inOrder = 'ORDER BY tenant_id, order_id, version LIMIT';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function parkingQueries(schema: string) {
  const parked = `${schema}.parked`;
  return {
    park:
      `WITH held AS (SELECT epoch FROM ${schema}.leases WHERE ${isHeldRow} FOR SHARE) ` +
      `INSERT INTO ${parked} (subscription, partition, tenant_id, order_id, version, event_id, ` +
      'position, attempts, parked_at, error, event) SELECT $1, $2::integer, $5, $6, $7::integer, ' +
      '$8, $9::bigint, $10::integer, $11::bigint, $12, $13 FROM held ' +
      'ON CONFLICT (subscription, tenant_id, order_id, version) DO UPDATE SET ' +
      'attempts = excluded.attempts, error = excluded.error, parked_at = excluded.parked_at ' +
      'RETURNING event_id',
    parked: `SELECT ${parkedColumns} FROM ${parked} WHERE subscription = $1 ${inOrder} $2::integer`,
    parkedInLane:
      `SELECT ${parkedColumns} FROM ${parked} WHERE subscription = $1 AND tenant_id = $3 ` +
      `AND order_id = $4 ${inOrder} $2::integer`,
    parkedLanes:
      `SELECT DISTINCT tenant_id, order_id FROM ${parked} WHERE subscription = $1 ` +
      'ORDER BY tenant_id, order_id',
    requeue: `UPDATE ${parked} SET error = 'null' WHERE subscription = $1`,
    requeueLane:
      `UPDATE ${parked} SET error = 'null' ` +
      'WHERE subscription = $1 AND tenant_id = $2 AND order_id = $3',
    unpark: `DELETE FROM ${parked} WHERE subscription = $1 AND event_id = $2 RETURNING event_id`,
  } as const;
}

/** Events that handlers refused for good, and those that wait behind them. */
export class Parking {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof parkingQueries>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = parkingQueries(schema);
  }

  async park(lease: Lease, entry: ParkedEvent, transaction?: unknown): Promise<boolean> {
    const { position, event, error, attempts, parkedAt } = entry;
    const values = [
      ...identityOf(lease),
      ...[event.tenantId, event.orderId, `${event.version}`, event.id, `${position}`],
      ...[`${attempts}`, `${parkedAt}`, JSON.stringify(error), JSON.stringify(event)],
    ];
    return (await this.#queryIn(transaction, 'park', values)).length > 0;
  }

  async parked(subscription: string, limit: number, lane?: OrderKey): Promise<ParkedEvent[]> {
    const values = [subscription, `${limit}`];
    const rows = await (lane === undefined
      ? this.#query<ParkedRow>('parked', values)
      : this.#query<ParkedRow>('parkedInLane', [...values, lane.tenantId, lane.orderId]));
    return rows.map((row) => decodeParked(subscription, row));
  }

  async parkedLanes(subscription: string): Promise<OrderKey[]> {
    const rows = await this.#query<{ readonly tenant_id: string; readonly order_id: string }>(
      'parkedLanes',
      [subscription],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, orderId: row.order_id }));
  }

  async requeue(subscription: string, lane?: OrderKey): Promise<void> {
    if (lane === undefined) await this.#query('requeue', [subscription]);
    else await this.#query('requeueLane', [subscription, lane.tenantId, lane.orderId]);
  }

  async unpark(subscription: string, eventId: string, transaction?: unknown): Promise<boolean> {
    return (await this.#queryIn(transaction, 'unpark', [subscription, eventId])).length > 0;
  }

  async #queryIn(transaction: unknown, name: 'park' | 'unpark', values: string[]) {
    if (transaction === undefined) return this.#query(name, values);
    const query = { text: this.#queries[name], values };
    return (await this.#connections.ask(asClient(transaction), query)).rows;
  }

  #query<Row>(name: keyof ReturnType<typeof parkingQueries>, values: string[]) {
    const text = this.#queries[name];
    return this.#connections.read<Row>({ name: `parking.${name}`, text, values });
  }
}

function decodeParked(subscription: string, row: ParkedRow): ParkedEvent {
  const where = `parked event ${row.event_id}`;
  return {
    subscription,
    partition: row.partition,
    position: Number(row.position),
    event: parseJson<OrderEvent>(row.event, where),
    error: parseJson<string | null>(row.error, where),
    attempts: row.attempts,
    parkedAt: Number(row.parked_at),
  };
}
