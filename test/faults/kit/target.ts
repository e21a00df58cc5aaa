import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import type { OrderStore } from '../../../src/index.ts';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { createSqliteStore } from '../../../src/store/sqlite/index.ts';
import { dropSchema, newSchemaName } from '../../postgres/database.ts';
import type { StoreAddress } from './engine-process-options.ts';
import { until } from './until.ts';

/** A place for one round: a new store, and a folder for what the processes write down. */
export interface Target extends AsyncDisposable {
  readonly address: StoreAddress;
  readonly folder: string;
  readonly deliveries: string;
  /** Opens the store in this process; it is closed with the target. */
  open(): Promise<OrderStore>;
  /**
   * Resolves when the server has ended what processes that are dead now had asked of it: it does
   * not notice at once, and may still commit what it has in hand.
   */
  quiet(): Promise<void>;
}

/** A target that has a schema. */
export interface PostgresTarget extends Target {
  readonly schema: string;
}

/**
 * A schema on the server at `url`, dropped at the end.
 *
 * @param same Goes on with the schema and the deliveries of another target, of which it is a copy.
 */
export function postgresTarget(url: string, same?: PostgresTarget): PostgresTarget {
  const schema = same?.schema ?? newSchemaName();
  const address = { kind: 'postgres', url, schema } as const;
  const target = targetAt(address, same?.folder ?? newFolder(), {
    drop: () => dropSchema(url, schema),
    quiet: () => noConnections(url, schema),
  });
  return { ...target, schema };
}

/** A file of its own, removed at the end. */
export function sqliteTarget(): Target {
  const folder = newFolder();
  const nothing = async (): Promise<void> => {};
  const address = { kind: 'sqlite', path: join(folder, 'orders.db') } as const;
  return targetAt(address, folder, { drop: nothing, quiet: nothing });
}

/** What the connections of a round bear, so that the server can be asked for them. */
export function nameOf(schema: string, user: 'engine' | 'observer'): string {
  return `${schema} ${user}`;
}

async function noConnections(url: string, schema: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const text = 'SELECT FROM pg_stat_activity WHERE application_name = $1';
  try {
    await until(
      async () => (await client.query(text, [nameOf(schema, 'engine')])).rows.length === 0,
      'the server to end the connections of dead processes',
    );
  } finally {
    await client.end();
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'orderchart-faults-'));
}

function targetAt(
  address: StoreAddress,
  folder: string,
  { drop, quiet }: { readonly drop: () => Promise<void>; readonly quiet: () => Promise<void> },
): Target {
  const disposals: (() => Promise<unknown>)[] = [];
  return {
    address,
    folder,
    deliveries: join(folder, 'deliveries.log'),
    quiet,
    open: async () => {
      const { store, end } = connectStore(address, 'observer');
      disposals.push(end);
      await store.open();
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      for (const dispose of disposals.toReversed()) await dispose();
      await drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Connections of one engine at most; many tests share the server's hundred. */
export const poolSize = 4;

/**
 * A store at an address, not yet open, and how to end it and its connections.
 *
 * @param user Whose connections they are: `quiet` waits for those of the round's engines.
 */
export function connectStore(
  address: StoreAddress,
  user: 'engine' | 'observer' = 'engine',
): {
  readonly store: OrderStore;
  readonly pool: Pool | undefined;
  readonly end: () => Promise<void>;
} {
  if (address.kind === 'sqlite') {
    const store = createSqliteStore({ path: address.path });
    return { store, pool: undefined, end: () => store.close() };
  }
  const { url: connectionString, schema } = address;
  const pool = new Pool({
    connectionString,
    max: poolSize,
    application_name: nameOf(schema, user),
  });
  // A host hears of broken idle connections here; node-postgres replaces them.
  pool.on('error', () => {});
  const store = createPostgresStore({ pool, schema, warn: () => {} });
  const end = async (): Promise<void> => {
    await store.close();
    await pool.end();
  };
  return { store, pool, end };
}
