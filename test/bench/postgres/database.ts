import { Pool, type PoolConfig } from 'pg';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { Cluster } from '../../postgres/cluster.ts';
import {
  dropSchema,
  newSchemaName,
  provideServer,
  type TestServer,
} from '../../postgres/database.ts';

/** A schema on the tests' server, with pools and stores on it; all of it goes at the end. */
export class BenchDatabase {
  readonly url: string;
  readonly schema = newSchemaName();
  readonly #server: TestServer;
  readonly #pools: Pool[] = [];

  private constructor(server: TestServer) {
    this.url = server.url;
    this.#server = server;
  }

  static async create(): Promise<BenchDatabase> {
    return new BenchDatabase(await provideServer());
  }

  /**
   * On a server of its own, for what goes on long enough to need what a server does by itself: the
   * one on the standard port may have no autovacuum.
   */
  static async createWithServer(): Promise<BenchDatabase> {
    const settings = { fsync: 'on', shared_buffers: '1GB', max_wal_size: '4GB' };
    const cluster = await Cluster.create({ settings });
    return new BenchDatabase({
      url: cluster.url,
      origin: 'started',
      [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
    });
  }

  pool(config: PoolConfig = {}): Pool {
    const pool = new Pool({ connectionString: this.url, ...config });
    this.#pools.push(pool);
    return pool;
  }

  /** Not open yet. Four connections are as many as one engine keeps busy. */
  store(): OrderStore {
    return createPostgresStore({ pool: this.pool({ max: 4 }), schema: this.schema });
  }

  /** As after a night: what was written before must not be cleaned up while we measure. */
  async settle(): Promise<void> {
    const pool = this.pool({ max: 1 });
    await pool.query('CHECKPOINT');
    await pool.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#pools) if (!pool.ended) await pool.end();
    await dropSchema(this.url, this.schema);
    await this.#server[Symbol.asyncDispose]();
  }
}
