import type { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Timestamp } from '../order/values.ts';
import type { StoreFeatures } from './features.ts';
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
  PurgeRequest,
  PurgeResult,
} from './records.ts';
import type { KnownHistory, SubscriptionStore } from './subscription-store.ts';
import type { TransactionStore } from './transaction-store.ts';

export type { StoreFeatures } from './features.ts';
export {
  type CommandIdentity,
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  type DueOrder,
  type DuePosition,
  type FeedEntry,
  isDecidedOn,
  type ListPage,
  type ListPosition,
  type ListQuery,
  matchesStatus,
  type OrderKey,
  type OrderRecord,
  type PurgeRequest,
  type PurgeResult,
} from './records.ts';
export type {
  Checkpoint,
  JoinRequest,
  KnownHistory,
  KnownLease,
  Lease,
  LeaseRequest,
  ParkedEvent,
  ParkedLanesQuery,
  ParkedOrder,
  SeenEvent,
  SubscriptionStore,
} from './subscription-store.ts';
export type { TransactionStore } from './transaction-store.ts';

/**
 * The port that every store adapter implements; the engine knows nothing else about a store.
 *
 * Rules for all methods:
 * - The engine has validated and normalized what it passes in: plain JSON, well-formed strings,
 *   safe integers, `tenantId` always present. An adapter passes values as parameters, never as
 *   part of the text of a statement.
 * - Objects passed in and returned are immutable: an adapter may keep them and must not change them.
 *   What is read equals what was written, whatever the strings hold (NUL, `__proto__`...).
 * - Names are the ids of tenants, orders, customers and events; order numbers; scopes and keys of
 *   commands; subscriptions and their owners; names of events, charts, regions, states and
 *   deadlines. A name has at most 255 UTF-16 code units, which is up to 765 bytes of UTF-8, and no
 *   control characters. Two names are equal only when all their code points are: case, accents,
 *   composed forms and blanks at the ends count. Names are sorted by code point, which is the byte
 *   order of UTF-8.
 * - All other text and JSON may hold any character, NUL included, and has no limit of length: an
 *   order, an event or an answer may take megabytes. An empty text is not `null`.
 * - Versions and partitions fit into 31 bits. Positions, epochs, attempts, counts, limits and the
 *   `after` of a page may be any integer up to 2^53 - 1. A {@link Timestamp} is any moment of a
 *   JavaScript `Date`, in milliseconds since the Unix epoch.
 * - A page has fewer items than its `limit` only when nothing more is there, because callers take a
 *   short page as the last one; only `list` says by `next` whether there are more. So an adapter has
 *   no page size of its own, in items or in bytes, beyond what it was asked for.
 * - A tenant never sees rows of another tenant and cannot tell whether they exist. Only `feed`,
 *   `due`, `archived` and `purge` cross tenants: they serve the engine itself.
 * - Failures throw `OrderchartError`: `storeUnavailable` when nothing was written, `outcomeUnknown`
 *   when that cannot be known, `storeCorrupt` when stored data is damaged, `storeClosed` before
 *   `open` and after `close`.
 * - The engine opens once, closes once, and calls nothing before or after.
 *
 * The conformance suite of `orderchart/testing` checks that an adapter keeps all of this.
 *
 * @example
 * storeConformance({
 *   runner: { describe, it },
 *   createStore: () => ({ store: createMyStore() }),
 *   features: { durable: true, shared: false, partitions: 1, transactions: false },
 * });
 */
export interface OrderStore {
  /** The kind of store, for logs, errors and summaries: `memory`, `sqlite`... */
  readonly name: string;
  /** What this store can do. Never changes. */
  readonly features: StoreFeatures;

  /**
   * Connects, and creates or migrates the schema. Several processes may open the same empty data at
   * once, and all of them succeed. Throws `storeSchemaTooNew` for a schema of a newer version.
   */
  open(): Promise<void>;

  /**
   * Waits for the calls under way, ends all listening, and frees every resource, so that nothing
   * keeps the process alive. May be called again at any time.
   */
  close(): Promise<void>;

  /** Returns the records of `keys`, in the order of `keys`; `undefined` for an unknown order. */
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;

  /** Returns the id of the tenant's order with exactly this number; `undefined` for none. */
  findByNumber(tenantId: string, number: string): Promise<string | undefined>;

  /**
   * Returns the stored answers to commands, in the order of `identities`; `undefined` for a command
   * that was never answered. An identity may be asked for twice.
   */
  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]>;

  /**
   * Writes a batch, and answers each commit, in the order of `commits`. Each commit is atomic: its
   * order, events, command record and feed rows appear together or not at all, and a refused one
   * does not affect the others. Commits of the same order in one batch apply one after the other.
   * When the promise resolves, every `committed` one is durable.
   *
   * Each commit is checked in this sequence:
   * 1. `command` is given and its identity is known: `duplicate`. The engine compares fingerprints.
   * 2. The stored version (0 for no order) differs from `expectedVersion`, or the stored revision
   *    (`null` for no order) from `expectedRevision`: `conflict`.
   * 3. The number of a new order is taken within the tenant: `numberTaken`.
   * 4. Otherwise everything is written: `committed`.
   *
   * A commit that is not `committed` leaves nothing behind: its number and its key stay free.
   * When an unfinished transaction holds the order, its number or the identity of the command, none
   * of this can be told: the answer is `locked`, and nothing is written. A store may wait for that
   * transaction first, but only briefly, because the other commits wait as well. The engine tries
   * again, so a store may also answer `locked` when it lost against another transaction without
   * knowing how (a deadlock, a serialization failure, a lock timeout), but never while no other
   * transaction is under way.
   *
   * Throws only when the whole batch failed: nothing was written, unless it is `outcomeUnknown`.
   *
   * @example
   * const [outcome] = await store.commit([
   *   { tenantId, orderId, expectedVersion: 0, expectedRevision: null, record, events, command },
   * ]);
   * if (outcome?.status === 'conflict') await decideAgain();
   */
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;

  /**
   * Returns the events of one order with `version > after`, ascending by version, at most `limit`;
   * none for an unknown order. Ids and times do not say the order of events, because clocks go back.
   *
   * @param maximumBytes Ends the page with the event whose `data` brings the total to this many bytes
   * or more, because each may take a megabyte. Measured in bytes of UTF-8 of `JSON.stringify`; a
   * store that keeps another form may be off by half. Unlimited by default. A page that reached
   * neither this nor `limit` is the last one for now.
   *
   * @example
   * const events = await store.history({ tenantId, orderId }, 0, 100);
   */
  history(
    key: OrderKey,
    after: number,
    limit: number,
    maximumBytes?: number,
  ): Promise<readonly OrderEvent[]>;

  /**
   * Returns a page of the tenant's orders, newest first: by `placedAt`, then by `orderId`, which
   * compare by code point, both descending. The sort key of an order never changes, so a caller that
   * follows `next` neither sees an order twice nor misses one that matched all the time, whatever is
   * written meanwhile.
   *
   * @example
   * let after: ListPosition | undefined;
   * do {
   *   const page = await store.list({ tenantId, limit: 100, ...(after && { after }) });
   *   after = page.next;
   * } while (after !== undefined);
   */
  list(query: ListQuery): Promise<ListPage>;

  /**
   * Returns the events of all orders in one partition with `position > after`, ascending, at most
   * `limit`. Positions start at 1, have no gaps within a partition, and become visible in order: a
   * reader that has seen position n never finds a new one below n. The events of one order stand in
   * one partition, in the order of their versions. Empty for a partition that does not exist.
   *
   * @param maximumBytes As for `history`.
   * @param known What the reader has from earlier pages. With `features.failover`, throws
   * `historyChanged` when it no longer holds: the history has another number; another event than
   * `known.eventId` stands at `after`; or nothing stands there and the partition ends before it. (A
   * purged event leaves nothing behind, but the end of the partition stays.)
   */
  feed(
    partition: number,
    after: number,
    limit: number,
    maximumBytes?: number,
    known?: KnownHistory,
  ): Promise<readonly FeedEntry[]>;

  /** Returns the last position of a partition; 0 when it is empty. */
  feedEnd(partition: number): Promise<number>;

  /**
   * Returns the position after which a reader finds every event recorded at or after `time`: the
   * first such position, less one.
   */
  feedPositionAt(partition: number, time: Timestamp): Promise<number>;

  /**
   * Returns the orders whose earliest deadline is at or before `now`, earliest first, then by tenant,
   * then by order; each of these compares by code point, on its own. At most `limit`, and fewer only
   * when these are all.
   *
   * An order whose deadlines cannot be read is returned all the same, with an empty name, because it
   * would hold up all others otherwise; `load` then says what is wrong with it.
   *
   * @param after Returns only orders behind this place, whether or not an order still has it, so that
   * a caller gets past deadlines that it cannot fire.
   */
  due(now: Timestamp, limit: number, after?: DuePosition): Promise<readonly DueOrder[]>;

  /**
   * Returns the earliest deadline of all orders, or the earliest one later than `after`, so that a
   * caller knows when to ask again; `undefined` for none.
   */
  nextDueAt(after?: Timestamp): Promise<Timestamp | undefined>;

  /** Leases, checkpoints and parked events. */
  readonly subscriptions: SubscriptionStore;

  /**
   * Returns the time of the store's clock at the moment of the call, not at the beginning of a
   * transaction; in UTC, whatever the time zone of the server or the session. A store that several
   * machines use should have one: the engine then corrects its own clock by it, so that all processes
   * agree on leases, deadlines and recorded times. Left out by a store without a clock. An adapter
   * takes all other times from its caller, never from a clock.
   */
  now?(): Promise<Timestamp>;

  /**
   * Returns the store as seen inside a host transaction. Present exactly when
   * `features.transactions` is true. Throws `invalidArgument` when `transaction` is not what clients
   * of this kind of database use.
   *
   * @param transaction What the host passed to `execute`: a client on which a transaction is open.
   *
   * @example
   * await client.query('BEGIN');
   * const [order] = (await store.within?.(client).load([{ tenantId, orderId }])) ?? [];
   */
  within?(transaction: unknown): TransactionStore;

  /**
   * Calls `onNews` when another process may have committed something or released a lease. It is only
   * a hint that saves a wait: it may come late, without reason, or never. Resolves when it listens or
   * has given up for now, without waiting for news, and reconnects by itself. Holds up no other call.
   *
   * Returns a function that ends it; once that has resolved, no news comes. Calling that function
   * again, or after `close`, does nothing.
   */
  listen?(onNews: () => void): Promise<() => Promise<void>>;

  /**
   * Returns the orders that were archived before `time` and have not changed since, those archived
   * longest ago first, at most `limit`.
   */
  archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]>;

  /**
   * Returns the number of the present history, which `acquire` returns as well. Raises it first
   * unless it is above `above` already. A number is never used again: the new one is the greater of
   * the old one plus one and the clock in milliseconds. Present exactly when `features.failover` is
   * true.
   */
  raiseHistory?(above: number): Promise<number>;

  /**
   * Calls `onChanged` with `historyChanged` when the store itself notices another history, for
   * example when a new connection leads to a server that was promoted. It is only a hint and may
   * never come, because the numbers are checked all the same; but it is the only way to tell an
   * engine that works on no partition. Returns a function that ends it and may be called again.
   */
  watchHistory?(onChanged: (error: OrderchartError) => void): () => void;

  /**
   * Removes expired command records and archived orders, at most `limit` of each, and returns how
   * many. The answers to an order's commands expire on their own and may outlive the order. An order
   * that another transaction is changing is left for the next call rather than waited for; if it goes
   * all the same, it goes before that transaction is told `committed`.
   */
  purge(request: PurgeRequest): Promise<PurgeResult>;
}
