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

/** What {@link createPostgresPool} takes. */
export interface PostgresPoolOptions {
  /** The servers of one cluster, the primary and its standbys, in any order: `db-1:5432`, `db-2`. */
  readonly hosts: readonly string[];
  /** How many connections to the primary, at most. Default 8. */
  readonly max?: number | undefined;
  /** How long one host may take to let a connection in, in ms. Default 2,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Whatever else `pg.Pool` takes: `user`, `password`, `database`, `ssl`... */
  readonly config?: object | undefined;
}

/** A pool whose connections lead to the primary, whichever of the hosts that is. */
export interface PostgresHostsPool extends PostgresPool {
  readonly options: { readonly max: number };
  /** Waits for the connections that are in use, and closes all. */
  end(): Promise<void>;
}

type Listener =
  | readonly ['error', (error: Error) => void]
  | readonly ['connect', (client: PooledPostgresClient) => void];

const hostsText = 'must be names of hosts, each with or without a port';

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

/** A pool for each host. Those of the standbys are empty: each connection there is closed at once. */
export class HostsPool implements PostgresHostsPool {
  readonly options: { readonly max: number };
  readonly #settings: Settings<typeof schema>;
  readonly #verified = new WeakSet<PoolClient>();
  readonly #listeners: Listener[] = [];
  #pools: Promise<readonly Pool[]> | undefined;
  /** Where the primary was found, or will be looked for first. */
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

  /** A connection to one host; rejects when that is no primary. */
  async #connectTo(pools: readonly Pool[], index: number): Promise<PooledPostgresClient> {
    const pool = pools[index];
    if (pool === undefined) throw new Error('There is no such host.');
    const client = await pool.connect();
    if (!this.#verified.has(client)) await this.#verify(client);
    this.#preferred = index;
    const release = client.release.bind(client);
    // Whoever throws a connection away may have found out that its host is the primary no more.
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
    // Loaded when it is used: whoever brings another pool need not have pg.
    const pg = await import('pg');
    const { hosts, max, connectTimeoutMs, config } = this.#settings;
    // For the client alone: the same option of a pool would end the wait for a free connection, too.
    class BoundedClient extends pg.default.Client {
      constructor(own: ClientConfig) {
        super({ ...own, connectionTimeoutMillis: connectTimeoutMs });
      }
    }
    return hosts.map((host) => {
      const { hostname, port } = addressOf(host);
      // The types of pg know of no client that takes its options, as all do.
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

/** Host and port of `db-1:5432`, `db-1` or `[::1]:5432`; throws for anything else. */
function addressOf(host: string): { readonly hostname: string; readonly port: number } {
  const { hostname, port, pathname, username } = new URL(`postgres://${host}`);
  if (hostname === '' || pathname !== '' || username !== '') throw new Error('This is no host.');
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
    'None of the hosts is a primary that lets a connection in.',
    { details: { hosts: failures.length }, cause: failures[0] },
  );
}
