import { resolve } from 'node:path';
import { OrderchartError } from '../../errors.ts';

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
  readonly synchronous?: 'full' | 'normal';
  /** How long to wait for another process that holds the write lock, in ms. Default 5,000. */
  readonly busyTimeoutMs?: number;
  /** Is told once per opening about every setting that weakens a guarantee. */
  readonly warn?: (warning: SqliteWarning) => void;
}

/** The options, checked and complete. */
export interface SqliteSettings {
  readonly path: string;
  readonly synchronous: 'full' | 'normal';
  readonly busyTimeoutMs: number;
  readonly warn: ((warning: SqliteWarning) => void) | undefined;
}

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: SqliteStoreOptions): SqliteSettings {
  const { path, synchronous = 'full', busyTimeoutMs = 5_000, warn } = options;
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw invalid('path', 'must be the path of a file');
  }
  if (path === ':memory:') {
    throw invalid('path', 'must be the path of a file. For memory use createMemoryStore()');
  }
  if (synchronous !== 'full' && synchronous !== 'normal') {
    throw invalid('synchronous', "must be 'full' or 'normal'");
  }
  if (!Number.isInteger(busyTimeoutMs) || busyTimeoutMs < 0 || busyTimeoutMs > 2 ** 31 - 1) {
    throw invalid('busyTimeoutMs', 'must be a whole number of milliseconds, 0 or more');
  }
  if (synchronous === 'normal' && warn === undefined) {
    throw invalid('synchronous', "'normal' can lose acknowledged commits; give `warn` to be told");
  }
  return { path: resolve(path), synchronous, busyTimeoutMs, warn };
}

function invalid(option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `createSqliteStore: \`${option}\` ${text}.`, {
    details: { option },
  });
}
