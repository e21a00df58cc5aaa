import type { Timestamp } from '../../order/values.ts';
import type { PurgeRequest, PurgeResult } from '../store.ts';
import type { Database, Statement } from './database.ts';

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
export const purgeQueries = {
  commands:
    'DELETE FROM commands WHERE command_row IN (SELECT command_row FROM commands ' +
    'WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?)',
  archived:
    'SELECT order_row FROM orders WHERE archived_at < ? ORDER BY archived_at, order_row LIMIT ?',
  events: 'DELETE FROM events WHERE order_row = ?',
  order: 'DELETE FROM orders WHERE order_row = ?',
} as const;

/** Removes what is past its time. */
export class Purger {
  readonly #database: Database;
  readonly #commands: Statement<unknown>;
  readonly #archived: Statement<{ readonly order_row: number }>;
  readonly #events: Statement<unknown>;
  readonly #order: Statement<unknown>;

  constructor(database: Database) {
    this.#database = database;
    this.#commands = database.prepare(purgeQueries.commands);
    this.#archived = database.prepare(purgeQueries.archived);
    this.#events = database.prepare(purgeQueries.events);
    this.#order = database.prepare(purgeQueries.order);
  }

  purge({ commandsBefore, archivedBefore, limit }: PurgeRequest): PurgeResult {
    return this.#database.write(() => ({
      commands:
        commandsBefore === undefined
          ? 0
          : Number(this.#commands.run(commandsBefore, limit).changes),
      orders: archivedBefore === undefined ? 0 : this.#purgeOrders(archivedBefore, limit),
    }));
  }

  #purgeOrders(before: Timestamp, limit: number): number {
    const rows = this.#archived.all(before, limit);
    for (const { order_row: row } of rows) {
      this.#events.run(row);
      this.#order.run(row);
    }
    return rows.length;
  }
}
