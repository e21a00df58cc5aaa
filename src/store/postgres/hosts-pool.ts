import type { ClientConfig, Pool, PoolClient, PoolConfig } from 'pg';
import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import {
  anyObject,
  checkOptions,
  longestTimerMs,
  type OptionSchemas,
  type Settings,
  whole,
} from '../../options.ts';
import { inTime } from './in-time.ts';
import { listenToPool } from './listeners.ts';
import type { PooledPostgresClient, PostgresPool } from './options.ts';

/**
 * The options of {@link createPostgresPool}.
 *
 * @example
 * const options: PostgresPoolOptions = {
 *   hosts: ['db-1:5432', 'db-2:5432'],
 *   max: 10,
 *   config: { user: 'shop', password, database: 'shop' },
 * };
 */
export interface PostgresPoolOptions {
  /**
   * The servers of one cluster, the primary and its standbys, in any order; at least one. A host
   * without a port has port 5432.
   */
  readonly hosts: readonly string[];
  /** The maximum number of connections to the primary. Default 8. */
  readonly max?: number | undefined;
  /**
   * How long to wait for one host to accept a connection, in milliseconds, before the others are
   * tried. 1 to 2,147,483,647. Default 2,000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /** Further options of `pg.Pool`: `user`, `password`, `database`, `ssl`... Default: none. */
  readonly config?: object | undefined;
}

/** A pool whose connections lead to the primary, whichever of the hosts that is. */
export interface PostgresHostsPool extends PostgresPool {
  /** `max` is the option of the same name. */
  readonly options: { readonly max: number };
  /** Waits until the connections in use are released, and closes all. */
  end(): Promise<void>;
}

type Listener =
  | readonly ['error', (error: Error) => void]
  | readonly ['connect', (client: PooledPostgresClient) => void];

const hostsText = 'must be a list of hosts, each with or without a port';

const schema = z.strictObject({
  hosts: z
    .array(z.string(hostsText).refine(isHost, hostsText), hostsText)
    .min(1, hostsText)
    .readonly(),
  max: whole(1, longestTimerMs).default(8),
  connectTimeoutMs: whole(1, longestTimerMs, 'milliseconds').default(2_000),
  config: anyObject().default({}),
} satisfies OptionSchemas<PostgresPoolOptions>);

/** Throws `invalidArgument` for options that cannot work. */
export function readPoolOptions(options: PostgresPoolOptions): Settings<typeof schema> {
  return checkOptions('createPostgresPool', schema, options);
}

function isHost(host: string): boolean {
  try {
    return addressOf(host).hostname !== '';
  } catch {
    return false;
  }
}

/** One pool for each host. A connection to a standby is closed immediately. */
export class HostsPool implements PostgresHostsPool {
  readonly options: { readonly max: number };
  readonly #settings: Settings<typeof schema>;
  readonly #verified = new WeakSet<PoolClient>();
  readonly #listeners: Listener[] = [];
  #pools: Promise<readonly Pool[]> | undefined;
  /** The index of the host where the primary was found, or is looked for first. */
  #preferred = 0;

  constructor(settings: Settings<typeof schema>) {
    this.#settings = settings;
    this.options = { max: settings.max };
  }

  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'connect', listener: (client: PooledPostgresClient) => void): void;
  on(...listener: Listener): void {
    this.#listeners.push(listener);
    void this.#pools?.then((pools) => {
      for (const pool of pools) listenTo(pool, listener);
    });
  }

  async connect(): Promise<PooledPostgresClient> {
    this.#pools ??= this.#makePools();
    const pools = await this.#pools;
    const first = this.#preferred;
    const failures: unknown[] = [];
    try {
      return await this.#connectTo(pools, first);
    } catch (error) {
      failures.push(error);
    }
    const others = [...pools.keys()].filter((index) => index !== first);
    const { promise, resolve, reject } = Promise.withResolvers<PooledPostgresClient>();
    let isFound = false;
    const attempts = others.map(async (index) => {
      const client = await this.#connectTo(pools, index);
      if (isFound) client.release();
      isFound = true;
      resolve(client);
    });
    void Promise.allSettled(attempts).then((ends) => {
      failures.push(...ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])));
      reject(noPrimary(failures));
    });
    return promise;
  }

  async end(): Promise<void> {
    const pools = await this.#pools;
    await Promise.all((pools ?? []).map((pool) => pool.end()));
  }

  /** Connects to one host; rejects when it is not the primary. */
  async #connectTo(pools: readonly Pool[], index: number): Promise<PooledPostgresClient> {
    const pool = pools[index];
    if (pool === undefined) throw new Error('The host does not exist.');
    const client = await pool.connect();
    if (!this.#verified.has(client)) await this.#verify(client);
    this.#preferred = index;
    const release = client.release.bind(client);
    // A connection is often discarded because its host is no longer the primary.
    client.release = (isBroken?: Error | boolean) => {
      if (isBroken) this.#preferred = (index + 1) % pools.length;
      release(isBroken);
    };
    return client as PooledPostgresClient;
  }

  async #verify(client: PoolClient): Promise<void> {
    try {
      const text = 'SELECT pg_catalog.pg_is_in_recovery() AS is_standby';
      const { connectTimeoutMs } = this.#settings;
      const { rows } = await inTime(client.query({ text }), connectTimeoutMs, noAnswer);
      if (rows[0].is_standby === true) throw new Error('It is a standby.');
      this.#verified.add(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async #makePools(): Promise<readonly Pool[]> {
    // Loaded when used, because hosts with another pool need not install pg.
    const pg = await import('pg');
    const { hosts, max, connectTimeoutMs, config } = this.#settings;
    // An option of the client, because that of the pool also limits the wait for a free connection.
    class BoundedClient extends pg.default.Client {
      constructor(own: ClientConfig) {
        super({ ...own, connectionTimeoutMillis: connectTimeoutMs });
      }
    }
    return hosts.map((host) => {
      const { hostname, port } = addressOf(host);
      // The types of pg do not allow a client class with a constructor for options.
      const where = { host: hostname, port, max, Client: BoundedClient as never };
      const pool = new pg.default.Pool({ keepAlive: true, ...config, ...where } as PoolConfig);
      listenToPool(pool as PostgresPool);
      for (const listener of this.#listeners) listenTo(pool, listener);
      return pool;
    });
  }
}

function listenTo(pool: Pool, [event, listener]: Listener): void {
  pool.on(event, listener as never);
}

/** Parses `db-1:5432`, `db-1` or `[::1]:5432`; throws for anything else. */
function addressOf(host: string): { readonly hostname: string; readonly port: number } {
  const { hostname, port, pathname, username } = new URL(`postgres://${host}`);
  if (hostname === '' || pathname !== '' || username !== '') throw new Error('Not a host.');
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 5432 : Number(port),
  };
}

function noAnswer(): Error {
  return new Error('The host did not answer in time.');
}

function noPrimary(failures: readonly unknown[]): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'None of the hosts is a primary that accepts connections.',
    { details: { hosts: failures.length }, cause: failures[0] },
  );
}
