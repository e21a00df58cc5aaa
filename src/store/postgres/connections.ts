import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { storeClosed, toStoreError, toWriteError } from './failure.ts';
import type {
  PooledPostgresClient,
  PostgresClient,
  PostgresPool,
  PostgresQuery,
  PostgresResult,
  PostgresSettings,
} from './options.ts';

/** Beyond the server's own limit: for an answer that is lost, a server that is frozen. */
const graceMs = 3_000;

/**
 * The pool as the store uses it: every borrowed connection has the store's settings, every wait
 * has an end, a connection that is in doubt is not used again, and errors are typed.
 */
export class Connections {
  readonly #settings: PostgresSettings;
  readonly #prepared = new WeakSet<PostgresClient>();
  readonly #underWay = new Set<Promise<unknown>>();
  #isOpen = false;

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    keepAlive(this.#settings.pool);
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await Promise.allSettled(this.#underWay);
  }

  /** Throws `storeClosed` when it is. */
  checkOpen(): void {
    if (!this.#isOpen) throw storeClosed();
  }

  /** The rows of one statement that only reads, or that may be repeated. */
  async read<Row>(query: PostgresQuery): Promise<readonly Row[]> {
    return this.#use((client) => this.ask(client, query), toStoreError).then(rowsOf<Row>);
  }

  /** The rows of one statement that writes; `outcomeUnknown` when its answer is lost. */
  async write<Row>(query: PostgresQuery): Promise<readonly Row[]> {
    return this.#use((client) => this.ask(client, query), toWriteError).then(rowsOf<Row>);
  }

  /**
   * Runs `work` in one transaction. What `work` throws undoes it and is thrown on. It may take as
   * long as it likes; what the store asks within, with {@link Connections.ask}, may not.
   */
  async transaction<Result>(work: (client: PostgresClient) => Promise<Result>): Promise<Result> {
    return this.#use((client) => this.#inTransaction(client, work), toStoreError);
  }

  /** Runs a statement of the store's own on a connection that somebody has; its answer has an end. */
  ask(client: PostgresClient, { text, values, name }: PostgresQuery): Promise<PostgresResult> {
    const isNamed = this.#settings.preparedStatements && name !== undefined;
    const query = values === undefined ? { text } : { text, values };
    const named = isNamed ? { ...query, name: `${this.#settings.schema}.${name}` } : query;
    return this.#inTime(client.query(named), noAnswer);
  }

  async #inTransaction<Result>(
    client: PostgresClient,
    work: (client: PostgresClient) => Promise<Result>,
  ): Promise<Result> {
    await this.ask(client, { text: 'BEGIN' });
    let result: Result;
    try {
      result = await work(client);
    } catch (error) {
      // A connection that cannot even roll back is in doubt, whatever went wrong before.
      await this.ask(client, { text: 'ROLLBACK' });
      throw error;
    }
    await this.#commit(client);
    return result;
  }

  /** A transaction that failed in between answers COMMIT with ROLLBACK, and without an error. */
  async #commit(client: PostgresClient): Promise<void> {
    let answer: PostgresResult;
    try {
      answer = await this.ask(client, { text: 'COMMIT' });
    } catch (error) {
      throw toWriteError(error);
    }
    if (answer.command === undefined || answer.command === 'COMMIT') return;
    throw new OrderchartError(
      'storeUnavailable',
      'The database undid a transaction because one of its statements had failed.',
      { details: { command: answer.command } },
    );
  }

  #use<Result>(
    work: (client: PostgresClient) => Promise<Result>,
    asTyped: (error: unknown) => OrderchartError,
  ): Promise<Result> {
    if (!this.#isOpen) return Promise.reject(storeClosed());
    const using = this.#borrowed(work, asTyped);
    this.#underWay.add(using);
    const done = () => this.#underWay.delete(using);
    using.then(done, done);
    return using;
  }

  async #borrowed<Result>(
    work: (client: PostgresClient) => Promise<Result>,
    asTyped: (error: unknown) => OrderchartError,
  ): Promise<Result> {
    const client = await this.borrow();
    let isBroken = true;
    try {
      const result = await work(client);
      isBroken = false;
      return result;
    } catch (error) {
      isBroken = isConnectionInDoubt(error);
      throw asTyped(error);
    } finally {
      client.release(isBroken);
    }
  }

  /** A connection with the store's settings; whoever takes it gives it back. */
  async borrow(): Promise<PooledPostgresClient> {
    this.checkOpen();
    let client: PooledPostgresClient | undefined;
    let isLate = false;
    try {
      const connecting = this.#settings.pool.connect().then((connected) => {
        if (isLate) connected.release();
        return connected;
      });
      client = await this.#inTime(connecting, noConnection);
      if (!this.#prepared.has(client)) await this.#prepare(client);
      return client;
    } catch (error) {
      isLate = true;
      client?.release(true);
      throw toStoreError(error);
    }
  }

  async #prepare(client: PooledPostgresClient): Promise<void> {
    keepAlive(client);
    const { statementTimeoutMs, lockTimeoutMs } = this.#settings;
    const text =
      "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false), " +
      "set_config('idle_in_transaction_session_timeout', $1, false), " +
      "set_config('default_transaction_isolation', 'read committed', false)";
    const values = [`${statementTimeoutMs}`, `${lockTimeoutMs}`];
    await this.#inTime(client.query({ text, values }), noConnection);
    this.#prepared.add(client);
  }

  /** Settles with `work`, or rejects when the server had more time than it is allowed to take. */
  #inTime<Result>(work: Promise<Result>, late: () => Error): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const limitMs = this.#settings.statementTimeoutMs + graceMs;
    const timer = setTimeout(() => reject(late()), limitMs).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
    return promise;
  }
}

const heard = new WeakSet<PostgresPool | PooledPostgresClient>();

/**
 * A connection that breaks would end the process when nobody listens to its errors: those of idle
 * ones are the pool's, those of borrowed ones their own. The pool replaces it; its statement fails,
 * and that is told there. Once for each, however many stores share a pool.
 */
function keepAlive(source: PostgresPool | PooledPostgresClient): void {
  if (heard.has(source)) return;
  heard.add(source);
  source.on?.('error', () => {});
}

/** Whatever did not end in an error of a statement's own leaves the connection in an unknown state. */
function isConnectionInDoubt(error: unknown): boolean {
  if (isOrderchartError(error)) return isOrderchartError(error, 'outcomeUnknown');
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown };
  const isFromServer = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return !isFromServer || severity === 'FATAL' || severity === 'PANIC' || /^(57P|08)/.test(code);
}

/** Without a code of the server's: what a read and a write make of it is different. */
function noAnswer(): Error {
  return new Error('The database did not answer in time.');
}

function noConnection(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'No connection to the database came in time: the pool is used up, or the server is away.',
  );
}

function rowsOf<Row>({ rows }: PostgresResult): readonly Row[] {
  // The SQL of this adapter names its columns.
  return rows as readonly Row[];
}
