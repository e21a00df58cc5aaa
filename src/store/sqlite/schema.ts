import { setTimeout as sleep } from 'node:timers/promises';
import { OrderchartError } from '../../errors.ts';
import type { Database } from './database.ts';
import { isBusy } from './failure.ts';
import { version1 } from './migrations/version1.ts';
import { version2 } from './migrations/version2.ts';

/** One step of the schema. */
export interface SqliteMigration {
  /** The version of the schema after this step, from 1; kept in `PRAGMA user_version`. */
  readonly version: number;
  /** The statements, run in one transaction. */
  readonly sql: string;
}

/**
 * The steps that create the schema, oldest first. A store from `createSqliteStore` runs those that
 * are missing when it opens a file. A released step never changes.
 */
export const sqliteMigrations: readonly SqliteMigration[] = [
  { version: 1, sql: version1 },
  { version: 2, sql: version2 },
];

/** `ODRC` in ASCII, in the header of the file: distinguishes it from files of other programs. */
const applicationId = 0x4f445243;

interface Header {
  readonly application: unknown;
  readonly version: number;
  readonly tableCount: number;
}

/** Throws for a file that this version of the package cannot use, before anything is written. */
export function checkFile(database: Database, migrations = sqliteMigrations): void {
  const header = readHeader(database);
  const { path } = database;
  if (header.application !== applicationId && (header.version > 0 || header.tableCount > 0)) {
    throw new OrderchartError(
      'invalidArgument',
      `The file ${path} is a database of another program. Give the store a file of its own.`,
      { details: { path, applicationId: header.application } },
    );
  }
  checkVersion(header.version, path, migrations);
}

/** Throws for a schema of a newer version of the package. */
export function checkVersion(
  version: number,
  path: string,
  migrations: readonly SqliteMigration[] = sqliteMigrations,
): void {
  const known = migrations.at(-1)?.version ?? 0;
  if (version <= known) return;
  throw new OrderchartError(
    'storeSchemaTooNew',
    `The file ${path} has schema version ${version}; this version of orderchart supports up to ${known}. ` +
      'Upgrade orderchart in this process.',
    { details: { path, version, known } },
  );
}

/** Migrates the schema, in one transaction per step, so that a step that fails undoes no other. */
export function migrate(database: Database, migrations = sqliteMigrations): void {
  for (const migration of migrations) {
    database.write(() => {
      // Read under the lock: another process may have run this step while this one waited.
      if (Number(database.pragma('user_version')) >= migration.version) return;
      database.execute(migration.sql);
      database.execute(`PRAGMA user_version = ${migration.version}`);
    });
  }
}

const walRetryDelayMs = 25;

/** Turns on write-ahead logging. Waits for the lock, which SQLite itself does not do here. */
export async function useWriteAheadLog(database: Database, timeoutMs: number): Promise<void> {
  let retriesLeft = Math.ceil(timeoutMs / walRetryDelayMs);
  let mode = tryWriteAheadLog(database, retriesLeft);
  while (mode === undefined) {
    await sleep(walRetryDelayMs);
    retriesLeft -= 1;
    mode = tryWriteAheadLog(database, retriesLeft);
  }
  if (mode === 'wal') return;
  throw new OrderchartError(
    'storeUnavailable',
    `The file system of ${database.path} does not support write-ahead logging ` +
      `(SQLite answered "${mode}"). Put the file on a local disk.`,
    { details: { path: database.path, mode } },
  );
}

/** Returns the journal mode afterwards; `undefined` to try again, while another process has the lock. */
function tryWriteAheadLog(database: Database, retriesLeft: number): unknown {
  try {
    return database.pragma('journal_mode = WAL');
  } catch (error) {
    if (retriesLeft > 0 && isBusy(error)) return undefined;
    throw error;
  }
}

function readHeader(database: Database): Header {
  return database.read(() => ({
    application: database.pragma('application_id'),
    version: Number(database.pragma('user_version')),
    tableCount:
      database.prepare<{ count: number }>('SELECT count(*) AS count FROM sqlite_schema').get()
        ?.count ?? 0,
  }));
}
