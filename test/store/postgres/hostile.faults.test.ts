import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createPostgresStore,
  type PostgresStoreOptions,
} from '../../../src/store/postgres/index.ts';
import { commitOf, write } from '../../../src/testing/conformance/given.ts';
import {
  runStoreConformanceCase,
  storeConformanceCases,
} from '../../../src/testing/conformance/index.ts';
import { newSchemaName } from '../../postgres/database.ts';
import { patience } from '../../postgres/patience.ts';
import { type HostileDatabase, hostileDatabase } from './hostile-database.ts';
import { given } from './kit.ts';
import { everyQuestion } from './questions.ts';

// Even `pg_catalog` stands behind `public` here, which is more than a stranger can reach by
// creating things: then a bare name finds the stranger's wherever there is one, whatever its types.
const options = '-c search_path=public,pg_catalog';

describe('a stranger who may create in `public`', () => {
  let database: HostileDatabase;
  let pool: Pool;
  let hosts: Pool;
  beforeAll(async () => {
    database = await hostileDatabase();
    pool = new Pool({ connectionString: database.url, max: 4, options });
    hosts = new Pool({ connectionString: database.url, max: 4, options });
  });
  afterAll(async () => {
    await Promise.all([pool.end(), hosts.end()]);
    await database[Symbol.asyncDispose]();
  });

  const storeIn = (schema: string, more: Partial<PostgresStoreOptions> = {}) =>
    createPostgresStore({ pool, schema, ...patience, ...more });

  it('is found by a bare name, or this test would see nothing', async () => {
    for (const sql of [
      "SELECT cardinality(ARRAY['a'::pg_catalog.text])",
      'SELECT 1::bigint & 15',
      "SELECT 'a'::text",
      'SELECT * FROM orders',
      'SELECT 1::bigint = ANY (ARRAY[1::bigint])',
      "SELECT hashtext('a')",
    ]) {
      const before = await database.timesRun();
      await pool.query(sql).catch(() => {});
      expect(await database.timesRun(), sql).toBe(before + 1);
    }
  });

  it('runs nothing with our rights in any statement', async () => {
    const before = await database.timesRun();
    const schema = newSchemaName();
    const store = storeIn(schema);
    await store.open();
    await write(store, commitOf());
    await store.close();
    for (const { name, sql, values } of everyQuestion(schema)) {
      const running = pool.query(sql, [...values]);
      await expect(running, name).resolves.toBeDefined();
    }
    expect(await database.timesRun()).toBe(before);
  });

  it('nor while it migrates, opens, warns, listens and tells the time', async () => {
    const before = await database.timesRun();
    const schema = newSchemaName();
    const [one, other] = [storeIn(schema, { warn: () => {} }), storeIn(schema, { migrate: false })];
    await one.open();
    await other.open();
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    const stop = await other.listen?.(resolve);
    await write(one, commitOf());
    await heard;
    expect(await one.now?.()).toBeGreaterThan(0);
    await stop?.();
    await Promise.all([one.close(), other.close()]);
    expect(await database.timesRun()).toBe(before);
  });

  const groups = [
    'commits',
    'idempotency',
    'transactions',
    'subscriptions and leases',
    'projections',
  ];
  const cases = storeConformanceCases.filter(({ group }) => groups.includes(group));
  it.each(cases)('nor when $name', async (one) => {
    const before = await database.timesRun();
    await runStoreConformanceCase(one, () => {
      const schema = newSchemaName();
      const make = () => storeIn(schema, { time: 'engine' });
      const begin = async () => {
        const client = await hosts.connect();
        await client.query('BEGIN');
        const end = async (word: string) => {
          await client.query(word);
          client.release();
        };
        return {
          transaction: client,
          commit: () => end('COMMIT'),
          rollBack: () => end('ROLLBACK'),
        };
      };
      return { store: make(), again: make, begin };
    });
    expect(await database.timesRun()).toBe(before);
  });
});

it('every function looks for names in the server’s own schema alone', async () => {
  const { rows } = await given();
  const functions = await rows<{ name: string; settings: string[] | null }>(
    `SELECT proname AS name, proconfig AS settings FROM pg_proc
     WHERE pronamespace = '@'::regnamespace`,
  );
  expect(functions.length).toBeGreaterThan(5);
  for (const { name, settings } of functions) {
    expect(settings, name).toContain('search_path=pg_catalog, pg_temp');
  }
});
