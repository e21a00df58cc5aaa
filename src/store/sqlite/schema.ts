import { setTimeout as sleep } from 'node:timers/promises';
import { OrderchartError } from '../../errors.ts';
import type { Database } from './database.ts';
import { isBusy } from './failure.ts';
import { version1 } from './migrations/version1.ts';
import { version2 } from './migrations/version2.ts';

/** One step of the schema; `version` counts from 1 and is kept in `PRAGMA user_version`. */
export interface SqliteMigration {
  readonly version: number;
  readonly sql: string;
}

/**
 * The steps that make the schema, oldest first: what {@link createSqliteStore} runs when it opens
 * a file that is new or older. A released step never changes; a change of the schema is a new one.
 */
export const sqliteMigrations: readonly SqliteMigration[] = [
  { version: 1, sql: version1 },
  { version: 2, sql: version2 },
];

/** `ODRC` in ASCII, in the header of the file: tells our files from those of other programs. */
const applicationId = 0x4f445243;

interface Header {
  readonly application: unknown;
  readonly version: number;
  readonly tableCount: number;
}

/** Refuses a file that this version of the package cannot use, before anything is written to it. */
export function checkFile(database: Database, migrations = sqliteMigrations): void {
  const header = readHeader(database);
  const { path } = database;
  if (header.application !== applicationId && (header.version > 0 || header.tableCount > 0)) {
    throw new OrderchartError(
      'invalidArgument',
      `The file ${path} is a database of another program. Give a path of its own to the store.`,
      { details: { path, applicationId: header.application } },
    );
  }
  checkVersion(header.version, path, migrations);
}

/** Refuses a schema that a newer version of the package has made. */
export function checkVersion(
  version: number,
  path: string,
  migrations: readonly SqliteMigration[] = sqliteMigrations,
): void {
  const known = migrations.at(-1)?.version ?? 0;
  if (version <= known) return;
  throw new OrderchartError(
    'storeSchemaTooNew',
    `The file ${path} has schema version ${version}; this version of orderchart knows ${known}. ` +
      'Upgrade orderchart in this process.',
    { details: { path, version, known } },
  );
}

/** Brings the schema up to date: one transaction per step, so that a failed one leaves the last. */
export function migrate(database: Database, migrations = sqliteMigrations): void {
  for (const migration of migrations) {
    database.write(() => {
      // Read inside: another process may have done this step while we waited for the lock.
      if (Number(database.pragma('user_version')) >= migration.version) return;
      database.execute(migration.sql);
      database.execute(`PRAGMA user_version = ${migration.version}`);
    });
  }
}

const walRetryDelayMs = 25;

/** Turns on write-ahead logging. SQLite does not wait for this lock by itself, so this does. */
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
    `The file system of ${database.path} cannot do write-ahead logging ` +
      `(SQLite answers "${mode}"). Put the file on a local disk.`,
    { details: { path: database.path, mode } },
  );
}

/** The journal mode afterwards; `undefined` when another process is in the way for now. */
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
