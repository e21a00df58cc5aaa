import type { Pool, PoolClient, PoolConfig } from 'pg';
import { onTestFinished } from 'vitest';
import { type ErrorCode, isOrderchartError } from '../../../src/errors.ts';
import {
  createPostgresStore,
  type PostgresStoreOptions,
} from '../../../src/store/postgres/index.ts';
import type { Commit, OrderStore, TransactionStore } from '../../../src/store/store.ts';
import { Cluster } from '../../postgres/cluster.ts';
import { patience } from '../../postgres/patience.ts';
import { newSchema, testPool } from '../../postgres/server.ts';

/** What one test works with; all of it goes when the test is over. */
export interface Given {
  readonly schema: string;
  /** The store's. */
  readonly pool: Pool;
  readonly store: OrderStore;
  /** Another one on the same schema, with a pool of its own, as in another process. */
  another(options?: Partial<PostgresStoreOptions>, config?: PoolConfig): Promise<OrderStore>;
  /** The rows of one statement, outside the store. In it `@` stands for the schema. */
  rows<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** An open store on a schema of its own. */
export async function given(options: Partial<PostgresStoreOptions> = {}): Promise<Given> {
  const schema = newSchema();
  const direct = testPool({ max: 2 });
  const pool = testPool({ max: 4 });
  return {
    schema,
    pool,
    store: await openStore({ pool, schema, ...options }),
    another: (more = {}, config = { max: 4 }) =>
      openStore({ pool: testPool(config), schema, ...options, ...more }),
    rows: async (sql, values = []) =>
      (await direct.query(sql.replaceAll('@', schema), [...values])).rows,
  };
}

/**
 * An open store that follows the clock of its caller and has patience, closed when the test is over.
 * A test of time limits names them.
 */
export async function openStore(options: PostgresStoreOptions): Promise<OrderStore> {
  const store = createPostgresStore({ time: 'engine', ...patience, ...options });
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

/** For `rejects.toSatisfy`: an error with this code, whose message has these words. */
export function errorOf(code: ErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => isOrderchartError(error, code) && words.test(error.message);
}

/** A role with no right but to be, named after the schema; gone when the test is over. */
export async function newRole(schema: string): Promise<string> {
  const role = `${schema}_app`;
  const pool = testPool({ max: 1 });
  await pool.query(`CREATE ROLE ${role}`);
  onTestFinished(async () => void (await pool.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
  return role;
}

/** A client of the host's, on which it has begun a transaction; gone when the test is over. */
export async function hostTransaction(config: PoolConfig = {}): Promise<PoolClient> {
  const client = await testPool({ max: 1, ...config }).connect();
  client.on('error', () => {});
  onTestFinished(() => client.release(true));
  await client.query('BEGIN');
  return client;
}

/** A server of one's own, stopped when the test is over. Ask for it before the pools that use it. */
export async function newCluster(settings: Readonly<Record<string, string>> = {}) {
  const cluster = await Cluster.create({ settings });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

/** The store as it is inside a transaction; fails where there is none. */
export function inside(store: OrderStore, transaction: unknown): TransactionStore {
  const within = store.within?.(transaction);
  if (within === undefined) throw new Error('The store has no transactions.');
  return within;
}

/** How each commit ended. */
export async function outcomesOf(
  store: Pick<OrderStore, 'commit'>,
  ...commits: readonly Commit[]
): Promise<readonly string[]> {
  return (await store.commit(commits)).map(({ status }) => status);
}
