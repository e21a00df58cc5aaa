import type { Timestamp } from '../../order/values.ts';
import { decodeKey, type Integer, type KeyRow } from '../sql/codec.ts';
import type { OrderKey, PurgeRequest, PurgeResult } from '../store.ts';
import { equals, isBelow, rowsFrom } from './builtins.ts';
import { asBigints, asTexts, numbers, texts } from './columns.ts';
import type { Connections } from './connections.ts';

const isArchived = `archived_at ${isBelow} $1::bigint AND updated_at ${isBelow} $1::bigint`;

/** The SQL of this file; the tests check the plan of each query. */
export function purgeQueries(schema: string) {
  return {
    // Skips locked rows, so that a purge and a writer never wait for each other. Selects by an array,
    // not a join, because the planner would read the whole table for a join with so many rows.
    commands:
      `WITH gone AS (DELETE FROM ${schema}.commands WHERE ctid ${equals} ANY (ARRAY(` +
      `SELECT ctid FROM ${schema}.commands WHERE recorded_at ${isBelow} $1::bigint ` +
      'ORDER BY recorded_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)) RETURNING 1) ' +
      'SELECT pg_catalog.count(*) AS count FROM gone',
    archived:
      `SELECT tenant_id, order_id FROM ${schema}.orders WHERE ${isArchived} ` +
      'ORDER BY archived_at, order_row LIMIT $2::bigint',
    lockOrders:
      `SELECT order_row FROM ${schema}.orders WHERE ${isArchived} ` +
      'ORDER BY archived_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED',
    lockTheseOrders:
      `SELECT order_row FROM ${rowsFrom(asTexts('$3'), asTexts('$4'))} ` +
      `AS wanted(tenant_id, order_id) JOIN ${schema}.orders ON orders.tenant_id ${equals} wanted.tenant_id ` +
      `AND orders.order_id ${equals} wanted.order_id ` +
      `WHERE ${isArchived} LIMIT $2::bigint FOR UPDATE OF orders SKIP LOCKED`,
    events: `DELETE FROM ${schema}.events WHERE order_row ${equals} ANY (${asBigints('$1')})`,
    orders: `DELETE FROM ${schema}.orders WHERE order_row ${equals} ANY (${asBigints('$1')})`,
    sweep: `SELECT ${schema}.sweep_feed($1::bigint)`,
  } as const;
}

interface CountRow {
  readonly count: Integer;
}

interface LockedRow {
  readonly order_row: Integer;
}

/** Removes expired commands and archived orders. */
export class Purger {
  readonly #connections: Connections;
  readonly #queries: ReturnType<typeof purgeQueries>;

  constructor(connections: Connections, schema: string) {
    this.#connections = connections;
    this.#queries = purgeQueries(schema);
  }

  async archived(time: Timestamp, limit: number): Promise<OrderKey[]> {
    return (await this.#run<KeyRow>('archived', [`${time}`, `${limit}`])).map(decodeKey);
  }

  async purge({ commandsBefore, archivedBefore, orders, limit }: PurgeRequest) {
    const result: PurgeResult = {
      commands: commandsBefore === undefined ? 0 : await this.#purgeCommands(commandsBefore, limit),
      orders:
        archivedBefore === undefined ? 0 : await this.#purgeOrders(archivedBefore, limit, orders),
    };
    // Removes the feed rows of purged orders, a range with each purge.
    if (archivedBefore !== undefined) await this.#run('sweep', [`${Math.max(limit, 1000)}`]);
    return result;
  }

  async #purgeCommands(before: Timestamp, limit: number): Promise<number> {
    const [row] = await this.#run<CountRow>('commands', [`${before}`, `${limit}`]);
    return Number(row?.count ?? 0);
  }

  /**
   * Locks the orders in a separate statement, so that the next one also sees the events that were
   * written until the lock was obtained.
   */
  #purgeOrders(before: Timestamp, limit: number, keys?: readonly OrderKey[]): Promise<number> {
    const { lockOrders, lockTheseOrders, events, orders } = this.#queries;
    return this.#connections.transaction(async (client) => {
      const range = [`${before}`, `${limit}`];
      const { rows } = await this.#connections.ask(
        client,
        keys === undefined
          ? { text: lockOrders, values: range }
          : { text: lockTheseOrders, values: [...range, ...columnsOf(keys)] },
      );
      const values = [numbers(rows.map((row) => Number((row as LockedRow).order_row)))];
      if (rows.length === 0) return 0;
      await this.#connections.ask(client, { text: events, values });
      await this.#connections.ask(client, { text: orders, values });
      return rows.length;
    });
  }

  #run<Row>(name: keyof ReturnType<typeof purgeQueries>, values: string[]) {
    // A purge may be repeated, so it does not matter whether a failed one was applied.
    const query = { text: this.#queries[name], values };
    if (name === 'archived') return this.#connections.read<Row>(query);
    return this.#connections.update<Row>(query);
  }
}

/** Names each order once, because one that is named twice would be counted twice. */
function columnsOf(named: readonly OrderKey[]): string[] {
  const keys = new Map(named.map((key) => [JSON.stringify([key.tenantId, key.orderId]), key]))
    .values()
    .toArray();
  return [texts(keys.map(({ tenantId }) => tenantId)), texts(keys.map(({ orderId }) => orderId))];
}
