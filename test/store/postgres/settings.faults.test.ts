import { expect, it } from 'vitest';
import type { PostgresWarning } from '../../../src/store/postgres/index.ts';
import { testPool } from '../../postgres/server.ts';
import { errorOf, newCluster, openStore } from './kit.ts';

/** What opening a store on this server warns of. */
async function warningsOf(connectionString: string, options = ''): Promise<PostgresWarning[]> {
  const warnings: PostgresWarning[] = [];
  const pool = testPool({ connectionString, options });
  const store = await openStore({ pool, warn: (warning) => warnings.push(warning) });
  await store.close();
  return warnings;
}

it('every setting of the server that weakens a guarantee is told by name, once per opening', async () => {
  const cluster = await newCluster({
    ...{ full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' },
  });
  const warnings = await warningsOf(cluster.url);
  expect(warnings.map(({ name }) => name).sort()).toEqual([
    'postgresAutovacuumOff',
    'postgresFsyncOff',
    'postgresFullPageWritesOff',
    'postgresSynchronousCommitOff',
  ]);
  for (const { message } of warnings) {
    expect(message).toMatch(/ is off: (a power failure|a crash|the space of replaced)/);
  }
  const only = await warningsOf(cluster.url, '-c synchronous_commit=local');
  expect(only.map(({ name }) => name).sort()).toEqual([
    'postgresAutovacuumOff',
    'postgresFsyncOff',
    'postgresFullPageWritesOff',
  ]);
});

it('safe settings are not told of, and one that is the role’s own is', async () => {
  const cluster = await newCluster({ fsync: 'on' });
  expect(await warningsOf(cluster.url)).toEqual([]);
  const admin = testPool({ connectionString: cluster.url });
  await admin.query('CREATE ROLE hasty SUPERUSER LOGIN');
  await admin.query('ALTER ROLE hasty SET synchronous_commit = off');
  const url = new URL(cluster.url);
  url.username = 'hasty';
  expect((await warningsOf(url.href)).map(({ name }) => name)).toEqual([
    'postgresSynchronousCommitOff',
  ]);
});

it('a database that cannot hold every text is refused before anything is written', async () => {
  const cluster = await newCluster();
  const admin = testPool({ connectionString: cluster.url });
  await admin.query("CREATE DATABASE western ENCODING 'LATIN1' TEMPLATE template0");
  const connectionString = cluster.url.replace(/postgres$/, 'western');
  const pool = testPool({ connectionString });
  await expect(openStore({ pool })).rejects.toSatisfy(errorOf('invalidArgument', /LATIN1.*UTF8/));
  const { rows } = await pool.query("SELECT FROM pg_namespace WHERE nspname = 'orderchart'");
  expect(rows).toEqual([]);
});
