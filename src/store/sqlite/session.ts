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
 * The log is copied into the file when it has this many pages, which is 64 MB. Commits to old orders
 * change pages all over the file; a page that changed several times until then is copied once.
 */
const checkpointPageCount = 16_000;
/** Enough to keep the upper levels of every index of some millions of orders in memory. */
const cacheSizeKib = 32 * 1024;

/** The parts of a store, which exist while it is open. */
export interface Session {
  readonly database: Database;
  readonly commits: CommitWriter;
  readonly orders: OrderReader;
  readonly lister: OrderLister;
  readonly feed: FeedReader;
  readonly subscriptions: Subscriptions;
  readonly members: Members;
  readonly purger: Purger;
  /** Throws when the file at the path is no longer the one that was opened. */
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
 * Closes the file. SQLite copies the log into the file when the last process closes it; where that
 * fails, on a full disk for example, the next opening does it.
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
 * Returns a check for a file that was deleted or replaced while it was open. Such a file lives on
 * without a name until it is closed: writes to it are lost, and reads are out of date. SQLite does
 * not notice, so every call checks the inode, which takes 2 microseconds. An inode is not reused
 * while the file is open.
 */
function fileCheck(path: string): () => void {
  const opened = statSync(path);
  return () => {
    const present = statSync(path, { throwIfNoEntry: false });
    if (present?.ino === opened.ino && present.dev === opened.dev) return;
    throw new OrderchartError(
      'storeClosed',
      `The file ${path} was deleted or replaced while the store was open; nothing was read or written. ` +
        'Restart the process to use the file that is there now.',
      { details: { path } },
    );
  };
}
