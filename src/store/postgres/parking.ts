import {
  decodeParked,
  decodeParkedOrder,
  type Integer,
  type ParkedHeadRow,
  type ParkedRow,
  parkedColumns,
  parkedHeadColumns,
} from '../sql/codec.ts';
import type { Lease, OrderKey, ParkedEvent, ParkedLanesQuery, ParkedOrder } from '../store.ts';
import { boundedPage, unboundedBytes } from './bounded-page.ts';
import { equals, isAbove, plus, rowsFrom } from './builtins.ts';
import { asBigints, asTexts, documents, numbers, texts } from './columns.ts';
import type { Connections } from './connections.ts';
import { isHeldRow, isSamePlace, isTrue } from './lease-queries.ts';
import { knownOf, leaseAfter, type RevisionRow } from './leases.ts';
import { Statements } from './statements.ts';
import { asClient } from './transaction.ts';

interface CountRow {
  readonly count: Integer;
}

const pageColumns = `tenant_id, order_id, version, ${parkedColumns}`;
const inOrder = 'ORDER BY tenant_id, order_id, version LIMIT';
const bounded = (page: string) =>
  boundedPage(page, 'tenant_id, order_id, version', '$3::bigint') +
  ' ORDER BY tenant_id, order_id, version';

/** The SQL of this file; the tests check the plan of each query. */
export function parkingQueries(schema: string) {
  const parked = `${schema}.parked`;
  const isOurs = `subscription ${equals} $1`;
  // Steps from order to order by an index, skipping the events that wait behind the first of each.
  const first = (which: string, tenant: string, order: string): string =>
    `SELECT ${parkedHeadColumns} FROM ${parked} WHERE ${which} AND (tenant_id, order_id) ${isAbove} ` +
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
  // `work` reads from `raised`, so it does nothing when the lease is lost or its holder out of date.
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
        // An order that was purged and placed again has other events under the same versions.
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

/** The parked events. */
export class Parking {
  readonly #sql: Statements<keyof ReturnType<typeof parkingQueries>>;

  constructor(connections: Connections, schema: string) {
    this.#sql = new Statements(connections, 'parking', parkingQueries(schema));
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
    return leaseAfter(lease, await this.#write('park', values, transaction));
  }

  async parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes = unboundedBytes,
  ): Promise<ParkedEvent[]> {
    const values = [subscription, `${limit}`, `${maximumBytes}`];
    const rows = await (lane === undefined
      ? this.#sql.read<ParkedRow>('parked', values)
      : this.#sql.read<ParkedRow>('parkedInLane', [...values, lane.tenantId, lane.orderId]));
    return rows.map((row) => decodeParked(row, subscription));
  }

  async parkedLanes(query: ParkedLanesQuery): Promise<ParkedOrder[]> {
    const { subscription, partition, after, limit } = query;
    // No id is empty, so all orders come after empty ids.
    const values = [subscription, after?.tenantId ?? '', after?.orderId ?? '', `${limit}`];
    const rows = await (partition === undefined
      ? this.#sql.read<ParkedHeadRow>('parkedLanes', values)
      : this.#sql.read<ParkedHeadRow>('parkedLanesOf', [...values, `${partition}`]));
    return rows.map(decodeParkedOrder);
  }

  async requeue(subscription: string, lane?: OrderKey): Promise<number> {
    const [row] = await (lane === undefined
      ? this.#sql.update<CountRow>('requeue', [subscription])
      : this.#sql.update<CountRow>('requeueLane', [subscription, lane.tenantId, lane.orderId]));
    return Number(row?.count ?? 0);
  }

  async unpark(lease: Lease, eventId: string, transaction?: unknown): Promise<Lease | undefined> {
    const values = [...knownOf(lease), eventId];
    return leaseAfter(lease, await this.#write('unpark', values, transaction));
  }

  async skip(subscription: string, eventId: string): Promise<boolean> {
    return (await this.#sql.update('skip', [subscription, eventId])).length > 0;
  }

  async #write(name: 'park' | 'unpark', values: string[], transaction: unknown) {
    const [row] = await (transaction === undefined
      ? this.#sql.update<RevisionRow>(name, values)
      : this.#sql.within<RevisionRow>(asClient(transaction), name, values));
    return row;
  }
}
