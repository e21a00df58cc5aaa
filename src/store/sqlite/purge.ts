import type { Timestamp } from '../../order/values.ts';
import type { OrderKey, PurgeRequest, PurgeResult } from '../store.ts';
import type { Database, Statement } from './database.ts';

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
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

/** Removes what is past its time. */
export class Purger {
  readonly #database: Database;
  readonly #commands: Statement<unknown>;
  readonly #archived: Statement<{ readonly order_row: number }>;
  readonly #archivedKeys: Statement<{ readonly tenant_id: string; readonly order_id: string }>;
  readonly #archivedOne: Statement<{ readonly order_row: number }>;
  readonly #events: Statement<unknown>;
  readonly #order: Statement<unknown>;

  constructor(database: Database) {
    this.#database = database;
    this.#commands = database.prepare(purgeQueries.commands);
    this.#archived = database.prepare(purgeQueries.archived);
    this.#archivedKeys = database.prepare(purgeQueries.archivedKeys);
    this.#archivedOne = database.prepare(purgeQueries.archivedOne);
    this.#events = database.prepare(purgeQueries.events);
    this.#order = database.prepare(purgeQueries.order);
  }

  archived(time: Timestamp, limit: number): OrderKey[] {
    return this.#archivedKeys
      .all(time, time, limit)
      .map((row) => ({ tenantId: row.tenant_id, orderId: row.order_id }));
  }

  purge({ commandsBefore, archivedBefore, orders, limit }: PurgeRequest): PurgeResult {
    return this.#database.write(() => ({
      commands:
        commandsBefore === undefined
          ? 0
          : Number(this.#commands.run(commandsBefore, limit).changes),
      orders: archivedBefore === undefined ? 0 : this.#purgeOrders(archivedBefore, limit, orders),
    }));
  }

  #purgeOrders(before: Timestamp, limit: number, keys?: readonly OrderKey[]): number {
    const found =
      keys === undefined
        ? this.#archived.all(before, before, limit)
        : keys.flatMap(
            (key) => this.#archivedOne.get(key.tenantId, key.orderId, before, before) ?? [],
          );
    // An order may be named twice.
    const rows = [...new Set(found.map((row) => row.order_row))].slice(0, limit);
    for (const row of rows) {
      this.#events.run(row);
      this.#order.run(row);
    }
    return rows.length;
  }
}
