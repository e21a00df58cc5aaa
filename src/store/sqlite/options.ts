import { resolve } from 'node:path';
import { z } from 'zod';
import {
  at,
  callable,
  checkOptions,
  longestTimerMs,
  type OptionSchemas,
  oneOf,
  type Settings,
  text,
  whole,
} from '../../options.ts';

/** A setting that is allowed but weakens a guarantee. */
export interface SqliteWarning {
  /** Names the setting. Never changes, so that programs and alerts can rely on it. */
  readonly name: 'sqliteSynchronousNormal';
  /** A description of what can be lost. */
  readonly message: string;
}

/**
 * The options of {@link createSqliteStore}.
 *
 * @example
 * const options: SqliteStoreOptions = { path: '/var/lib/shop/orders.db', busyTimeoutMs: 10_000 };
 */
export interface SqliteStoreOptions {
  /**
   * The path of the file, which is created if necessary. Its folder must exist, on a local disk; with
   * another program's database, opening throws `invalidArgument`.
   */
  readonly path: string;
  /**
   * When SQLite syncs the disk. `full` does so at every commit, so that acknowledged commits survive a
   * power failure. With `normal` a power failure, but not a crash of the process, can lose the last
   * commits; it requires `warn`. Default `full`.
   */
  readonly synchronous?: 'full' | 'normal' | undefined;
  /**
   * How long to wait for the write lock while another process has it, in milliseconds; then the call
   * throws `storeUnavailable`. 0 to 2,147,483,647. Default 5,000.
   */
  readonly busyTimeoutMs?: number | undefined;
  /** Called when the store opens, once for each setting that weakens a guarantee. Default: not called. */
  readonly warn?: ((warning: SqliteWarning) => void) | undefined;
}

const schema = z
  .strictObject({
    path: text((path) => path !== '' && !path.includes('\0'), 'be the path of a file')
      .refine(
        (path) => path !== ':memory:',
        'must be the path of a file. For memory use createMemoryStore()',
      )
      .transform((path) => resolve(path)),
    synchronous: oneOf('full', 'normal').default('full'),
    busyTimeoutMs: whole(0, longestTimerMs, 'milliseconds').default(5_000),
    warn: callable<(warning: SqliteWarning) => void>().optional(),
  } satisfies OptionSchemas<SqliteStoreOptions>)
  .refine(
    ({ synchronous, warn }) => synchronous === 'full' || warn !== undefined,
    at('synchronous', "'normal' can lose acknowledged commits, and requires `warn`"),
  );

/** The validated options with their defaults. */
export type SqliteSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: SqliteStoreOptions): SqliteSettings {
  return checkOptions('createSqliteStore', schema, options);
}
