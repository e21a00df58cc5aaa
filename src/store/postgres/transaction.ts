import { isOrderchartError, OrderchartError } from '../../errors.ts';
import type { Commit, CommitOutcome, TransactionStore } from '../store.ts';
import {
  type BatchRow,
  commitQuery,
  duplicatesIn,
  independentParts,
  judgedPart,
  outcomesOf,
} from './commit.ts';
import type { Connections } from './connections.ts';
import { isCollision, sqlState, toStoreError } from './failure.ts';
import { listenToErrors } from './listeners.ts';
import type {
  PooledPostgresClient,
  PostgresClient,
  PostgresQuery,
  PostgresSettings,
} from './options.ts';
import { OrderReader } from './orders.ts';
import type { Statuses } from './statuses.ts';

/** Checks the `transaction` that the host passed: a client on which it has started one. */
export function asClient(transaction: unknown): PostgresClient {
  const client = transaction as PostgresClient | null;
  const isClient = typeof client === 'object' && typeof client?.query === 'function';
  // A pool would run each statement on another connection, outside any transaction.
  if (isClient && !('connect' in client && 'totalCount' in client)) {
    // When the connection breaks, its statements fail, which is enough.
    listenToErrors(client as PooledPostgresClient);
    return client;
  }
  throw new OrderchartError(
    'invalidArgument',
    'The transaction must be a client on which the host has started one: ' +
      "`const client = await pool.connect(); await client.query('BEGIN')`.",
  );
}

interface HostTransactionParts extends Pick<PostgresSettings, 'schema' | 'lockTimeoutMs'> {
  readonly connections: Connections;
  readonly statuses: Statuses;
}

/**
 * The store inside a host transaction. Its events go into `pending`, which locks nothing but their
 * orders, however long the host takes. The next reader of the feed after its COMMIT assigns their
 * positions.
 */
export class HostTransaction implements TransactionStore {
  readonly #client: PostgresClient;
  readonly #connections: Connections;
  readonly #statuses: Statuses;
  readonly #reader: OrderReader;
  readonly #commitQuery: string;
  readonly #lockTimeoutMs: number;

  constructor(
    transaction: unknown,
    { connections, statuses, schema, lockTimeoutMs }: HostTransactionParts,
  ) {
    this.#client = asClient(transaction);
    this.#connections = connections;
    this.#statuses = statuses;
    this.#reader = new OrderReader((query) => this.#ask(query), statuses, schema);
    this.#commitQuery = commitQuery(schema);
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  load: TransactionStore['load'] = (keys) => this.#reader.load(keys);
  findCommands: TransactionStore['findCommands'] = (identities) =>
    this.#reader.findCommands(identities);
  history: TransactionStore['history'] = (key, after, limit) =>
    this.#reader.history(key, after, limit);

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    const outcomes: CommitOutcome[] = [];
    for (const part of independentParts(commits)) {
      outcomes.push(...(await this.#commitPart(part)));
    }
    return outcomes;
  }

  async #commitPart(part: readonly Commit[]): Promise<CommitOutcome[]> {
    const verdicts = await this.#judge(part);
    if (verdicts === undefined) return part.map(() => ({ status: 'locked' }));
    const known = await this.findCommands(duplicatesIn(part, verdicts));
    return outcomesOf(part, verdicts, known);
  }

  /**
   * Returns the verdicts of one part; `undefined` for a collision. Runs behind a savepoint, because a
   * collision would fail the whole host transaction otherwise.
   */
  async #judge(part: readonly Commit[]): Promise<string | undefined> {
    const [before] = await this.#ask<{ readonly limit: string }>({
      text: "SELECT pg_catalog.current_setting('lock_timeout') AS limit",
      values: [],
    });
    // Without a limit, a new order could wait forever for another transaction.
    const isEndless = before?.limit === '0';
    const limit = isEndless ? `; SET LOCAL lock_timeout = ${this.#lockTimeoutMs}` : '';
    await this.#ask({ text: `SAVEPOINT orderchart${limit}` });
    try {
      // Statuses are not recorded as stored, because the host may roll back.
      const verdicts = await judgedPart(part, this.#statuses, false, (values) =>
        this.#ask<BatchRow>({ text: this.#commitQuery, values }),
      );
      const unlimit = isEndless ? '; SET LOCAL lock_timeout = 0' : '';
      await this.#ask({ text: `RELEASE SAVEPOINT orderchart${unlimit}` });
      return verdicts;
    } catch (error) {
      const undo = 'ROLLBACK TO SAVEPOINT orderchart; RELEASE SAVEPOINT orderchart';
      // Fails when the connection is gone; the first error counts.
      await this.#ask({ text: undo }).catch(() => {});
      if (isOrderchartError(error) && isCollision(error.cause)) return undefined;
      throw error;
    }
  }

  async #ask<Row>({ text, values }: PostgresQuery): Promise<readonly Row[]> {
    try {
      const query = values === undefined ? { text } : { text, values };
      // The SQL of this adapter selects the columns of `Row`.
      const answer = this.#connections.answered(this.#client, this.#client.query(query));
      return (await answer).rows as readonly Row[];
    } catch (error) {
      throw notOpen(error) ?? toStoreError(error);
    }
  }
}

/** Returns the error for a transaction that is not open, or has failed; `undefined` for any other. */
function notOpen(cause: unknown): OrderchartError | undefined {
  const advice = {
    '25P01': 'No transaction is open on the client that the host passed. Execute BEGIN first.',
    '25P02':
      'The host transaction has already failed, because one of its statements failed: roll it back, ' +
      'and start a new one.',
  }[sqlState(cause) ?? ''];
  return advice === undefined
    ? undefined
    : new OrderchartError('invalidArgument', advice, { details: { option: 'transaction' }, cause });
}
