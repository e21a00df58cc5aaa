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

/** What the host passed as its transaction: a client on which it has begun one. */
export function asClient(transaction: unknown): PostgresClient {
  const client = transaction as PostgresClient | null;
  const isClient = typeof client === 'object' && typeof client?.query === 'function';
  // A pool would run each statement on another connection, outside of any transaction.
  if (isClient && !('connect' in client && 'totalCount' in client)) {
    // One of the host's: when it breaks, its statements fail, and that is enough.
    listenToErrors(client as PooledPostgresClient);
    return client;
  }
  throw new OrderchartError(
    'invalidArgument',
    'The transaction must be a client on which the host has begun one: ' +
      "`const client = await pool.connect(); await client.query('BEGIN')`.",
  );
}

interface HostTransactionParts extends Pick<PostgresSettings, 'schema' | 'lockTimeoutMs'> {
  readonly connections: Connections;
  readonly statuses: Statuses;
}

/**
 * The store inside a transaction of the host's. Its events go into `pending`, which holds no lock
 * but that of their orders: the host may take its time, and whoever reads the feed after its
 * COMMIT gives them their positions.
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
   * Behind a savepoint, because a collision would else end the host's transaction; `undefined`
   * says that there was one.
   */
  async #judge(part: readonly Commit[]): Promise<string | undefined> {
    const [before] = await this.#ask<{ readonly limit: string }>({
      text: "SELECT pg_catalog.current_setting('lock_timeout') AS limit",
      values: [],
    });
    // Without a limit of the host's own, a new order would wait for ever for another's transaction.
    const isEndless = before?.limit === '0';
    const limit = isEndless ? `; SET LOCAL lock_timeout = ${this.#lockTimeoutMs}` : '';
    await this.#ask({ text: `SAVEPOINT orderchart${limit}` });
    try {
      // Their statuses are not called stored: the host may roll back.
      const verdicts = await judgedPart(part, this.#statuses, false, (values) =>
        this.#ask<BatchRow>({ text: this.#commitQuery, values }),
      );
      const unlimit = isEndless ? '; SET LOCAL lock_timeout = 0' : '';
      await this.#ask({ text: `RELEASE SAVEPOINT orderchart${unlimit}` });
      return verdicts;
    } catch (error) {
      const undo = 'ROLLBACK TO SAVEPOINT orderchart; RELEASE SAVEPOINT orderchart';
      // A connection that is gone cannot; what went wrong first is what counts.
      await this.#ask({ text: undo }).catch(() => {});
      if (isOrderchartError(error) && isCollision(error.cause)) return undefined;
      throw error;
    }
  }

  async #ask<Row>({ text, values }: PostgresQuery): Promise<readonly Row[]> {
    try {
      const query = values === undefined ? { text } : { text, values };
      // The SQL of this adapter names its columns.
      const answer = this.#connections.answered(this.#client, this.#client.query(query));
      return (await answer).rows as readonly Row[];
    } catch (error) {
      throw notOpen(error) ?? toStoreError(error);
    }
  }
}

/** What the host has to put right, for a transaction in which nothing can be done. */
function notOpen(cause: unknown): OrderchartError | undefined {
  const advice = {
    '25P01': 'The host has begun no transaction on the client that it passed: BEGIN first.',
    '25P02':
      'The transaction of the host has failed already, by one of its statements: roll it back, ' +
      'and begin anew.',
  }[sqlState(cause) ?? ''];
  return advice === undefined
    ? undefined
    : new OrderchartError('invalidArgument', advice, { details: { option: 'transaction' }, cause });
}
