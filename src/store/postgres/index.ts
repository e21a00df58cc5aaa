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
 * Creates a store in a PostgreSQL database (13 or later, encoding UTF8), through a `pg.Pool` or anything
 * of its shape: for any number of processes and machines. The host creates and ends the pool.
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
 * Creates a pool, using `pg`, whose connections lead to the primary of a cluster, whichever of its hosts
 * that is, as `target_session_attrs=read-write` does in other clients. It never returns a connection to
 * a standby. After a promotion, new connections lead to the new primary, without a change of address.
 * End the pool after the engine is closed.
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
