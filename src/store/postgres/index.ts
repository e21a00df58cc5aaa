import type { OrderStore } from '../store.ts';
import {
  HostsPool,
  type PostgresHostsPool,
  type PostgresPoolOptions,
  readPoolOptions,
} from './hosts-pool.ts';
import { type PostgresStoreOptions, readOptions } from './options.ts';
import { PostgresStore } from './store.ts';

export type { PostgresHostsPool, PostgresPoolOptions } from './hosts-pool.ts';
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

/**
 * Makes a pool (of `pg`, which must be there) whose connections lead to the primary of a cluster,
 * whichever of its hosts that is: `target_session_attrs=read-write`, which node-postgres does not
 * have. A standby is never handed out. After a promotion, connections that are made lead to the new
 * primary; nobody has to move an address. You end it, after the engine.
 *
 * Throws `invalidArgument` for options that cannot work.
 *
 * @example
 * const pool = createPostgresPool({ hosts: ['db-1', 'db-2'], config: { user, password, database } });
 * const engine = await createOrderEngine({ store: createPostgresStore({ pool }) });
 */
export function createPostgresPool(options: PostgresPoolOptions): PostgresHostsPool {
  return new HostsPool(readPoolOptions(options));
}
