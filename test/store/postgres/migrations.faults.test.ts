import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { migratePostgres, postgresMigrations } from '../../../src/store/postgres/index.ts';
import {
  commitOf,
  listIds,
  upTo,
  wholeFeed,
  write,
} from '../../../src/testing/conformance/given.ts';
import { newSchema, testPool, testUrl } from '../../postgres/server.ts';
import { catalogOf } from './catalog.ts';
import { errorOf, given, openStore } from './kit.ts';

const opener = fileURLToPath(new URL('./opener.ts', import.meta.url));
const latest = postgresMigrations().length;

describe('the migrations of the Postgres store', () => {
  it('are numbered from 1 without gaps', () => {
    expect(postgresMigrations().map((step) => step.version)).toEqual(upTo(latest));
  });

  it('make a schema once, and tell which version it has', async () => {
    const schema = newSchema();
    const pool = testPool();
    expect(await migratePostgres(pool, { schema })).toBe(latest);
    const before = await catalogOf(pool, schema);
    expect(await migratePostgres(pool, { schema })).toBe(latest);
    expect(await catalogOf(pool, schema)).toEqual(before);
    const { rows } = await pool.query(`SELECT version FROM ${schema}.migrations ORDER BY version`);
    expect(rows.map(({ version }) => version)).toEqual(upTo(latest));
  });

  it('make a new schema once, however many processes open it at the same time', async () => {
    const schema = newSchema();
    const ids = upTo(4).map((index) => `order-${index}`);
    const children = ids.map((orderId) =>
      spawn(process.execPath, ['--no-warnings', opener, testUrl(), schema, orderId], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const answers = children.map((child) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      return once(child, 'close').then(() => text);
    });
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    for (const child of children) child.stdin.write('go\n');
    expect(await Promise.all(answers)).toEqual(ids.map(() => 'ready\ncommitted\n'));
    const store = await openStore({ pool: testPool(), schema });
    expect([...(await listIds(store))].sort()).toEqual(ids);
  });

  it('wait for another process that migrates, however long it takes', async () => {
    const schema = newSchema();
    const pool = testPool();
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT pg_advisory_xact_lock(1329877571, hashtext($1))', [schema]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const migrating = migratePostgres(pool, { schema });
    const waiting = async () => {
      const { rows } = await pool.query(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
           AND objid = (hashtext($1)::bigint & 4294967295)::oid`,
        [schema],
      );
      return rows.length;
    };
    await expect.poll(waiting).toBe(1);
    vi.advanceTimersByTime(3_600_000);
    await other.query('COMMIT');
    other.release();
    expect(await migrating).toBe(latest);
  });

  it('leave nothing behind when one of their statements fails, and go through afterwards', async () => {
    const schema = newSchema();
    const pool = testPool();
    await pool.query(`CREATE SCHEMA ${schema}; CREATE VIEW ${schema}.parked AS SELECT 1 AS one`);
    const before = await catalogOf(pool, schema);
    await expect(migratePostgres(pool, { schema })).rejects.toSatisfy(
      errorOf('storeDefect', /42P07/),
    );
    expect(await catalogOf(pool, schema)).toEqual(before);
    await pool.query(`DROP VIEW ${schema}.parked`);
    expect(await migratePostgres(pool, { schema })).toBe(latest);
  });

  it('are the same when they are run by hand, as SQL', async () => {
    const [ours, byHand] = [newSchema(), newSchema()];
    const pool = testPool();
    await migratePostgres(pool, { schema: ours });
    for (const { version, sql } of postgresMigrations(byHand)) {
      const note = `INSERT INTO ${byHand}.migrations VALUES (${version})`;
      await pool.query(`BEGIN; ${sql}; ${note}; COMMIT`);
    }
    const catalog = await catalogOf(pool, byHand);
    expect(catalog).toEqual(await catalogOf(pool, ours));
    expect(catalog.length).toBeGreaterThan(80);
    const store = await openStore({ pool, schema: byHand, migrate: false });
    await write(store, commitOf({ key: 'key-1' }));
    expect(await wholeFeed(store)).toHaveLength(1);
  });
});

describe('the schema of the Postgres store', () => {
  it.each([true, false])('is refused when it is newer (migrate: %s)', async (migrate) => {
    const { schema, pool, rows, store } = await given();
    await store.close();
    await rows('INSERT INTO @.migrations VALUES (99)');
    const opening = openStore({ pool, schema, migrate });
    await expect(opening).rejects.toSatisfy(
      errorOf(
        'storeSchemaTooNew',
        new RegExp(`${schema} has version 99.* supports up to ${latest}`),
      ),
    );
    await expect(migratePostgres(pool, { schema })).rejects.toMatchObject({
      details: { schema, version: 99, known: latest },
    });
  });

  it('with `migrate: false` is only looked at, and what to do is told', async () => {
    const schema = newSchema();
    const pool = testPool();
    const opening = openStore({ pool, schema, migrate: false });
    await expect(opening).rejects.toSatisfy(
      errorOf(
        'storeUnavailable',
        new RegExp(
          `${schema} has version 0, but version ${latest} is required. Run .*postgresMigrations`,
        ),
      ),
    );
    expect(await catalogOf(pool, schema)).toEqual([]);
  });

  it.each([
    '',
    'Orders',
    'a-b',
    '1a',
    'a"b',
    'a.b',
    'pg_orders',
    'order',
    'user',
    7,
    'a'.repeat(51),
  ])('cannot have the name %j', (schema) => {
    expect(() => postgresMigrations(schema as string)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', details: { option: 'schema' } }),
    );
  });

  it('can have no name that the server reserves', async () => {
    const { rows } = await testPool().query(
      `SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')`,
    );
    const admitted = rows.map(({ word }) => word).filter(isAdmitted);
    expect(admitted).toEqual([]);
    expect(['orderchart', '_', 'a1', 'orders', 'value'].filter(isAdmitted)).toHaveLength(5);
  });

  it('stands beside others in one database, and knows nothing of them', async () => {
    const [first, second] = [await given(), await given()];
    await write(first.store, commitOf({ key: 'key-1', number: 'N-1' }));
    await write(second.store, commitOf({ key: 'key-1', number: 'N-1', eventCount: 2 }));
    expect(await wholeFeed(first.store)).toHaveLength(1);
    expect(await wholeFeed(second.store)).toHaveLength(2);
  });
});

function isAdmitted(schema: string): boolean {
  try {
    return postgresMigrations(schema).length > 0;
  } catch {
    return false;
  }
}
