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
  /** Stable, for programs and alerts. */
  readonly name: 'sqliteSynchronousNormal';
  readonly message: string;
}

/** What {@link createSqliteStore} takes. */
export interface SqliteStoreOptions {
  /** The file; made when it is not there. Its folder must exist, on a local disk. */
  readonly path: string;
  /**
   * `full` (the default) syncs the disk at every commit, so what was acknowledged survives a power
   * cut. `normal` does not: a power cut, not a crash of the process, can lose the last commits.
   * It needs `warn`, which is told so when the store opens.
   */
  readonly synchronous?: 'full' | 'normal' | undefined;
  /** How long to wait for another process that holds the write lock, in ms. Default 5,000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Is told once per opening about every setting that weakens a guarantee. */
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
    at('synchronous', "'normal' can lose acknowledged commits; give `warn` to be told"),
  );

/** The options, checked and complete. */
export type SqliteSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: SqliteStoreOptions): SqliteSettings {
  return checkOptions('createSqliteStore', schema, options);
}
