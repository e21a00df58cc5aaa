import { Pool } from 'pg';
import { expect, it } from 'vitest';
import { createPostgresStore, type PostgresWarning } from '../../src/store/postgres/index.ts';
import { Cluster } from '../postgres/cluster.ts';
import { patience } from '../postgres/patience.ts';

// Promise 18 on Postgres: settings that are allowed and weaken a promise are told by their names.

async function warningsFrom(cluster: Cluster): Promise<readonly string[]> {
  const pool = new Pool({ connectionString: cluster.url });
  const warnings: PostgresWarning[] = [];
  const store = createPostgresStore({
    pool,
    ...patience,
    warn: (warning) => warnings.push(warning),
  });
  await store.open();
  await store.close();
  await pool.end();
  for (const { name, message } of warnings) expect(message, name).toMatch(/\w+ is off/);
  return warnings.map(({ name }) => name).sort();
}

it('settings of the server that weaken durability are told by name, and safe ones are not', async () => {
  await using cluster = await Cluster.create({ settings: { fsync: 'on' } });
  expect(await warningsFrom(cluster)).toEqual([]);
});

it.each([
  ['fsync', 'postgresFsyncOff'],
  ['full_page_writes', 'postgresFullPageWritesOff'],
  ['synchronous_commit', 'postgresSynchronousCommitOff'],
])('%s off is told as %s', async (setting, name) => {
  await using cluster = await Cluster.create({ settings: { fsync: 'on', [setting]: 'off' } });
  expect(await warningsFrom(cluster)).toEqual([name]);
});

it('a weak setting of the role alone is told too', async () => {
  await using cluster = await Cluster.create({ settings: { fsync: 'on' } });
  const pool = new Pool({ connectionString: cluster.url });
  await pool.query('ALTER ROLE postgres SET synchronous_commit = off');
  await pool.end();
  expect(await warningsFrom(cluster)).toEqual(['postgresSynchronousCommitOff']);
});
