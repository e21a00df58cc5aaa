import type { OrderEvent } from '../../order/envelope.ts';
import type { Lease, OrderKey, ParkedEvent, ParkedLanesQuery, ParkedOrder } from '../store.ts';
import { boundedPage, unboundedBytes } from './bounded-page.ts';
import { equals, isAbove, plus, rowsFrom } from './builtins.ts';
import { parseJson, parseObject } from './codec.ts';
import { asBigints, asTexts, documents, numbers, texts } from './columns.ts';
import type { Connections } from './connections.ts';
import { isHeldRow, isSamePlace, isTrue } from './lease-queries.ts';
import { knownOf, leaseAfter, type RevisionRow } from './leases.ts';
import { asClient } from './transaction.ts';

interface ParkedRow {
  readonly event_id: string;
  readonly partition: number;
  readonly position: number | string;
  readonly attempts: number | string;
  readonly retry_at: number | string | null;
  readonly requeues: number | string;
  readonly parked_at: number | string;
  readonly error: string;
  readonly data: string;
}

interface HeadRow extends Omit<ParkedRow, 'position' | 'parked_at' | 'data'> {
  readonly tenant_id: string;
  readonly order_id: string;
}

interface CountRow {
  readonly count: number | string;
}

const headColumns = 'tenant_id, order_id, event_id, partition, attempts, retry_at, requeues, error';
const pageColumns =
  'tenant_id, order_id, version, event_id, partition, position, attempts, retry_at, requeues, ' +
  'parked_at, error, event AS data';
const inOrder = 'ORDER BY tenant_id, order_id, version LIMIT';
const bounded = (page: string) =>
  boundedPage(page, 'tenant_id, order_id, version', '$3::bigint') +
  ' ORDER BY tenant_id, order_id, version';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function parkingQueries(schema: string) {
  const parked = `${schema}.parked`;
  const isOurs = `subscription ${equals} $1`;
  // Steps from order to order by an index, past all that waits behind the first of each.
  const first = (which: string, tenant: string, order: string): string =>
    `SELECT ${headColumns} FROM ${parked} WHERE ${which} AND (tenant_id, order_id) ${isAbove} ` +
    `(${tenant}, ${order}) ORDER BY tenant_id, order_id, version LIMIT 1`;
  const heads = (which: string): string =>
    `WITH RECURSIVE heads AS ((${first(which, '$2', '$3')}) UNION ALL SELECT following.* ` +
    `FROM heads CROSS JOIN LATERAL (${first(which, 'heads.tenant_id', 'heads.order_id')}) ` +
    'AS following) SELECT * FROM heads LIMIT $4::bigint';
  const requeued = (which: string): string =>
    `WITH freed AS (UPDATE ${parked} SET error = 'null', retry_at = NULL, ` +
    `requeues = requeues ${plus} 1 WHERE ${which} RETURNING tenant_id, order_id) ` +
    'SELECT pg_catalog.count(*) AS count FROM (SELECT DISTINCT tenant_id, order_id FROM freed) AS lanes';
  const leases = `${schema}.leases`;
  // What is done refers to `raised`, so it is not done when the lease is lost or its holder wrong.
  const underLease = (work: string): string =>
    `WITH held AS MATERIALIZED (SELECT subscription, partition, ${isTrue(schema)} AS is_true ` +
    `FROM ${leases} WHERE ${isHeldRow} FOR UPDATE), ` +
    `raised AS (UPDATE ${leases} SET revision = leases.revision ${plus} 1::bigint FROM held ` +
    `WHERE ${isSamePlace('leases', 'held')} AND held.is_true RETURNING leases.revision), ` +
    `done AS (${work}) SELECT raised.revision FROM held LEFT JOIN raised ON true`;
  return {
    park: underLease(
      `INSERT INTO ${parked} (subscription, partition, tenant_id, order_id, version, event_id, ` +
        'position, attempts, retry_at, requeues, parked_at, error, event) ' +
        'SELECT $1, $2::integer, tenant_id, order_id, version::integer, event_id, position, ' +
        'attempts, retry_at, requeues, parked_at, error, event FROM raised CROSS JOIN ' +
        `${rowsFrom(
          ...[asTexts('$9'), asTexts('$10'), asBigints('$11'), asTexts('$12'), asBigints('$13')],
          ...[asBigints('$14'), asBigints('$15'), asBigints('$16'), asBigints('$17')],
          ...[asTexts('$18'), asTexts('$19')],
        )} ` +
        'AS entry(tenant_id, order_id, version, event_id, position, attempts, retry_at, requeues, ' +
        'parked_at, error, event) ORDER BY tenant_id, order_id, version ' +
        // An order that was purged and placed anew has other events under the same versions.
        'ON CONFLICT (subscription, tenant_id, order_id, version) DO UPDATE SET ' +
        'event_id = excluded.event_id, partition = excluded.partition, position = excluded.position, ' +
        'attempts = excluded.attempts, retry_at = excluded.retry_at, error = excluded.error, ' +
        'parked_at = excluded.parked_at, event = excluded.event',
    ),
    parked: bounded(
      `SELECT ${pageColumns} FROM ${parked} WHERE subscription ${equals} $1 ${inOrder} $2::bigint`,
    ),
    parkedInLane: bounded(
      `SELECT ${pageColumns} FROM ${parked} WHERE subscription ${equals} $1 ` +
        `AND tenant_id ${equals} $4 AND order_id ${equals} $5 ${inOrder} $2::bigint`,
    ),
    parkedLanes: heads(isOurs),
    parkedLanesOf: heads(`${isOurs} AND partition ${equals} $5::integer`),
    requeue: requeued(isOurs),
    requeueLane: requeued(`${isOurs} AND tenant_id ${equals} $2 AND order_id ${equals} $3`),
    unpark: underLease(
      `DELETE FROM ${parked} USING raised WHERE parked.subscription ${equals} $1 ` +
        `AND parked.event_id ${equals} $9`,
    ),
    skip: `DELETE FROM ${parked} WHERE ${isOurs} AND event_id ${equals} $2 RETURNING event_id`,
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

  async park(
    lease: Lease,
    entries: readonly ParkedEvent[],
    transaction?: unknown,
  ): Promise<Lease | undefined> {
    const values = [
      ...knownOf(lease),
      texts(entries.map(({ event }) => event.tenantId)),
      texts(entries.map(({ event }) => event.orderId)),
      numbers(entries.map(({ event }) => event.version)),
      texts(entries.map(({ event }) => event.id)),
      numbers(entries.map(({ position }) => position)),
      numbers(entries.map(({ attempts }) => attempts)),
      numbers(entries.map(({ retryAt }) => retryAt)),
      numbers(entries.map(({ requeues }) => requeues)),
      numbers(entries.map(({ parkedAt }) => parkedAt)),
      documents(entries.map(({ error }) => JSON.stringify(error))),
      documents(entries.map(({ event }) => JSON.stringify(event))),
    ];
    return leaseAfter(lease, await this.#queryIn(transaction, 'park', values));
  }

  async parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes = unboundedBytes,
  ): Promise<ParkedEvent[]> {
    const values = [subscription, `${limit}`, `${maximumBytes}`];
    const rows = await (lane === undefined
      ? this.#query<ParkedRow>('parked', values)
      : this.#query<ParkedRow>('parkedInLane', [...values, lane.tenantId, lane.orderId]));
    return rows.map((row) => decodeParked(subscription, row));
  }

  async parkedLanes(query: ParkedLanesQuery): Promise<ParkedOrder[]> {
    const { subscription, partition, after, limit } = query;
    // No id is empty, so that all come after two that are.
    const values = [subscription, after?.tenantId ?? '', after?.orderId ?? '', `${limit}`];
    const rows = await (partition === undefined
      ? this.#query<HeadRow>('parkedLanes', values)
      : this.#query<HeadRow>('parkedLanesOf', [...values, `${partition}`]));
    return rows.map(decodeHead);
  }

  async requeue(subscription: string, lane?: OrderKey): Promise<number> {
    const [row] = await (lane === undefined
      ? this.#query<CountRow>('requeue', [subscription])
      : this.#query<CountRow>('requeueLane', [subscription, lane.tenantId, lane.orderId]));
    return Number(row?.count ?? 0);
  }

  async unpark(lease: Lease, eventId: string, transaction?: unknown): Promise<Lease | undefined> {
    const values = [...knownOf(lease), eventId];
    return leaseAfter(lease, await this.#queryIn(transaction, 'unpark', values));
  }

  async skip(subscription: string, eventId: string): Promise<boolean> {
    return (await this.#query('skip', [subscription, eventId])).length > 0;
  }

  async #queryIn(transaction: unknown, name: 'park' | 'unpark', values: string[]) {
    if (transaction === undefined) return (await this.#query<RevisionRow>(name, values))[0];
    const query = { text: this.#queries[name], values };
    const { rows } = await this.#connections.ask(asClient(transaction), query);
    return (rows as readonly RevisionRow[])[0];
  }

  #query<Row>(name: keyof ReturnType<typeof parkingQueries>, values: string[]) {
    const text = this.#queries[name];
    const query = { name: `parking.${name}`, text, values };
    if (name.startsWith('parked')) return this.#connections.read<Row>(query);
    return this.#connections.update<Row>(query);
  }
}

function decodeParked(subscription: string, row: ParkedRow): ParkedEvent {
  const where = `parked event ${row.event_id}`;
  return {
    subscription,
    partition: row.partition,
    position: Number(row.position),
    event: parseObject<OrderEvent>(row.data, where),
    error: parseJson<string | null>(row.error, where),
    attempts: Number(row.attempts),
    retryAt: row.retry_at === null ? null : Number(row.retry_at),
    requeues: Number(row.requeues),
    parkedAt: Number(row.parked_at),
  };
}

function decodeHead(row: HeadRow): ParkedOrder {
  return {
    tenantId: row.tenant_id,
    orderId: row.order_id,
    partition: row.partition,
    eventId: row.event_id,
    error: parseJson<string | null>(row.error, `parked event ${row.event_id}`),
    attempts: Number(row.attempts),
    retryAt: row.retry_at === null ? null : Number(row.retry_at),
    requeues: Number(row.requeues),
  };
}
