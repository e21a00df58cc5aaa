import { statSync } from 'node:fs';
import { OrderchartError } from '../../errors.ts';
import { CommitWriter } from './commit.ts';
import { Database } from './database.ts';
import { FeedReader } from './feed.ts';
import { OrderLister } from './list.ts';
import { Members } from './members.ts';
import type { SqliteSettings } from './options.ts';
import { OrderReader } from './orders.ts';
import { Purger } from './purge.ts';
import { checkFile, migrate, useWriteAheadLog } from './schema.ts';
import { Statuses } from './statuses.ts';
import { Subscriptions } from './subscriptions.ts';

/**
 * The log is copied into the file at this many pages, 64 MB. Commits to old orders touch pages all
 * over the file; the more of them are copied at once, the more of them are copied only once.
 */
const checkpointPageCount = 16_000;
/** Pages kept in memory, in KiB: the upper levels of every index of some millions of orders. */
const cacheSizeKib = 32 * 1024;

/** Everything that exists while a store is open. */
export interface Session {
  readonly database: Database;
  readonly commits: CommitWriter;
  readonly orders: OrderReader;
  readonly lister: OrderLister;
  readonly feed: FeedReader;
  readonly subscriptions: Subscriptions;
  readonly members: Members;
  readonly purger: Purger;
  /** Throws when the file that was opened no longer stands at its path. */
  checkFileStands(): void;
}

export async function openSession(settings: SqliteSettings): Promise<Session> {
  const database = new Database(settings.path, settings.busyTimeoutMs);
  try {
    checkFile(database);
    await useWriteAheadLog(database, settings.busyTimeoutMs);
    database.execute(`PRAGMA synchronous = ${settings.synchronous}`);
    database.execute(`PRAGMA wal_autocheckpoint = ${checkpointPageCount}`);
    database.execute(`PRAGMA cache_size = -${cacheSizeKib}`);
    migrate(database);
    return newSession(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * The last one to close copies the log into the file and removes it: SQLite does that by itself,
 * and leaves the log for the next opening when it cannot, on a full disk for one.
 */
export function closeSession({ database }: Session): void {
  database.close();
}

function newSession(database: Database): Session {
  const statuses = new Statuses(database);
  const feed = new FeedReader(database, statuses);
  return {
    database,
    commits: new CommitWriter(database, statuses),
    orders: new OrderReader(database, statuses),
    lister: new OrderLister(database, statuses),
    feed,
    subscriptions: new Subscriptions(database, feed),
    members: new Members(database),
    purger: new Purger(database),
    checkFileStands: fileCheck(database.path),
  };
}

/**
 * A file that was deleted or replaced lives on without a name until it is closed: it takes with it
 * what is written meanwhile, and tells readers what is not so any more. SQLite does not look, so
 * this does, before every call: 2 microseconds. While it is open its inode is not given to another
 * file, so the number tells.
 */
function fileCheck(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const present = statSync(path, { throwIfNoEntry: false });
    if (present?.ino === opened.ino && present.dev === opened.dev) return;
    throw new OrderchartError(
      'storeClosed',
      `The file ${path} was deleted or replaced while the store was open; nothing was read or written. ` +
        'Restart the process to use what is there now.',
      { details: { path } },
    );
  };
}
