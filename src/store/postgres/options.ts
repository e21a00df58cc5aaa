import { z } from 'zod';
import {
  callable,
  checkOptions,
  flag,
  longestTimerMs,
  type OptionSchemas,
  oneOf,
  type Settings,
  whole,
  withMethods,
} from '../../options.ts';
import { schemaName } from './schema-name.ts';

/** A setting of the server that weakens a guarantee. */
export interface PostgresWarning {
  /** Names the setting. Never changes, so that programs and alerts can rely on it. */
  readonly name:
    | 'postgresFsyncOff'
    | 'postgresFullPageWritesOff'
    | 'postgresSynchronousCommitOff'
    | 'postgresAutovacuumOff';
  /** A description of what can be lost. */
  readonly message: string;
}

/** A statement in the form that `pg` takes. */
export interface PostgresQuery {
  /** The SQL; several statements are allowed when there are no `values`. */
  readonly text: string;
  /** The values of `$1`, `$2`... */
  readonly values?: string[];
  /** The name under which the server may keep the prepared statement, for this connection. */
  readonly name?: string;
}

/** The result of a statement. */
export interface PostgresResult {
  /** Objects with a property for each column. */
  readonly rows: readonly unknown[];
  /** `COMMIT`, `ROLLBACK`...; `undefined` from a client that does not report it. */
  readonly command?: string | undefined;
}

/** The part of a `pg.Client` that the store needs. */
export interface PostgresClient {
  /**
   * Runs a statement. Must not resolve before the server is ready for the next one (ReadyForQuery of the
   * protocol), because only then is a transaction durable. A `bigint` may be a number or a text. Rejects
   * with an error whose `code` is the SQLSTATE.
   */
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** The process id of the connection at the server, if the client reports it. */
  readonly processID?: number | null | undefined;
}

/** A client borrowed from a pool. */
export interface PooledPostgresClient extends PostgresClient {
  /** Returns the client to the pool; with `true`, as one that must not be used again. */
  release(isBroken?: boolean): void;
  /** Optional. With it, processes notify each other of news immediately. */
  on?(event: 'notification', listener: (news: { payload?: string | undefined }) => void): unknown;
  /**
   * Optional. With it, the store listens to `error`, so that a connection that breaks while the store has
   * it does not end the process; its statement fails.
   */
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of a `pg.Pool` that the store needs. */
export interface PostgresPool {
  /** `max` is the size of the pool. When it is known, some connections are kept for reads. */
  readonly options?: { readonly max?: number | undefined };
  /** Resolves with a client that is free, or new. */
  connect(): Promise<PooledPostgresClient>;
  /** Optional. With it, the store listens to `error`: an idle connection that breaks ends no process. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
  /** Optional. With it, the store listens to new connections, which the server may end immediately. */
  on?(event: 'connect', listener: (client: PooledPostgresClient) => void): unknown;
}

/**
 * The options of {@link createPostgresStore}.
 *
 * @example
 * const options: PostgresStoreOptions = {
 *   pool: new pg.Pool({ connectionString, max: 10 }),
 *   schema: 'orders',
 *   warn: ({ name, message }) => console.warn(name, message),
 * };
 */
export interface PostgresStoreOptions {
  /**
   * A pool for this store alone, because the store sets timeouts on its connections. Four connections
   * are enough for one engine; more serve more concurrent reads. The store does not end it.
   */
  readonly pool: PostgresPool;
  /**
   * The schema of the tables: 1 to 50 lower-case letters, digits or `_`, not starting with a digit or
   * `pg_`, and not a keyword of SQL. Default `orderchart`.
   */
  readonly schema?: string | undefined;
  /**
   * Whether opening migrates the schema. Otherwise it only checks, and throws `storeUnavailable` for a
   * schema that is not up to date. Default true.
   */
  readonly migrate?: boolean | undefined;
  /**
   * How long a statement may run on the server, in milliseconds; then it fails with `storeUnavailable`.
   * 1 to 2,147,483,647. Default 30,000.
   */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * How long to wait for the answer to a statement, or for a connection, in milliseconds, when the server
   * is frozen, the network drops packets, or a synchronous standby is missing. Then a read fails with
   * `storeUnavailable`, a commit with `outcomeUnknown`. 1 to 2,147,483,647. Default 5,000.
   */
  readonly answerTimeoutMs?: number | undefined;
  /**
   * How long a statement waits for a lock, in milliseconds. Then the commits of its batch are sent one by
   * one, and those that still wait are `locked`. 1 to 2,147,483,647. Default 500.
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * Which clock the engine follows. With `database`, all processes agree on leases and deadlines; `engine`
   * is for tests with a movable clock. Default `database`.
   */
  readonly time?: 'database' | 'engine' | undefined;
  /**
   * Whether statements are prepared under names, so that the server plans them once. Set to false behind
   * a pooler that switches connections between transactions without support for prepared statements.
   * Default true.
   */
  readonly preparedStatements?: boolean | undefined;
  /** Called when the store opens, once for each server setting that weakens a guarantee. Default: not called. */
  readonly warn?: ((warning: PostgresWarning) => void) | undefined;
}

const duration = () => whole(1, longestTimerMs, 'milliseconds');

const schema = z.strictObject({
  pool: withMethods<PostgresPool>('be a pg.Pool, or like one', 'connect'),
  schema: schemaName().default('orderchart'),
  migrate: flag().default(true),
  statementTimeoutMs: duration().default(30_000),
  answerTimeoutMs: duration().default(5_000),
  lockTimeoutMs: duration().default(500),
  time: oneOf('database', 'engine').default('database'),
  preparedStatements: flag().default(true),
  warn: callable<(warning: PostgresWarning) => void>().optional(),
} satisfies OptionSchemas<PostgresStoreOptions>);

/** The validated options with their defaults. */
export type PostgresSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: PostgresStoreOptions): PostgresSettings {
  return checkOptions('createPostgresStore', schema, options);
}
