import type { OrderStore } from '../store.ts';
import { type PostgresStoreOptions, readOptions } from './options.ts';
import { PostgresStore } from './store.ts';

export { migratePostgres, type PostgresMigration, postgresMigrations } from './migrations.ts';
export type {
  PooledPostgresClient,
  PostgresClient,
  PostgresPool,
  PostgresQuery,
  PostgresResult,
  PostgresStoreOptions,
  PostgresWarning,
} from './options.ts';

/**
 * Makes a store in a PostgreSQL database (13 or later, encoding UTF8), by way of a `pg.Pool` or anything of its
 * shape: for any number of processes and machines. The pool is the host's: it makes it and ends it.
 *
 * Throws `invalidArgument` for options that cannot work.
 *
 * @example
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const engine = await createOrderEngine({ store: createPostgresStore({ pool }) });
 */
export function createPostgresStore(options: PostgresStoreOptions): OrderStore {
  return new PostgresStore(readOptions(options));
}
