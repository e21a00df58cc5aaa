import { Pool, type PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresStore, type PostgresPool } from '../../../src/store/postgres/index.ts';
import { commitOf, loadOne, write } from '../../../src/testing/conformance/given.ts';
import {
  runStoreConformanceCase,
  storeConformanceCases,
} from '../../../src/testing/conformance/index.ts';
import { dropSchema, newSchemaName } from '../../postgres/database.ts';
import { patience } from '../../postgres/patience.ts';
import { newSchema, testPool, testUrl } from '../../postgres/server.ts';
import { openStore } from './kit.ts';

/**
 * Connections as a pooler in transaction mode hands them out: another one for each transaction,
 * whatever was set or prepared on the one before.
 */
class RotatingPool implements PostgresPool {
  readonly #idle: PoolClient[] = [];
  readonly #waiting: ((client: PoolClient) => void)[] = [];

  add(client: PoolClient): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(client);
    else next(client);
  }

  async connect() {
    let held: PoolClient | undefined;
    const query = async (asked: { text: string; values?: string[]; name?: string }) => {
      if (asked.name !== undefined) throw new Error(`A statement has the name ${asked.name}.`);
      const client = held ?? (await this.#take());
      if (asked.text === 'BEGIN') held = client;
      try {
        return await client.query(asked);
      } finally {
        if (/^(COMMIT|ROLLBACK)$/.test(asked.text)) held = undefined;
        if (held === undefined) this.add(client);
      }
    };
    return { query, release: () => undefined };
  }

  #take(): Promise<PoolClient> {
    const client = this.#idle.shift();
    if (client !== undefined) return Promise.resolve(client);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

describe('behind a pooler that hands out another connection for each transaction', () => {
  const server = new Pool({ connectionString: testUrl(), max: 3 });
  const clients: PoolClient[] = [];
  const pool = new RotatingPool();
  beforeAll(async () => {
    for (const _ of [1, 2, 3]) clients.push(await server.connect());
    for (const client of clients) pool.add(client);
  });
  afterAll(async () => {
    for (const client of clients) client.release();
    await server.end();
  });

  const groups = ['commits', 'idempotency', 'subscriptions and leases', 'projections'];
  const cases = storeConformanceCases.filter(({ group }) => groups.includes(group));

  it.each(cases)('$name', async (one) => {
    await runStoreConformanceCase(one, () => {
      const schema = newSchemaName();
      const make = () =>
        createPostgresStore({
          ...patience,
          ...{ pool, schema, time: 'engine', preparedStatements: false },
        });
      return { store: make(), again: make, dispose: () => dropSchema(testUrl(), schema) };
    });
  });
});

it('statements have names otherwise, so that they are planned once', async () => {
  const schema = newSchema();
  const pool = testPool({ max: 1 });
  const store = await openStore({ pool, schema });
  await write(store, commitOf());
  await loadOne(store);
  const { rows } = await pool.query('SELECT name FROM pg_prepared_statements');
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining([`${schema}.commit`, `${schema}.load`]),
  );
});
