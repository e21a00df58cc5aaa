import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  DueOrder,
  DuePosition,
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
} from '../store.ts';
import { storeClosed, toStoreError } from './failure.ts';
import type { SqliteSettings } from './options.ts';
import { closeSession, openSession, type Session } from './session.ts';

/**
 * The port. Every call runs synchronously, so no other call of this process can come between the
 * statements of a transaction.
 */
export class SqliteStore implements OrderStore {
  readonly name = 'sqlite';
  readonly features: StoreFeatures = {
    durable: true,
    shared: true,
    partitions: 1,
    transactions: false,
    failover: true,
  };
  readonly subscriptions: SubscriptionStore = {
    claimFilter: async (...what) => this.#use((session) => session.members.claimFilter(...what)),
    join: async (request) => this.#use((session) => session.members.join(request)),
    leave: async (subscription, owner) =>
      this.#use((session) => session.members.leave(subscription, owner)),
    rewind: async (subscription, partition, position) =>
      this.#use((session) => session.subscriptions.rewind(subscription, partition, position)),
    remove: async (subscription, now) =>
      this.#use((session) => session.members.remove(subscription, now)),
    acquire: async (request) => this.#use((session) => session.subscriptions.acquire(request)),
    renew: async (lease, now, durationMs) =>
      this.#use((session) => session.subscriptions.renew(lease, now, durationMs)),
    release: async (lease) => this.#use((session) => session.subscriptions.release(lease)),
    checkpoint: async (lease, position) =>
      this.#use((session) => session.subscriptions.checkpoint(lease, position)),
    checkpoints: async (subscription) =>
      this.#use((session) => session.subscriptions.checkpoints(subscription)),
    park: async (lease, entries) =>
      this.#use((session) => session.subscriptions.park(lease, entries)),
    parked: async (subscription, limit, lane, maximumBytes) =>
      this.#use((session) => session.subscriptions.parked(subscription, limit, lane, maximumBytes)),
    parkedLanes: async (query) => this.#use((session) => session.subscriptions.parkedLanes(query)),
    requeue: async (subscription, lane) =>
      this.#use((session) => session.subscriptions.requeue(subscription, lane)),
    unpark: async (lease, eventId) =>
      this.#use((session) => session.subscriptions.unpark(lease, eventId)),
    skip: async (subscription, eventId) =>
      this.#use((session) => session.subscriptions.skip(subscription, eventId)),
  };

  readonly #settings: SqliteSettings;
  #session: Session | undefined;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
  }

  async open(): Promise<void> {
    if (this.#session !== undefined) return;
    const { path, synchronous, warn } = this.#settings;
    if (synchronous === 'normal') {
      warn?.({
        name: 'sqliteSynchronousNormal',
        message: `The store at ${path} may lose its last commits in a power failure (synchronous: 'normal').`,
      });
    }
    try {
      this.#session = await openSession(this.#settings);
    } catch (error) {
      throw toStoreError(error, path);
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    try {
      closeSession(session);
    } catch (error) {
      throw toStoreError(error, this.#settings.path);
    }
  }

  async load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]> {
    return this.#use((session) => session.orders.load(keys));
  }

  async findByNumber(tenantId: string, number: string): Promise<string | undefined> {
    return this.#use((session) => session.orders.findByNumber(tenantId, number));
  }

  async findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]> {
    return this.#use((session) => session.orders.findCommands(identities));
  }

  async commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]> {
    return this.#use((session) => session.commits.write(commits));
  }

  async history(
    key: OrderKey,
    after: number,
    limit: number,
    maximumBytes?: number,
  ): Promise<readonly OrderEvent[]> {
    return this.#use((session) => session.orders.history(key, after, limit, maximumBytes));
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#use((session) => session.lister.list(query));
  }

  async feed(...what: Parameters<OrderStore['feed']>): Promise<readonly FeedEntry[]> {
    return this.#use((session) => session.feed.read(...what));
  }

  async raiseHistory(above: number): Promise<number> {
    return this.#use((session) => session.feed.raiseHistory(above));
  }

  async feedEnd(partition: number): Promise<number> {
    return this.#use((session) => session.feed.end(partition));
  }

  async feedPositionAt(partition: number, time: Timestamp): Promise<number> {
    return this.#use((session) => session.feed.positionAt(partition, time));
  }

  async due(now: Timestamp, limit: number, after?: DuePosition): Promise<readonly DueOrder[]> {
    return this.#use((session) => session.orders.due(now, limit, after));
  }

  async nextDueAt(after?: Timestamp): Promise<Timestamp | undefined> {
    return this.#use((session) => session.orders.nextDueAt(after));
  }

  async archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]> {
    return this.#use((session) => session.purger.archived(time, limit));
  }

  async purge(request: PurgeRequest): Promise<PurgeResult> {
    return this.#use((session) => session.purger.purge(request));
  }

  /** Runs `work` on the open file, after checking that it is still the one at its path. */
  #use<Result>(work: (session: Session) => Result): Result {
    const { path } = this.#settings;
    if (this.#session === undefined) throw storeClosed(path);
    try {
      this.#session.checkFileStands();
      return work(this.#session);
    } catch (error) {
      throw toStoreError(error, path);
    }
  }
}
