import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ErrorCode, isOrderchartError } from '../../../src/errors.ts';
import { createSqliteStore, type SqliteStoreOptions } from '../../../src/store/sqlite/index.ts';
import type { OrderStore } from '../../../src/store/store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A path for the file of one test; its folder goes when the test is over. */
export function newPath(): string {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  return join(folder.path, 'orders.db');
}

/** An open store, closed when the test is over. */
export async function openStore(
  path: string,
  options: Omit<SqliteStoreOptions, 'path'> = {},
): Promise<OrderStore> {
  const store = createSqliteStore({ path, ...options });
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

/** For `rejects.toSatisfy`: an error with this code that names the path. */
export function errorAt(code: ErrorCode, path: string): (error: unknown) => boolean {
  return (error) =>
    isOrderchartError(error, code) &&
    error.message.includes(path) &&
    error.details['path'] === path;
}
