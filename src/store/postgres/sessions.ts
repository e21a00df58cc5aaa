import { OrderchartError } from '../../errors.ts';
import { sqlState, storeClosed, toStoreError } from './failure.ts';
import { inTime } from './in-time.ts';
import { listenToErrors, listenToPool } from './listeners.ts';
import type { PooledPostgresClient, PostgresClient, PostgresSettings } from './options.ts';
import { type HistoryListener, Timelines } from './timelines.ts';

/** More than any pool holds: the wait for a connection ends before. */
const distrustedMost = 1_000;

/**
 * Connections with the settings of the store. Those to a standby, or to a primary that was replaced,
 * are refused; so are those that were idle when another one fell silent.
 */
export class Sessions {
  readonly #settings: PostgresSettings;
  readonly #timelines = new Timelines();
  /** Of each connection that has the settings: how many doubts there were at its last answer. */
  readonly #heardAfter = new WeakMap<PostgresClient, number>();
  #doubts = 0;
  #isOpen = false;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
  }

  /** See {@link OrderStore.watchHistory}: a new connection may lead to another history. */
  watchHistory(onChanged: HistoryListener): () => void {
    return this.#timelines.watch(onChanged);
  }

  open(): void {
    this.#isOpen = true;
    listenToPool(this.#settings.pool);
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Notes that an answer came by this connection. */
  heard(client: PostgresClient): void {
    // Only one that has the settings: the host's own clients answer, too.
    if (this.#heardAfter.has(client)) this.#heardAfter.set(client, this.#doubts);
  }

  /**
   * The server behind the connections is silent, or writes no more: whatever has been idle since
   * before is not used again, so that one failure tells of all of them.
   */
  doubt(): void {
    this.#doubts += 1;
  }

  /** A connection with the store's settings; whoever takes it gives it back. */
  async borrow(): Promise<PooledPostgresClient> {
    for (let tried = 0; tried < distrustedMost; tried += 1) {
      if (!this.#isOpen) throw storeClosed();
      const client = await this.#connect();
      const heardAfter = this.#heardAfter.get(client);
      if (heardAfter === undefined) return this.#prepare(client);
      if (heardAfter === this.#doubts) return client;
      discardIdle(client);
    }
    throw noConnection();
  }

  async #connect(): Promise<PooledPostgresClient> {
    let isLate = false;
    try {
      const connecting = this.#settings.pool.connect().then((connected) => {
        listenToErrors(connected);
        if (isLate) connected.release();
        return connected;
      });
      return await this.#inTime(connecting);
    } catch (error) {
      isLate = true;
      throw toStoreError(error);
    }
  }

  async #prepare(client: PooledPostgresClient): Promise<PooledPostgresClient> {
    try {
      const { statementTimeoutMs, lockTimeoutMs } = this.#settings;
      const values = [`${statementTimeoutMs}`, `${lockTimeoutMs}`];
      const { rows } = await this.#inTime(client.query({ text: settle, values }));
      if ((rows[0] as { readonly is_standby: boolean }).is_standby) throw standby();
      await this.#lookAtTimeline(client);
      this.#heardAfter.set(client, this.#doubts);
      return client;
    } catch (error) {
      client.release(true);
      throw toStoreError(error);
    }
  }

  async #lookAtTimeline(client: PooledPostgresClient): Promise<void> {
    if (!this.#timelines.canTell) return;
    try {
      const { rows } = await this.#inTime(client.query({ text: Timelines.query, values: [] }));
      this.#timelines.see(rows[0]);
    } catch (error) {
      // Forbidden, or unknown to this server: it was a hint, and nothing depends on it.
      if (sqlState(error) === undefined) throw error;
      this.#timelines.canTell = false;
    }
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return inTime(work, this.#settings.answerTimeoutMs, noConnection);
  }
}

const settle =
  "SELECT pg_catalog.set_config('statement_timeout', $1, false), " +
  "pg_catalog.set_config('lock_timeout', $2, false), " +
  "pg_catalog.set_config('idle_in_transaction_session_timeout', $1, false), " +
  "pg_catalog.set_config('default_transaction_isolation', 'read committed', false), " +
  'pg_catalog.pg_is_in_recovery() AS is_standby';

/**
 * Gives back a connection that is not to be used again, although nothing is being asked of it. It is
 * asked something now, because a client of pg that waits for an answer closes its socket at once,
 * and one that does not says goodbye and waits for a server that may be silent; meanwhile its pool
 * makes no other.
 */
function discardIdle(client: PooledPostgresClient): void {
  client.query({ text: 'SELECT 1' }).catch(() => {});
  client.release(true);
}

function noConnection(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'No connection to the database came in time: the pool is used up, or the server is away.',
  );
}

function standby(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'The database takes no writes: it is a standby. The address must lead to the primary; ' +
      'createPostgresPool finds it among several hosts.',
  );
}
