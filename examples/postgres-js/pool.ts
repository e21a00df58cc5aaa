import type { PooledPostgresClient, PostgresPool, PostgresQuery } from 'orderchart/postgres';
import postgres from 'postgres';

/** The OID of the type `text`: the store sends all of its parameters as text. */
const textType = 25;

/**
 * A connection of postgres.js. Its queries resolve at ReadyForQuery, as the store requires: by
 * then, what was committed is durable (`ReadyForQuery` in postgres/src/connection.js).
 *
 * Each one is its own `postgres()` with a single connection. `sql.reserve()` of a larger pool is
 * not safe: if the server closes a reserved connection, postgres.js reconnects for the next query,
 * and would run the rest of a transaction there, statement by statement.
 */
class Connection implements PooledPostgresClient {
  readonly #sql: postgres.Sql;
  readonly #giveBack: (connection: Connection) => void;
  #isClosed = false;

  constructor(url: string, giveBack: (connection: Connection) => void) {
    this.#giveBack = giveBack;
    this.#sql = postgres(url, {
      max: 1,
      // Must neither close nor reconnect by itself: that would silently split a transaction in two.
      idle_timeout: undefined,
      max_lifetime: null,
      onclose: () => {
        this.#isClosed = true;
      },
      fetch_types: false,
      onnotice: () => {},
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async query({ text, values = [], name }: PostgresQuery) {
    if (this.#isClosed) throw new Error('The connection to the database is closed.');
    const parameters = values.map((value) => this.#sql.typed(value, textType));
    const rows = await this.#sql.unsafe(text, parameters, { prepare: name !== undefined });
    return { rows, command: rows.command };
  }

  release(isBroken = false): void {
    if (isBroken) void this.end();
    this.#giveBack(this);
  }

  end(): Promise<void> {
    this.#isClosed = true;
    return this.#sql.end({ timeout: 0 });
  }
}

/** A pool of such connections for `createPostgresStore`. */
export class PostgresJsPool implements PostgresPool {
  readonly #url: string;
  readonly #max: number;
  readonly #idle: Connection[] = [];
  readonly #waiting: ((connection: Connection) => void)[] = [];
  #size = 0;

  constructor(url: string, max = 4) {
    this.#url = url;
    this.#max = max;
  }

  async connect(): Promise<PooledPostgresClient> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.isClosed) return idle;
      this.#size -= 1;
    }
    if (this.#size < this.#max) return this.#open();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Closes the idle connections. The store releases all of them when it closes. */
  async end(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((connection) => connection.end()));
  }

  #open(): Connection {
    this.#size += 1;
    return new Connection(this.#url, (connection) => this.#takeBack(connection));
  }

  #takeBack(connection: Connection): void {
    const next = this.#waiting.shift();
    if (connection.isClosed) this.#size -= 1;
    if (next !== undefined) next(connection.isClosed ? this.#open() : connection);
    else if (!connection.isClosed) this.#idle.push(connection);
  }
}
