import type { Timestamp } from '../../order/values.ts';
import type { OrderKey, PurgeRequest, PurgeResult } from '../store.ts';
import { asTexts, texts } from './columns.ts';
import type { Connections } from './connections.ts';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function purgeQueries(schema: string) {
  // Arrays, not joins: the planner would read a whole table for the many rows that it fears.
  const old = 'order_row = ANY (ARRAY(SELECT order_row FROM old))';
  const deleting = (orders: string): string =>
    `WITH old AS MATERIALIZED (${orders}), ` +
    `events_gone AS (DELETE FROM ${schema}.events WHERE ${old}), ` +
    `gone AS (DELETE FROM ${schema}.orders WHERE ${old} RETURNING 1) ` +
    'SELECT count(*) AS count FROM gone';
  return {
    // What somebody is writing is left for the next time: nobody waits for a purge, nor it for them.
    commands:
      `WITH gone AS (DELETE FROM ${schema}.commands WHERE ctid = ANY (ARRAY(` +
      `SELECT ctid FROM ${schema}.commands WHERE recorded_at < $1::bigint ` +
      'ORDER BY recorded_at LIMIT $2::integer FOR UPDATE SKIP LOCKED)) RETURNING 1) ' +
      'SELECT count(*) AS count FROM gone',
    archived:
      `SELECT tenant_id, order_id FROM ${schema}.orders WHERE archived_at < $1::bigint ` +
      'ORDER BY archived_at, order_row LIMIT $2::integer',
    orders: deleting(
      `SELECT order_row FROM ${schema}.orders WHERE archived_at < $1::bigint ` +
        'ORDER BY archived_at LIMIT $2::integer FOR UPDATE SKIP LOCKED',
    ),
    theseOrders: deleting(
      `SELECT order_row FROM unnest(${asTexts('$3')}, ${asTexts('$4')}) ` +
        `AS wanted(tenant_id, order_id) JOIN ${schema}.orders USING (tenant_id, order_id) ` +
        'WHERE archived_at < $1::bigint LIMIT $2::integer FOR UPDATE OF orders SKIP LOCKED',
    ),
    sweep: `SELECT ${schema}.sweep_feed($1::integer)`,
  } as const;
}

interface CountRow {
  readonly count: number | string;
}

/** Removes what is past its time. */
export class Purger {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof purgeQueries>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = purgeQueries(schema);
  }

  async archived(time: Timestamp, limit: number): Promise<OrderKey[]> {
    const rows = await this.#run<{ readonly tenant_id: string; readonly order_id: string }>(
      'archived',
      [`${time}`, `${limit}`],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, orderId: row.order_id }));
  }

  async purge({ commandsBefore, archivedBefore, orders, limit }: PurgeRequest) {
    this.#connections.checkOpen();
    const result: PurgeResult = {
      commands:
        commandsBefore === undefined ? 0 : await this.#count('commands', [commandsBefore, limit]),
      orders:
        archivedBefore === undefined ? 0 : await this.#purgeOrders(archivedBefore, limit, orders),
    };
    // Their places in the feed are empty now; a stretch of it is swept with each purge.
    if (archivedBefore !== undefined) await this.#run('sweep', [`${Math.max(limit, 1000)}`]);
    return result;
  }

  #purgeOrders(before: Timestamp, limit: number, keys?: readonly OrderKey[]): Promise<number> {
    if (keys === undefined) return this.#count('orders', [before, limit]);
    return this.#count('theseOrders', [
      before,
      limit,
      texts(keys.map(({ tenantId }) => tenantId)),
      texts(keys.map(({ orderId }) => orderId)),
    ]);
  }

  async #count(
    name: 'commands' | 'orders' | 'theseOrders',
    values: readonly (number | string)[],
  ): Promise<number> {
    const [row] = await this.#run<CountRow>(name, values.map(String));
    return Number(row?.count ?? 0);
  }

  #run<Row>(name: keyof ReturnType<typeof purgeQueries>, values: string[]) {
    // Repeating a purge is harmless, so it does not matter whether a failed one was applied.
    return this.#connections.read<Row>({ text: this.#queries[name], values });
  }
}
