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

/** A setting of the server that is allowed but weakens a guarantee. */
export interface PostgresWarning {
  /** Stable, for programs and alerts; the setting is in it. */
  readonly name:
    | 'postgresFsyncOff'
    | 'postgresFullPageWritesOff'
    | 'postgresSynchronousCommitOff'
    | 'postgresAutovacuumOff';
  readonly message: string;
}

/** One statement, as `pg` takes it. Without `values` it may hold several statements. */
export interface PostgresQuery {
  readonly text: string;
  readonly values?: string[];
  /** Under this name the server may keep the statement's plan, for this connection. */
  readonly name?: string;
}

/** What a statement gave. */
export interface PostgresResult {
  readonly rows: readonly unknown[];
  /** `COMMIT`, `ROLLBACK`...; a client that does not tell may leave it out. */
  readonly command?: string | undefined;
}

/**
 * The part of a `pg.Client` that the store needs. `query` must not resolve before the server is
 * ready for the next one (ReadyForQuery of the protocol): only then is the transaction durable.
 * Numbers of type `bigint` may come as texts.
 */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<PostgresResult>;
  /** The server's number for the connection, where the client tells it. */
  readonly processID?: number | null | undefined;
}

/** The same, borrowed from a pool. */
export interface PooledPostgresClient extends PostgresClient {
  /** Gives it back; with `true`, as one that must not be used again. */
  release(isBroken?: boolean): void;
  /** Where there is one, processes tell each other at once that there is something new. */
  on?(event: 'notification', listener: (news: { payload?: string | undefined }) => void): unknown;
  /**
   * Where there is one, the store listens to `error`: a connection that breaks while the store has
   * it makes its statement fail, which is told there, and is no crash.
   */
  on?(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of a `pg.Pool` that the store needs. */
export interface PostgresPool {
  /** How many connections it makes at most, where it tells: then some are kept free of writes. */
  readonly options?: { readonly max?: number | undefined };
  connect(): Promise<PooledPostgresClient>;
  /** Where there is one, the store listens to `error`: an idle connection that breaks is no crash. */
  on?(event: 'error', listener: (error: Error) => void): unknown;
  /** And to every connection as soon as it is made, which the server may end at once. */
  on?(event: 'connect', listener: (client: PooledPostgresClient) => void): unknown;
}

/** What {@link createPostgresStore} takes. */
export interface PostgresStoreOptions {
  /**
   * A pool of the store's own (`new pg.Pool({ connectionString, max: 10 })`): the store sets
   * timeouts on its connections. Four connections are enough for one engine; more serve more
   * readers at once. The store does not end it.
   */
  readonly pool: PostgresPool;
  /** Where the tables are. Default `orderchart`. Lower-case letters, digits and `_`; no word of SQL. */
  readonly schema?: string | undefined;
  /** Whether `open` brings the schema up to date; else it only checks. Default true. */
  readonly migrate?: boolean | undefined;
  /** How long a statement may take on the server, in ms. Default 30,000. */
  readonly statementTimeoutMs?: number | undefined;
  /**
   * How long to wait for the answer to a statement, or for a connection, in ms: for a server that is
   * frozen, a network that swallows, a synchronous standby that is away. Default 5,000.
   */
  readonly answerTimeoutMs?: number | undefined;
  /** How long a statement waits for a lock, in ms, before its commits travel singly. Default 500. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * `database` (the default): the engine follows the clock of the database, so all processes agree
   * on leases and deadlines. `engine`: it follows its own (for tests with a movable clock).
   */
  readonly time?: 'database' | 'engine' | undefined;
  /**
   * Whether statements are prepared under names, which saves planning them. Default true; set to
   * false behind a pooler that hands out another connection for each transaction and cannot
   * follow prepared statements.
   */
  readonly preparedStatements?: boolean | undefined;
  /** Is told once per opening about every setting that weakens a guarantee. */
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

/** The options, checked and complete. */
export type PostgresSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: PostgresStoreOptions): PostgresSettings {
  return checkOptions('createPostgresStore', schema, options);
}
