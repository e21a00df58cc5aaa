import type { OrderStore } from '../store.ts';
import { readOptions, type SqliteStoreOptions } from './options.ts';
import { SqliteStore } from './store.ts';

export type { SqliteStoreOptions, SqliteWarning } from './options.ts';
export { type SqliteMigration, sqliteMigrations } from './schema.ts';

/**
 * Creates a store in one SQLite file, using `node:sqlite`: nothing to install, durable at every
 * commit, usable by several processes of one machine. The file is opened when the engine starts.
 *
 * Throws `invalidArgument` for options that cannot work.
 *
 * @example
 * const engine = await createOrderEngine({ store: createSqliteStore({ path: 'orders.db' }) });
 */
export function createSqliteStore(options: SqliteStoreOptions): OrderStore {
  return new SqliteStore(readOptions(options));
}
