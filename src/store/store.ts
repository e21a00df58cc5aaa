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
 * - The engine has validated and normalized all arguments: plain JSON, well-formed strings, safe
 *   integers, `tenantId` always present. An adapter passes values as parameters, never as part of
 *   the text of a statement.
 * - Objects passed in and returned are immutable: an adapter may keep them and must not change them.
 *   Data is read back equal to the data written, whatever its strings (NUL, `__proto__`...).
 * - Names are the ids of tenants, orders, customers and events; order numbers; scopes and keys of
 *   commands; subscriptions and their owners; names of events, charts, regions, states and
 *   deadlines. A name has at most 255 UTF-16 code units, which is up to 765 bytes of UTF-8, and no
 *   control characters. Names are equal only if all their code points are: case, accents, composed
 *   forms and outer spaces count. They are sorted by code point, which is the byte order of UTF-8.
 * - All other text and JSON may contain any character, including NUL, and has no maximum length: an
 *   order, an event or an answer may take megabytes. An empty text is not `null`.
 * - Versions and partitions fit into 31 bits. Positions, epochs, attempts, counts, limits and the
 *   `after` of a page may be any integer up to 2^53 - 1. A {@link Timestamp} is any moment of a
 *   JavaScript `Date`, in milliseconds since the Unix epoch.
 * - A page has fewer items than its `limit` only if there are no more, because callers treat a short
 *   page as the last one; only `list` has `next` to say whether there are more. So an adapter must
 *   not limit pages, in items or bytes, beyond what the caller requested.
 * - A tenant never sees rows of another tenant and cannot tell whether they exist. Only `feed`,
 *   `due`, `archived` and `purge` cross tenants: they serve the engine itself.
 * - Failures throw `OrderchartError`: `storeUnavailable` when nothing was written, `outcomeUnknown`
 *   when that cannot be known, `storeCorrupt` when stored data is damaged, `storeClosed` before
 *   `open` and after `close`.
 * - The engine opens once, closes once, and calls nothing before or after.
 *
 * The conformance suite of `orderchart/testing` checks all of this.
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
   * the same time, and all succeed. Throws `storeSchemaTooNew` for a schema of a newer version.
   */
  open(): Promise<void>;

  /**
   * Waits for calls in progress, ends all listening, and frees every resource, so that nothing keeps
   * the process alive. May be called again at any time.
   */
  close(): Promise<void>;

  /** Returns the records of `keys`, in the order of `keys`; `undefined` for an unknown order. */
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;

  /** Returns the id of the tenant's order with exactly this number; `undefined` for none. */
  findByNumber(tenantId: string, number: string): Promise<string | undefined>;

  /**
   * Returns the stored answers to commands, in the order of `identities`; `undefined` for a command
   * that was never answered. An identity may be requested twice.
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
   * A commit that is not `committed` leaves nothing behind: its number and its key stay free. If an
   * open transaction has locked the order, its number or the identity of the command, the outcome is
   * unknown yet: the answer is `locked`, and nothing is written. A store may wait briefly for that
   * transaction, but the other commits wait with it. The engine tries again, so a store may also
   * answer `locked` when it lost against another transaction in an unknown way (a deadlock, a
   * serialization failure, a lock timeout), but never if no other transaction is open.
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
   * none for an unknown order. Do not sort by ids or times, because clocks can go back.
   *
   * @param maximumBytes Ends the page with the event whose `data` brings the total to this many bytes
   * or more, because each may take a megabyte. Measured in UTF-8 bytes of `JSON.stringify`; a store
   * that keeps another form may be off by half. Default: unlimited. A page that reached neither this
   * nor `limit` is currently the last one.
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
   * follows `next` sees every order that matched throughout exactly once, despite concurrent writes.
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
   * reader that has seen position n never finds a new one below n. The events of one order are in
   * one partition, in the order of their versions. Empty for a partition that does not exist.
   *
   * @param maximumBytes As for `history`.
   * @param known The history that the reader has seen. With `features.failover`, throws
   * `historyChanged` if the store has another: its number differs; the event at `after` is not
   * `known.eventId`; or there is none, and the partition ends before `after`. (A purge removes
   * events, but does not move the end of the partition.)
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
   * Returns the position before the first event recorded at or after `time`; the end for none.
   */
  feedPositionAt(partition: number, time: Timestamp): Promise<number>;

  /**
   * Returns the orders whose earliest deadline is at or before `now`, earliest first, then by tenant,
   * then by order, each compared by code point separately. At most `limit`, and fewer only if there
   * are no more.
   *
   * An order whose deadlines cannot be read is also returned, with an empty name, because an error
   * here would block all other orders; `load` then reports the damage.
   *
   * @param after Returns only orders after this place, even if no order is at it any more, so that a
   * caller can skip deadlines that it cannot fire.
   */
  due(now: Timestamp, limit: number, after?: DuePosition): Promise<readonly DueOrder[]>;

  /**
   * Returns the earliest deadline of all orders, or the earliest one later than `after`, so that a
   * caller knows when to call `due` again; `undefined` for none.
   */
  nextDueAt(after?: Timestamp): Promise<Timestamp | undefined>;

  /** Leases, checkpoints and parked events. */
  readonly subscriptions: SubscriptionStore;

  /**
   * Returns the time of the store's clock at the time of the call, not at the start of a transaction;
   * in UTC, whatever the time zone of the server or the session. A store that several machines use
   * should have it: the engine then corrects its own clock by it, so that all processes agree on
   * leases, deadlines and recorded times. Omitted by a store without a clock. All other times come
   * from the caller; an adapter never reads a clock.
   */
  now?(): Promise<Timestamp>;

  /**
   * Returns the store as seen inside a host transaction. Present exactly when
   * `features.transactions` is true. Throws `invalidArgument` if `transaction` is not a client of this
   * kind of database.
   *
   * @param transaction The `context.transaction` of `execute`: a client with an open transaction.
   *
   * @example
   * await client.query('BEGIN');
   * const [order] = (await store.within?.(client).load([{ tenantId, orderId }])) ?? [];
   */
  within?(transaction: unknown): TransactionStore;

  /**
   * Calls `onNews` when another process may have committed something or released a lease. It is only
   * a hint that saves a wait: it may come late, without reason, or never. Resolves when it listens, or
   * when that failed for now; it reconnects by itself. It must not block other calls.
   *
   * Returns a function that ends it. Once that has resolved, `onNews` is not called. Calling the
   * function again, or after `close`, does nothing.
   */
  listen?(onNews: () => void): Promise<() => Promise<void>>;

  /**
   * Returns the orders that were archived before `time` and have not changed since, those archived
   * longest ago first, at most `limit`.
   */
  archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]>;

  /**
   * Returns the number of the current history, as `acquire` does. Raises it first unless it exceeds
   * `above`. Never reuses a number: the new one exceeds the old one and `above`, and in a durable
   * store is at least the clock in milliseconds. Present exactly when `features.failover` is true.
   */
  raiseHistory?(above: number): Promise<number>;

  /**
   * Calls `onChanged` with `historyChanged` when the store itself detects another history, for
   * example when a new connection leads to a promoted server. It is only a hint and may never come,
   * because calls check the history anyway; but it is the only way to inform an engine that works on
   * no partition. Returns a function that ends it and may be called again.
   */
  watchHistory?(onChanged: (error: OrderchartError) => void): () => void;

  /**
   * Removes expired command records and archived orders, at most `limit` of each, and returns how
   * many. The answers to an order's commands expire separately and may outlive the order. Skips an
   * order that another transaction is changing, rather than wait; if it is removed nevertheless, that
   * happens before the transaction is answered `committed`.
   */
  purge(request: PurgeRequest): Promise<PurgeResult>;
}
