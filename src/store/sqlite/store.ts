import type { OrderStore, StoreFeatures, SubscriptionStore } from '../store.ts';
import { storeClosed, toStoreError } from './failure.ts';
import type { SqliteSettings } from './options.ts';
import { closeSession, openSession, type Session } from './session.ts';

type Port = Required<OrderStore>;

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
    claimFilter: async (...what) => this.#use(({ members }) => members.claimFilter(...what)),
    join: async (request) => this.#use(({ members }) => members.join(request)),
    leave: async (...what) => this.#use(({ members }) => members.leave(...what)),
    remove: async (...what) => this.#use(({ members }) => members.remove(...what)),
    rewind: async (...what) => this.#use(({ subscriptions }) => subscriptions.rewind(...what)),
    acquire: async (request) => this.#use(({ subscriptions }) => subscriptions.acquire(request)),
    renew: async (...what) => this.#use(({ subscriptions }) => subscriptions.renew(...what)),
    release: async (lease) => this.#use(({ subscriptions }) => subscriptions.release(lease)),
    checkpoint: async (...what) =>
      this.#use(({ subscriptions }) => subscriptions.checkpoint(...what)),
    checkpoints: async (name) => this.#use(({ subscriptions }) => subscriptions.checkpoints(name)),
    park: async (lease, entries) =>
      this.#use(({ subscriptions }) => subscriptions.park(lease, entries)),
    parked: async (...what) => this.#use(({ subscriptions }) => subscriptions.parked(...what)),
    parkedLanes: async (query) =>
      this.#use(({ subscriptions }) => subscriptions.parkedLanes(query)),
    requeue: async (...what) => this.#use(({ subscriptions }) => subscriptions.requeue(...what)),
    unpark: async (lease, eventId) =>
      this.#use(({ subscriptions }) => subscriptions.unpark(lease, eventId)),
    skip: async (...what) => this.#use(({ subscriptions }) => subscriptions.skip(...what)),
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

  load: Port['load'] = async (keys) => this.#use(({ orders }) => orders.load(keys));
  findByNumber: Port['findByNumber'] = async (...what) =>
    this.#use(({ orders }) => orders.findByNumber(...what));
  findCommands: Port['findCommands'] = async (identities) =>
    this.#use(({ orders }) => orders.findCommands(identities));
  commit: Port['commit'] = async (batch) => this.#use(({ commits }) => commits.write(batch));
  history: Port['history'] = async (...what) => this.#use(({ orders }) => orders.history(...what));
  list: Port['list'] = async (query) => this.#use(({ lister }) => lister.list(query));
  feed: Port['feed'] = async (...what) => this.#use(({ feed }) => feed.read(...what));
  feedEnd: Port['feedEnd'] = async (partition) => this.#use(({ feed }) => feed.end(partition));
  feedPositionAt: Port['feedPositionAt'] = async (...what) =>
    this.#use(({ feed }) => feed.positionAt(...what));
  due: Port['due'] = async (...what) => this.#use(({ orders }) => orders.due(...what));
  nextDueAt: Port['nextDueAt'] = async (after) =>
    this.#use(({ orders }) => orders.nextDueAt(after));
  archived: Port['archived'] = async (...what) =>
    this.#use(({ purger }) => purger.archived(...what));
  purge: Port['purge'] = async (request) => this.#use(({ purger }) => purger.purge(request));
  raiseHistory: Port['raiseHistory'] = async (above) =>
    this.#use(({ feed }) => feed.raiseHistory(above));

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
