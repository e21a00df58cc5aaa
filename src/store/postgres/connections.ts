import { isOrderchartError, OrderchartError } from '../../errors.ts';
import { sqlState, toStoreError, toWriteError } from './failure.ts';
import { inTime } from './in-time.ts';
import type {
  PooledPostgresClient,
  PostgresClient,
  PostgresQuery,
  PostgresResult,
  PostgresSettings,
} from './options.ts';
import { Sessions } from './sessions.ts';
import type { HistoryListener } from './timelines.ts';
import { Unanswered } from './unanswered.ts';
import { WriteSlots } from './write-slots.ts';

/**
 * The pool as the store uses it: every connection has the store's settings, every wait is bounded, a
 * connection in an unknown state is not used again, and errors are typed.
 */
export class Connections {
  readonly #settings: PostgresSettings;
  readonly #sessions: Sessions;
  readonly #writeSlots: WriteSlots;
  readonly #unanswered: Unanswered;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(settings: PostgresSettings) {
    this.#settings = settings;
    this.#sessions = new Sessions(settings);
    this.#writeSlots = new WriteSlots(settings.pool, settings.answerTimeoutMs);
    this.#unanswered = new Unanswered((query) => this.read(query));
  }

  open(): void {
    this.#sessions.open();
  }

  /** Waits for the statements in progress. */
  async close(): Promise<void> {
    this.#sessions.close();
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** See {@link OrderStore.watchHistory}. */
  watchHistory(onChanged: HistoryListener): () => void {
    return this.#sessions.watchHistory(onChanged);
  }

  /** Returns a connection with the store's settings, which the caller must release. */
  borrow(): Promise<PooledPostgresClient> {
    return this.#sessions.borrow();
  }

  /** Runs a statement that only reads. */
  async read<Row>(query: PostgresQuery): Promise<readonly Row[]> {
    return this.#use((client) => this.ask(client, query), toStoreError).then(rowsOf<Row>);
  }

  /** Runs a statement that writes, and that may be repeated when its answer is lost. */
  async update<Row>(query: PostgresQuery): Promise<readonly Row[]> {
    return this.#writeSlots.use(async () => {
      await this.#unanswered.check();
      return this.read<Row>(query);
    });
  }

  /** Runs a statement that writes; throws `outcomeUnknown` when its answer is lost. */
  async write<Row>(query: PostgresQuery): Promise<readonly Row[]> {
    return this.#writeSlots.use(async () => {
      await this.#unanswered.check();
      return rowsOf<Row>(await this.#use((client) => this.ask(client, query), toWriteError));
    });
  }

  /**
   * Runs `work` in one transaction. An error of `work` rolls back and is thrown on. `work` may take any
   * time, but each statement that the store runs in it, with {@link Connections.ask}, is bounded.
   */
  async transaction<Result>(work: (client: PostgresClient) => Promise<Result>): Promise<Result> {
    await this.#unanswered.check();
    return this.#use((client) => this.#inTransaction(client, work), toStoreError);
  }

  /** Runs a statement of the store on a borrowed connection, and bounds the wait for its answer. */
  ask(client: PostgresClient, { text, values, name }: PostgresQuery): Promise<PostgresResult> {
    const isNamed = this.#settings.preparedStatements && name !== undefined;
    const query = values === undefined ? { text } : { text, values };
    const named = isNamed ? { ...query, name: `${this.#settings.schema}.${name}` } : query;
    return this.answered(client, client.query(named));
  }

  /** Bounds the wait for the answer to a statement. */
  async answered(client: PostgresClient, answer: Promise<PostgresResult>): Promise<PostgresResult> {
    try {
      const result = await inTime(answer, this.#settings.answerTimeoutMs, noAnswer);
      this.#sessions.heard(client);
      return result;
    } catch (error) {
      if (isServerInDoubt(error)) this.#sessions.doubt();
      if (error instanceof NoAnswer) this.#unanswered.add(client);
      throw error;
    }
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
      // When even this fails, its error counts: the connection must not be used again.
      await this.ask(client, { text: 'ROLLBACK' });
      throw error;
    }
    await this.#commit(client);
    return result;
  }

  /** PostgreSQL answers COMMIT of a failed transaction with ROLLBACK, and without an error. */
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
      'The database rolled back a transaction because one of its statements had failed.',
      { details: { command: answer.command } },
    );
  }

  #use<Result>(
    work: (client: PostgresClient) => Promise<Result>,
    asTyped: (error: unknown) => OrderchartError,
  ): Promise<Result> {
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
    try {
      const result = await work(client);
      client.release();
      return result;
    } catch (error) {
      client.release(isConnectionInDoubt(error));
      throw asTyped(error);
    }
  }
}

/** Whether an error may leave the connection in an unknown state: any but that of a statement. */
function isConnectionInDoubt(error: unknown): boolean {
  if (isOrderchartError(error)) return isOrderchartError(error, 'outcomeUnknown');
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown };
  const isFromServer = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return (
    !isFromServer || severity === 'FATAL' || severity === 'PANIC' || /^(57P|08|25006)/.test(code)
  );
}

/** Has no code of the server, so that a read becomes `storeUnavailable`, a write `outcomeUnknown`. */
class NoAnswer extends Error {}

function noAnswer(): Error {
  return new NoAnswer('The database did not answer in time.');
}

/** Whether all connections are affected: the server is silent, or has become a standby. */
function isServerInDoubt(error: unknown): boolean {
  return error instanceof NoAnswer || sqlState(error) === '25006';
}

function rowsOf<Row>({ rows }: PostgresResult): readonly Row[] {
  // The SQL of this adapter selects the columns of `Row`.
  return rows as readonly Row[];
}
