import { OrderchartError } from '../../errors.ts';
import { sqlState, storeClosed, toStoreError } from './failure.ts';
import { inTime } from './in-time.ts';
import { listenToErrors, listenToPool } from './listeners.ts';
import type { PooledPostgresClient, PostgresClient, PostgresSettings } from './options.ts';
import { type HistoryListener, Timelines } from './timelines.ts';

/** How many doubtful connections to discard before giving up: more than any pool has. */
const distrustedMost = 1_000;

/**
 * Connections with the settings of the store. Refuses those to a standby or to a replaced primary, and
 * those that were idle when another one stopped answering.
 */
export class Sessions {
  readonly #settings: PostgresSettings;
  readonly #timelines = new Timelines();
  /** For each connection with the settings: the number of doubts at its last answer. */
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

  /** Records that a connection answered. */
  heard(client: PostgresClient): void {
    // Not for clients of the host, which do not have the settings.
    if (this.#heardAfter.has(client)) this.#heardAfter.set(client, this.#doubts);
  }

  /**
   * Records that the server does not answer, or no longer accepts writes. Connections that have been idle
   * since before are not used again, so that one failure is enough.
   */
  doubt(): void {
    this.#doubts += 1;
  }

  /** Returns a connection with the store's settings, which the caller must release. */
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
      // The server forbids or lacks the functions. Nothing depends on this, so go on without it.
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
 * Discards an idle connection. Runs a statement on it first: a client of `pg` that waits for an answer
 * closes its socket immediately, but an idle one says goodbye and waits for the server, which may not
 * answer, and its pool opens no other connection until then.
 */
function discardIdle(client: PooledPostgresClient): void {
  client.query({ text: 'SELECT 1' }).catch(() => {});
  client.release(true);
}

function noConnection(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'No connection to the database was available in time: the pool is exhausted, or the server does ' +
      'not answer.',
  );
}

function standby(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'The database accepts no writes: it is a standby. The address must lead to the primary; ' +
      'createPostgresPool finds it among several hosts.',
  );
}
