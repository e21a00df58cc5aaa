import { PGlite } from '@electric-sql/pglite';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { poolOf } from '../../../examples/pglite/pool.ts';
import { PostgresJsPool } from '../../../examples/postgres-js/pool.ts';
import { createPostgresStore, type PostgresPool } from '../../../src/store/postgres/index.ts';
import { commitOf, loadOne, write } from '../../../src/testing/conformance/given.ts';
import {
  runStoreConformanceCase,
  type StoreFactory,
  storeConformanceCases,
} from '../../../src/testing/conformance/index.ts';
import { dropSchema, newSchemaName } from '../../postgres/database.ts';
import { patience } from '../../postgres/patience.ts';
import { newSchema, testPool, testUrl } from '../../postgres/server.ts';
import { TcpProxy } from '../../postgres/tcp-proxy.ts';
import { errorOf, openStore, outcomesOf } from './kit.ts';

/** Thousands of calls each, to try the store itself: with pg they run in postgres.test.ts. */
const long = [
  'any sequence of calls is answered as a plain model answers it',
  'a position is found by time in a feed of thousands',
];

/** Runs the conformance suite but for the long cases. */
function suiteOn(createStore: StoreFactory, has: { readonly transactions: boolean }): void {
  const applying = storeConformanceCases.filter(
    ({ name, needs }) => !long.includes(name) && (has.transactions || needs !== 'transactions'),
  );
  for (const [group, cases] of Map.groupBy(applying, (one) => one.group)) {
    describe(group, () => {
      for (const one of cases) it(one.name, () => runStoreConformanceCase(one, createStore));
    });
  }
}

it('the cases that are left out are there', () => {
  const names = storeConformanceCases.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(long));
});

describe('postgres.js as the pool', () => {
  const pool = new PostgresJsPool(testUrl());
  const hosts = new PostgresJsPool(testUrl());
  afterAll(() => Promise.all([pool.end(), hosts.end()]));

  const begin = async () => {
    const client = await hosts.connect();
    await client.query({ text: 'BEGIN' });
    const end = async (text: string) => {
      await client.query({ text });
      client.release();
    };
    return { transaction: client, commit: () => end('COMMIT'), rollBack: () => end('ROLLBACK') };
  };
  const createStore = () => {
    const schema = newSchemaName();
    const make = () => createPostgresStore({ pool, schema, time: 'engine', ...patience });
    return { store: make(), again: make, begin, dispose: () => dropSchema(testUrl(), schema) };
  };
  suiteOn(createStore, { transactions: true });
});

describe('PGlite as the pool', () => {
  const database = new PGlite();
  const pool = poolOf(database);
  afterAll(() => database.close());

  const createStore = () => {
    const schema = newSchemaName();
    const make = () => createPostgresStore({ pool, schema, time: 'engine', ...patience });
    const dispose = async () => void (await database.exec(`DROP SCHEMA ${schema} CASCADE`));
    return { store: make(), again: make, dispose };
  };
  // It has one connection, so none is left for a transaction of the host's.
  suiteOn(createStore, { transactions: false });
});

/** A statement that the server takes back when it commits, after it has said how many rows it wrote. */
async function lateFailure(pool: PostgresPool, schema: string): Promise<unknown> {
  const client = await pool.connect();
  await client.query({
    text: `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.once
      (id integer, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)`,
  });
  const text = `INSERT INTO ${schema}.once SELECT 1 FROM generate_series(1, $1::integer)`;
  try {
    return await client.query({ text, values: ['2'] });
  } catch (error) {
    return error;
  } finally {
    await client.query({ text: `DROP SCHEMA ${schema} CASCADE` });
    client.release();
  }
}

describe('a client does not resolve before the server has committed', () => {
  const clients: readonly [string, () => PostgresPool][] = [
    ['pg', () => testPool()],
    [
      'postgres.js',
      () => {
        const pool = new PostgresJsPool(testUrl());
        onTestFinished(() => pool.end());
        return pool;
      },
    ],
    [
      'PGlite',
      () => {
        const database = new PGlite();
        onTestFinished(() => database.close());
        return poolOf(database);
      },
    ],
  ];

  it.each(clients)('%s', async (_, poolFor) => {
    expect(await lateFailure(poolFor(), newSchemaName())).toMatchObject({ code: '23505' });
  });
});

describe('a connection of postgres.js', () => {
  async function givenProxy() {
    const schema = newSchema();
    const proxy = await TcpProxy.create(testUrl());
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    const pool = new PostgresJsPool(proxy.url, 2);
    onTestFinished(() => pool.end());
    const store = await openStore({ pool, schema });
    return { schema, proxy, pool, store };
  }

  it('that was cut does not go on with a transaction on another one', async () => {
    const { schema, proxy, pool, store } = await givenProxy();
    const client = await pool.connect();
    await client.query({ text: 'BEGIN' });
    proxy.cutAll();
    const text = `INSERT INTO ${schema}.statuses VALUES (1, 'outside of any transaction')`;
    await expect(client.query({ text })).rejects.toThrow();
    await expect(client.query({ text })).rejects.toThrow(/closed/);
    client.release(true);
    await write(store, commitOf());
    const { rows } = await testPool().query(
      `SELECT FROM ${schema}.statuses WHERE status LIKE 'outside%'`,
    );
    expect(rows).toEqual([]);
  });

  it('that is cut around a commit makes it an unknown outcome, and is replaced', async () => {
    const { proxy, store } = await givenProxy();
    await write(store, commitOf());
    proxy.choose = ({ sql }) => (sql.includes('commit_batch') ? 'answerLost' : undefined);
    const commit = commitOf({ expectedVersion: 1, key: 'key-1' });
    await expect(store.commit([commit])).rejects.toSatisfy(errorOf('outcomeUnknown', /Repeat/));
    proxy.choose = () => undefined;
    expect(await outcomesOf(store, commit)).toEqual(['duplicate']);
    expect((await loadOne(store))?.version).toBe(2);
  });

  it('is waited for when all are in use', async () => {
    const { pool, store } = await givenProxy();
    const [first, second] = [await pool.connect(), await pool.connect()];
    const loading = loadOne(store);
    second.release();
    expect(await loading).toBeUndefined();
    first.release(true);
    expect(await loadOne(store)).toBeUndefined();
  });
});
