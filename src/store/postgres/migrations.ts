import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import { checkOptions } from '../../options.ts';
import { safeSearchPath } from './builtins.ts';
import { Connections } from './connections.ts';
import { version1Tables } from './migrations/version1.ts';
import { version1Commits } from './migrations/version1-commits.ts';
import { version1Feed } from './migrations/version1-feed.ts';
import { version1History } from './migrations/version1-history.ts';
import {
  type PostgresClient,
  type PostgresPool,
  type PostgresSettings,
  readOptions,
} from './options.ts';
import { schemaName } from './schema-name.ts';

/** One step of the schema. */
export interface PostgresMigration {
  /** The version of the schema after this step, from 1; kept in the table `migrations`. */
  readonly version: number;
  /** Several statements, to run in one transaction. */
  readonly sql: string;
}

const steps: readonly PostgresMigration[] = [
  { version: 1, sql: `${version1Tables}${version1Commits}${version1Feed}${version1History}` },
];

const optionsSchema = z.strictObject({ schema: schemaName().default('orderchart') });

/**
 * Returns the steps that create the schema, oldest first, as SQL, for migrations by another tool or
 * role; create the store with `migrate: false` then. Run each step in one transaction and record it
 * there: `INSERT INTO orderchart.migrations VALUES (<version>)`. The first step creates that table. A
 * released step never changes.
 *
 * @param schema The option `schema` of the store; throws `invalidArgument` for a name that it refuses.
 *
 * @example
 * for (const { version, sql } of postgresMigrations()) await writeFile(`${version}.sql`, sql);
 */
export function postgresMigrations(schema = 'orderchart'): readonly PostgresMigration[] {
  checkOptions('postgresMigrations', optionsSchema, { schema });
  return steps.map(({ version, sql }) => ({
    version,
    sql: `${safely}${version === 1 ? bookkeeping : ''}${sql}`.replaceAll('@schema@', schema),
  }));
}

/** Keeps functions and operators of others from running in a step. */
const safely = `SET LOCAL search_path = ${safeSearchPath};\n`;

const bookkeeping = `
CREATE SCHEMA IF NOT EXISTS @schema@;
CREATE TABLE @schema@.migrations (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
`;

/** Keeps two processes from migrating concurrently: `ODRC` in ASCII, and a hash of the schema's name. */
const lock = 'SELECT pg_catalog.pg_advisory_xact_lock(1329877571, pg_catalog.hashtext($1))';

/**
 * Migrates a schema, and returns its version. Several processes may call this at the same time: one
 * migrates, the others wait for it. The store does the same when it opens.
 *
 * @param options `schema` is that of the store. Default `orderchart`.
 *
 * @throws OrderchartError `storeSchemaTooNew` for a schema of a newer version of the package,
 * `storeUnavailable` when the database cannot be reached or refuses.
 *
 * @example
 * await migratePostgres(new pg.Pool({ connectionString }), { schema: 'orderchart' });
 */
export async function migratePostgres(
  pool: PostgresPool,
  options: { readonly schema?: string | undefined } = {},
): Promise<number> {
  const { schema } = checkOptions('migratePostgres', optionsSchema, options);
  const connections = new Connections(readOptions({ pool, schema }));
  connections.open();
  try {
    return await migrate(connections, schema);
  } finally {
    await connections.close();
  }
}

/** Does the same on open connections. */
export async function migrate(connections: Connections, schema: string): Promise<number> {
  return connections.transaction(async (client) => {
    // A migration may take longer than other statements.
    await client.query({ text: 'SET LOCAL statement_timeout = 0' });
    await client.query({ text: 'SET LOCAL lock_timeout = 0' });
    await client.query({ text: lock, values: [schema] });
    const version = await presentVersion(client, schema);
    checkVersion(version, schema);
    for (const migration of postgresMigrations(schema)) {
      if (migration.version > version) await apply(client, schema, migration);
    }
    return steps.at(-1)?.version ?? 0;
  });
}

/** Checks that the schema is up to date, for a role that may not change it. */
export async function checkMigrated(
  connections: Connections,
  { schema }: PostgresSettings,
): Promise<void> {
  const version = await connections.transaction((client) =>
    presentVersion({ query: (query) => connections.ask(client, query) }, schema),
  );
  checkVersion(version, schema);
  const known = steps.at(-1)?.version ?? 0;
  if (version === known) return;
  throw new OrderchartError(
    'storeUnavailable',
    `The schema ${schema} has version ${version}, but version ${known} is required. Run the steps of ` +
      'postgresMigrations, call migratePostgres, or remove `migrate: false`.',
    { details: { schema, version, known } },
  );
}

async function apply(
  client: PostgresClient,
  schema: string,
  { version, sql }: PostgresMigration,
): Promise<void> {
  await client.query({ text: sql });
  const text = `INSERT INTO ${schema}.migrations (version) VALUES ($1::integer)`;
  await client.query({ text, values: [`${version}`] });
}

async function presentVersion(client: PostgresClient, schema: string): Promise<number> {
  const table = `${schema}.migrations`;
  const { rows } = await client.query({
    text: 'SELECT pg_catalog.to_regclass($1)::pg_catalog.text AS found',
    values: [table],
  });
  if ((rows[0] as { readonly found: string | null }).found === null) return 0;
  const text = `SELECT coalesce(pg_catalog.max(version), 0) AS version FROM ${table}`;
  const answer = await client.query({ text, values: [] });
  return Number((answer.rows[0] as { readonly version: number }).version);
}

/** Throws for a schema of a newer version of the package. */
function checkVersion(version: number, schema: string): void {
  const known = steps.at(-1)?.version ?? 0;
  if (version <= known) return;
  throw new OrderchartError(
    'storeSchemaTooNew',
    `The schema ${schema} has version ${version}; this version of orderchart supports up to ${known}. ` +
      'Upgrade orderchart in this process.',
    { details: { schema, version, known } },
  );
}
