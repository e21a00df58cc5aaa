import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import type { OrderStore } from '../../../src/index.ts';
import { createPostgresPool, createPostgresStore } from '../../../src/store/postgres/index.ts';
import { createSqliteStore } from '../../../src/store/sqlite/index.ts';
import { dropSchema, newSchemaName } from '../../postgres/database.ts';
import type { PostgresAddress, StoreAddress } from './engine-process-options.ts';
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
   * not notice at once, and may still commit what it has in flight.
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

/**
 * A schema on a server that belongs to the round: it goes with its server, which need not be there
 * any more at the end.
 */
export function ownServerTarget(
  url: string,
  more: Omit<Partial<PostgresAddress>, 'kind' | 'url'> = {},
): PostgresTarget {
  const { schema = newSchemaName() } = more;
  const address = { ...more, kind: 'postgres', url, schema } as const;
  const target = targetAt(address, newFolder(), {
    drop: async () => {},
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
  const { url: connectionString, schema, preparedStatements = true } = address;
  const applicationName = nameOf(schema, user);
  if (address.hosts !== undefined) {
    const config = { user: 'postgres', database: 'postgres', application_name: applicationName };
    const hosts = createPostgresPool({ hosts: address.hosts, max: poolSize, config });
    const store = createPostgresStore({ pool: hosts, schema, warn: () => {} });
    return { store, pool: undefined, end: () => store.close().then(() => hosts.end()) };
  }
  const pool = new Pool({ connectionString, max: poolSize, application_name: applicationName });
  // A host hears of broken idle connections here; node-postgres replaces them.
  pool.on('error', () => {});
  const store = createPostgresStore({ pool, schema, preparedStatements, warn: () => {} });
  if (address.clocks !== undefined) setClocks(store, pool, address.clocks);
  const end = async (): Promise<void> => {
    await store.close();
    await pool.end();
  };
  return { store, pool, end };
}

/** Has the clock of each server go wrong by so much: what the store asks for is put right with it. */
function setClocks(
  store: OrderStore,
  pool: Pool,
  clocks: NonNullable<PostgresAddress['clocks']>,
): void {
  const text =
    'SELECT inet_server_port() AS port, (extract(epoch FROM clock_timestamp()) * 1000)::float AS now';
  const now = async (): Promise<number> => {
    const [row] = (await pool.query<{ port: number; now: number }>(text)).rows;
    return Math.floor((row?.now ?? 0) + (clocks[row?.port ?? 0] ?? 0));
  };
  Object.assign(store, { now });
}
