import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type OrderStore } from 'orderchart';
import { createSqliteStore } from 'orderchart/sqlite';
import type { Options } from './options.ts';

/** A store, and what is left to do when it is no longer needed. */
export interface ChosenStore {
  readonly store: OrderStore;
  /** Whether its data are still there afterwards. */
  readonly isKept: boolean;
  remove(): Promise<void>;
}

/** The store that the command line asks for; an SQLite file without a name is a temporary one. */
export async function chooseStore({ store, db }: Options): Promise<ChosenStore> {
  const nothing = async (): Promise<void> => {};
  if (store === 'memory') return { store: createMemoryStore(), isKept: false, remove: nothing };
  if (db !== undefined) {
    return { store: createSqliteStore({ path: db }), isKept: true, remove: nothing };
  }
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
  return {
    store: createSqliteStore({ path: join(folder, 'orders.db') }),
    isKept: false,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
