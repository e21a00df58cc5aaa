import { isOrderchartError, OrderchartError } from '../../errors.ts';
import type { Commit, CommitOutcome, TransactionStore } from '../store.ts';
import {
  type BatchRow,
  batchColumns,
  commitQuery,
  duplicatesIn,
  independentParts,
  outcomesOf,
  statusesIn,
} from './commit.ts';
import { isCollision, toStoreError } from './failure.ts';
import type { PostgresClient, PostgresQuery } from './options.ts';
import { OrderReader } from './orders.ts';
import type { Statuses } from './statuses.ts';

/** What the host passed as its transaction: a client on which it has begun one. */
export function asClient(transaction: unknown): PostgresClient {
  const client = transaction as PostgresClient | null;
  const isClient = typeof client === 'object' && typeof client?.query === 'function';
  // A pool would run each statement on another connection, outside of any transaction.
  if (isClient && !('connect' in client && 'totalCount' in client)) return client;
  throw new OrderchartError(
    'invalidArgument',
    'The transaction must be a client on which the host has begun one: ' +
      "`const client = await pool.connect(); await client.query('BEGIN')`.",
  );
}

const mostAtOnce = 1000;

/**
 * The store inside a transaction of the host's. Its events go into `pending`, which holds no lock
 * but that of their orders: the host may take its time, and whoever reads the feed after its
 * COMMIT gives them their positions.
 */
export class HostTransaction implements TransactionStore {
  readonly #client: PostgresClient;
  readonly #statuses: Statuses;
  readonly #reader: OrderReader;
  readonly #commitQuery: string;

  constructor(transaction: unknown, statuses: Statuses, schema: string) {
    this.#client = asClient(transaction);
    this.#statuses = statuses;
    this.#reader = new OrderReader((query) => this.#ask(query), statuses, schema);
    this.#commitQuery = commitQuery(schema);
  }

  load: TransactionStore['load'] = (keys) => this.#reader.load(keys);
  findCommands: TransactionStore['findCommands'] = (identities) =>
    this.#reader.findCommands(identities);
  history: TransactionStore['history'] = (key, after, limit) =>
    this.#reader.history(key, after, limit);

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    // In a transaction of their own: what the host rolls back must not take them with it.
    await this.#statuses.learn(statusesIn(commits));
    const outcomes: CommitOutcome[] = [];
    for (const part of independentParts(commits, mostAtOnce)) {
      outcomes.push(...(await this.#commitPart(part)));
    }
    return outcomes;
  }

  /** Behind a savepoint, because a collision would else end the host's transaction. */
  async #commitPart(part: readonly Commit[]): Promise<CommitOutcome[]> {
    await this.#ask({ text: 'SAVEPOINT orderchart' });
    try {
      const values = batchColumns(part, this.#statuses, false);
      const [row] = await this.#ask<BatchRow>({ text: this.#commitQuery, values });
      await this.#ask({ text: 'RELEASE SAVEPOINT orderchart' });
      const verdicts = row?.verdicts ?? '';
      const known = await this.findCommands(duplicatesIn(part, verdicts));
      return outcomesOf(part, verdicts, known);
    } catch (error) {
      await this.#ask({ text: 'ROLLBACK TO SAVEPOINT orderchart' });
      if (isOrderchartError(error) && isCollision(error.cause)) {
        return part.map(() => ({ status: 'locked' }));
      }
      throw error;
    }
  }

  async #ask<Row>({ text, values }: PostgresQuery): Promise<readonly Row[]> {
    try {
      const query = values === undefined ? { text } : { text, values };
      // The SQL of this adapter names its columns.
      return (await this.#client.query(query)).rows as readonly Row[];
    } catch (error) {
      throw toStoreError(error);
    }
  }
}
