import { isOrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  DueOrder,
  FeedEntry,
  ListPage,
  ListQuery,
  OrderKey,
  OrderRecord,
  OrderStore,
  PurgeRequest,
  PurgeResult,
  StoreFeatures,
  SubscriptionStore,
  TransactionStore,
} from '../store.ts';
import {
  type BatchRow,
  batchColumns,
  commitQuery,
  duplicatesIn,
  independentParts,
  outcomesOf,
  statusesIn,
} from './commit.ts';
import { Connections } from './connections.ts';
import { isCollision, isLockTimeout, outcomeUnknown } from './failure.ts';
import { FeedReader, partitionCount } from './feed.ts';
import { Hints } from './hints.ts';
import { OrderLister } from './list.ts';
import { checkMigrated, migrate } from './migrations.ts';
import type { PostgresSettings } from './options.ts';
import { OrderReader } from './orders.ts';
import { Purger } from './purge.ts';
import { checkEncoding, warnOfSettings } from './settings.ts';
import { Statuses } from './statuses.ts';
import { subscriptionsOf } from './subscriptions.ts';
import { HostTransaction } from './transaction.ts';

/** More commits than this would make a statement of some megabytes. */
const mostAtOnce = 1000;
/** A commit that collides alone met a transaction that has ended since; so often, it is odd. */
const attemptsMax = 3;

/** The port, method by method. What each part does, its own file tells. */
export class PostgresStore implements OrderStore {
  readonly name = 'postgres';
  readonly features: StoreFeatures = {
    remote: true,
    durable: true,
    shared: true,
    transactions: true,
    partitions: partitionCount,
  };
  readonly subscriptions: Required<SubscriptionStore>;
  /** Left out when the engine is to follow its own clock. */
  readonly now?: () => Promise<Timestamp>;

  readonly #settings: PostgresSettings;
  readonly #connections: Connections;
  readonly #statuses: Statuses;
  readonly #orders: OrderReader;
  readonly #lister: OrderLister;
  readonly #feed: FeedReader;
  readonly #purger: Purger;
  readonly #hints: Hints;

  constructor(settings: PostgresSettings) {
    const { schema } = settings;
    const connections = new Connections(settings);
    const statuses = new Statuses(connections, schema);
    const ask: Connections['read'] = (query) => connections.read(query);
    this.#settings = settings;
    this.#connections = connections;
    this.#statuses = statuses;
    this.#orders = new OrderReader(ask, statuses, schema);
    this.#lister = new OrderLister(ask, statuses, schema);
    this.#feed = new FeedReader(connections, statuses, schema);
    this.#purger = new Purger(connections, schema);
    this.#hints = new Hints(connections, schema);
    this.subscriptions = subscriptionsOf(connections, this.#hints, schema);
    if (settings.time === 'database') this.now = () => this.#databaseNow();
  }

  async open(): Promise<void> {
    const { schema, migrate: migrates, warn } = this.#settings;
    this.#connections.open();
    try {
      await checkEncoding(this.#connections);
      if (migrates) await migrate(this.#connections, schema);
      else await checkMigrated(this.#connections, this.#settings);
      if (warn !== undefined) await warnOfSettings(this.#connections, warn);
    } catch (error) {
      await this.#connections.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#hints.close();
    await this.#connections.close();
  }

  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]> {
    return this.#orders.load(keys);
  }

  findByNumber(tenantId: string, number: string): Promise<string | undefined> {
    return this.#orders.findByNumber(tenantId, number);
  }

  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]> {
    return this.#orders.findCommands(identities);
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    await this.#statuses.learn(statusesIn(commits));
    return inTurn(independentParts(commits, mostAtOnce), (part) => this.#commitPart(part));
  }

  history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]> {
    return this.#orders.history(key, after, limit);
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#lister.list(query);
  }

  feed(partition: number, after: number, limit: number): Promise<readonly FeedEntry[]> {
    return this.#feed.read(partition, after, limit);
  }

  feedEnd(partition: number): Promise<number> {
    return this.#feed.end(partition);
  }

  feedPositionAt(partition: number, time: Timestamp): Promise<number> {
    return this.#feed.positionAt(partition, time);
  }

  due(now: Timestamp, limit: number): Promise<readonly DueOrder[]> {
    return this.#orders.due(now, limit);
  }

  nextDueAt(): Promise<Timestamp | undefined> {
    return this.#orders.nextDueAt();
  }

  archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]> {
    return this.#purger.archived(time, limit);
  }

  purge(request: PurgeRequest): Promise<PurgeResult> {
    return this.#purger.purge(request);
  }

  listen(onNews: () => void): Promise<() => Promise<void>> {
    return this.#hints.listen(onNews);
  }

  within(transaction: unknown): TransactionStore {
    return new HostTransaction(transaction, this.#statuses, this.#settings);
  }

  /** All of them at once; one by one when they collide with another transaction. */
  async #commitPart(part: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    try {
      return await this.#commitOnce(part);
    } catch (error) {
      if (!isOrderchartError(error) || !isCollision(error.cause)) throw error;
    }
    // The collision undid all of them. Singly, nobody pays for another's.
    return inTurn(part, (commit) => this.#commitSingly(commit));
  }

  async #commitSingly(commit: Commit): Promise<readonly CommitOutcome[]> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      try {
        return await this.#commitOnce([commit]);
      } catch (error) {
        if (!isOrderchartError(error) || !isCollision(error.cause)) throw error;
        // Who held it for so long holds it still; the others shall not wait for it once more.
        if (isLockTimeout(error.cause)) break;
      }
    }
    return [{ status: 'locked' }];
  }

  async #commitOnce(part: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    const [row] = await this.#connections.write<BatchRow>({
      name: 'commit',
      text: commitQuery(this.#settings.schema),
      values: batchColumns(part, this.#statuses, true),
    });
    const verdicts = row?.verdicts ?? '';
    if (verdicts.includes('0')) this.#hints.announce();
    try {
      const known = await this.#orders.findCommands(duplicatesIn(part, verdicts));
      return outcomesOf(part, verdicts, known);
    } catch (error) {
      // The others of the part are durable, so it must not be told that nothing was written.
      throw outcomeUnknown(error);
    }
  }

  async #databaseNow(): Promise<Timestamp> {
    const text = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now';
    const [row] = await this.#connections.read<{ readonly now: number | string }>({
      name: 'now',
      text,
      values: [],
    });
    return Number(row?.now);
  }
}

/**
 * The outcomes of several writes, one after another. When a later one fails the earlier ones are
 * durable, so the failure must not say that nothing was written.
 */
async function inTurn<Part>(
  parts: readonly Part[],
  write: (part: Part) => Promise<readonly CommitOutcome[]>,
): Promise<readonly CommitOutcome[]> {
  const outcomes: CommitOutcome[] = [];
  for (const [index, part] of parts.entries()) {
    try {
      outcomes.push(...(await write(part)));
    } catch (error) {
      throw index === 0 ? error : outcomeUnknown(error);
    }
  }
  return outcomes;
}
