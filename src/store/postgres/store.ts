import { isOrderchartError } from '../../errors.ts';
import type { Timestamp } from '../../order/values.ts';
import type { Integer } from '../sql/codec.ts';
import type {
  Commit,
  CommitOutcome,
  OrderStore,
  StoreFeatures,
  SubscriptionStore,
  TransactionStore,
} from '../store.ts';
import { Calls } from './calls.ts';
import {
  type BatchRow,
  commitQuery,
  duplicatesIn,
  independentParts,
  judgedPart,
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

/** How often a single commit is tried: each collision is with a transaction that has ended since. */
const attemptsMax = 3;

type Port = Required<OrderStore>;

/** The port. Each part is in a file of its own. */
export class PostgresStore implements OrderStore {
  readonly name = 'postgres';
  readonly features: StoreFeatures = {
    remote: true,
    durable: true,
    shared: true,
    transactions: true,
    partitions: partitionCount,
    failover: true,
  };
  readonly subscriptions: Required<SubscriptionStore>;
  /** Left out when the engine follows its own clock. */
  readonly now?: Port['now'];

  readonly #settings: PostgresSettings;
  readonly #connections: Connections;
  readonly #calls = new Calls();
  readonly #statuses: Statuses;
  readonly #orders: OrderReader;
  readonly #lister: OrderLister;
  readonly #feed: FeedReader;
  readonly #purger: Purger;
  readonly #hints: Hints;

  constructor(settings: PostgresSettings) {
    const { schema } = settings;
    const connections = new Connections(settings);
    const statuses = new Statuses(schema);
    const ask: Connections['read'] = (query) => connections.read(query);
    this.#settings = settings;
    this.#connections = connections;
    this.#statuses = statuses;
    this.#orders = new OrderReader(ask, statuses, schema);
    this.#lister = new OrderLister(ask, statuses, schema);
    this.#feed = new FeedReader(connections, statuses, schema);
    this.#purger = new Purger(connections, schema);
    this.#hints = new Hints(connections, schema);
    this.subscriptions = subscriptionsOf(connections, this.#hints, schema, this.#calls);
    if (settings.time === 'database') this.now = () => this.#calls.run(() => this.#databaseNow());
  }

  async open(): Promise<void> {
    const { schema, migrate: migrates, warn } = this.#settings;
    this.#connections.open();
    try {
      await checkEncoding(this.#connections);
      if (migrates) await migrate(this.#connections, schema);
      else await checkMigrated(this.#connections, this.#settings);
      if (warn !== undefined) await warnOfSettings(this.#connections, warn);
      this.#calls.open();
    } catch (error) {
      await this.#connections.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#calls.close();
    this.#hints.close();
    await this.#connections.close();
  }

  load: Port['load'] = (keys) => this.#calls.run(() => this.#orders.load(keys));
  findByNumber: Port['findByNumber'] = (tenantId, number) =>
    this.#calls.run(() => this.#orders.findByNumber(tenantId, number));
  findCommands: Port['findCommands'] = (identities) =>
    this.#calls.run(() => this.#orders.findCommands(identities));
  commit: Port['commit'] = (commits) =>
    this.#calls.run(() => inTurn(independentParts(commits), (part) => this.#commitPart(part)));
  history: Port['history'] = (...what) => this.#calls.run(() => this.#orders.history(...what));
  list: Port['list'] = (query) => this.#calls.run(() => this.#lister.list(query));
  feed: Port['feed'] = (...what) => this.#calls.run(() => this.#feed.read(...what));
  feedEnd: Port['feedEnd'] = (partition) => this.#calls.run(() => this.#feed.end(partition));
  feedPositionAt: Port['feedPositionAt'] = (partition, time) =>
    this.#calls.run(() => this.#feed.positionAt(partition, time));
  due: Port['due'] = (...what) => this.#calls.run(() => this.#orders.due(...what));
  nextDueAt: Port['nextDueAt'] = (after) => this.#calls.run(() => this.#orders.nextDueAt(after));
  archived: Port['archived'] = (time, limit) =>
    this.#calls.run(() => this.#purger.archived(time, limit));
  purge: Port['purge'] = (request) => this.#calls.run(() => this.#purger.purge(request));
  raiseHistory: Port['raiseHistory'] = (above) =>
    this.#calls.run(() => this.#feed.raiseHistory(above));
  watchHistory: Port['watchHistory'] = (onChanged) => this.#connections.watchHistory(onChanged);
  listen: Port['listen'] = (onNews) => this.#hints.listen(onNews);

  within(transaction: unknown): TransactionStore {
    const { schema, lockTimeoutMs } = this.#settings;
    const parts = { connections: this.#connections, statuses: this.#statuses };
    return new HostTransaction(transaction, { ...parts, schema, lockTimeoutMs });
  }

  /** Writes a part together, or one commit after the other if it collides with another transaction. */
  async #commitPart(part: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    try {
      return await this.#commitOnce(part);
    } catch (error) {
      if (!isOrderchartError(error) || !isCollision(error.cause)) throw error;
    }
    // The collision rolled back all of them. Retry one by one, so that only colliding commits fail.
    return inTurn(part, (commit) => this.#commitSingly(commit));
  }

  async #commitSingly(commit: Commit): Promise<readonly CommitOutcome[]> {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      try {
        return await this.#commitOnce([commit]);
      } catch (error) {
        if (!isOrderchartError(error) || !isCollision(error.cause)) throw error;
        // The lock is probably still held; the other commits must not wait for it again.
        if (isLockTimeout(error.cause)) break;
      }
    }
    return [{ status: 'locked' }];
  }

  async #commitOnce(part: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    const text = commitQuery(this.#settings.schema);
    const verdicts = await judgedPart(part, this.#statuses, true, (values) =>
      this.#connections.write<BatchRow>({ name: 'commit', text, values }),
    );
    this.#statuses.stored(statusesIn(part));
    if (verdicts.includes('0')) this.#hints.announce();
    try {
      const known = await this.#orders.findCommands(duplicatesIn(part, verdicts));
      return outcomesOf(part, verdicts, known);
    } catch (error) {
      // Other commits of the part are durable, so the error must not say that nothing was written.
      throw outcomeUnknown(error);
    }
  }

  async #databaseNow(): Promise<Timestamp> {
    const text =
      'SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000)::bigint AS now';
    const [row] = await this.#connections.read<{ readonly now: Integer }>({
      name: 'now',
      text,
      values: [],
    });
    return Number(row?.now);
  }
}

/**
 * Writes parts one after another. When a later one fails, the earlier ones are durable, so the error
 * must not say that nothing was written.
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
