import type { Timestamp } from '../../order/values.ts';
import { decodeKey, type KeyRow } from '../sql/codec.ts';
import type { OrderKey, PurgeRequest, PurgeResult } from '../store.ts';
import type { Database, Statements } from './database.ts';

/** The SQL of this file; the tests check the plan of each query. */
export const purgeQueries = {
  commands:
    'DELETE FROM commands WHERE command_row IN (SELECT command_row FROM commands ' +
    'WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?)',
  archived:
    'SELECT order_row FROM orders WHERE archived_at < ? AND updated_at < ? ' +
    'ORDER BY archived_at, order_row LIMIT ?',
  archivedKeys:
    'SELECT tenant_id, order_id FROM orders WHERE archived_at < ? AND updated_at < ? ' +
    'ORDER BY archived_at, order_row LIMIT ?',
  archivedOne:
    'SELECT order_row FROM orders WHERE tenant_id = ? AND order_id = ? ' +
    'AND archived_at < ? AND updated_at < ?',
  events: 'DELETE FROM events WHERE order_row = ?',
  order: 'DELETE FROM orders WHERE order_row = ?',
} as const;

interface Rows {
  readonly archived: { readonly order_row: number };
  readonly archivedKeys: KeyRow;
  readonly archivedOne: { readonly order_row: number };
}

/** Removes expired commands and archived orders. */
export class Purger {
  readonly #database: Database;
  readonly #sql: Statements<typeof purgeQueries, Rows>;

  constructor(database: Database) {
    this.#database = database;
    this.#sql = database.prepareAll(purgeQueries);
  }

  archived(time: Timestamp, limit: number): OrderKey[] {
    return this.#sql.archivedKeys.all(time, time, limit).map(decodeKey);
  }

  purge({ commandsBefore, archivedBefore, orders, limit }: PurgeRequest): PurgeResult {
    return this.#database.write(() => ({
      commands:
        commandsBefore === undefined
          ? 0
          : Number(this.#sql.commands.run(commandsBefore, limit).changes),
      orders: archivedBefore === undefined ? 0 : this.#purgeOrders(archivedBefore, limit, orders),
    }));
  }

  #purgeOrders(before: Timestamp, limit: number, keys?: readonly OrderKey[]): number {
    const found =
      keys === undefined
        ? this.#sql.archived.all(before, before, limit)
        : keys.flatMap(
            (key) => this.#sql.archivedOne.get(key.tenantId, key.orderId, before, before) ?? [],
          );
    // A caller may name an order twice.
    const rows = [...new Set(found.map((row) => row.order_row))].slice(0, limit);
    for (const row of rows) {
      this.#sql.events.run(row);
      this.#sql.order.run(row);
    }
    return rows.length;
  }
}
