import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type OrderStore } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { createSqliteStore } from 'orderchart/sqlite';
import { Pool } from 'pg';
import type { Options } from './options.ts';

/** A store, and how to remove it when it is no longer needed. */
export interface ChosenStore {
  readonly store: OrderStore;
  /** Where its data are kept after the run; `undefined` if they are not. */
  readonly keptIn: string | undefined;
  remove(): Promise<void>;
}

/** Makes the store that the command line asks for: a temporary one if it has no name. */
export async function chooseStore({ store, db, url, schema }: Options): Promise<ChosenStore> {
  const nothing = async (): Promise<void> => {};
  if (store === 'memory') return { store: createMemoryStore(), keptIn: undefined, remove: nothing };
  if (store === 'postgres') return choosePostgres(url, schema);
  if (db !== undefined) {
    return { store: createSqliteStore({ path: db }), keptIn: db, remove: nothing };
  }
  const folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
  return {
    store: createSqliteStore({ path: join(folder, 'orders.db') }),
    keptIn: undefined,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function choosePostgres(url: string | undefined, kept: string | undefined): ChosenStore {
  const pool = new Pool({ connectionString: url, max: 4 });
  const schema = kept ?? `marketplace_${process.pid}`;
  return {
    // The replay uses a virtual clock, which the clock of the database must not correct.
    store: createPostgresStore({ pool, schema, time: 'engine' }),
    keptIn: kept === undefined ? undefined : `the schema ${schema}`,
    remove: async () => {
      try {
        if (kept === undefined) await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      } finally {
        await pool.end();
      }
    },
  };
}
