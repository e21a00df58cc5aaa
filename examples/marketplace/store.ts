import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type OrderStore } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { createSqliteStore } from 'orderchart/sqlite';
import { Pool } from 'pg';
import type { Options } from './options.ts';

/** A store, and what is left to do when it is no longer needed. */
export interface ChosenStore {
  readonly store: OrderStore;
  /** Where its data still are afterwards; `undefined` when they are gone. */
  readonly keptIn: string | undefined;
  remove(): Promise<void>;
}

/** The store that the command line asks for; what has no name is a temporary one. */
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
    // The replay has a clock of its own, which the database's must not correct.
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
