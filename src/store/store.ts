import type { OrderchartError } from '../errors.ts';
import type { OrderEvent } from '../order/envelope.ts';
import type { Timestamp } from '../order/values.ts';
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

/**
 * The port that every store adapter implements. It is all that the engine knows of a store.
 *
 * Rules for all methods:
 * - The engine has validated and normalised what it passes in: plain JSON, well-formed strings,
 *   safe integers, `tenantId` always present. An adapter passes values on as parameters, never
 *   as parts of a statement.
 * - Objects given and returned are immutable; an adapter may keep them and must not change them.
 *   What comes back is equal to what went in, whatever the strings hold (NUL, `__proto__`...).
 * - Names are the ids of tenants, orders, customers and events; numbers for people; scopes and keys
 *   of commands; subscriptions and their owners; names of events, charts, regions, states and
 *   deadlines. A name has up to 255 UTF-16 code units, which is up to 765 bytes in UTF-8, and no
 *   control characters. Two names are the same only when all their code points are: case, accents,
 *   composed forms and blanks at the ends count. Where names are sorted, they are sorted by code
 *   point, which is the byte order of UTF-8.
 * - All other text and JSON may hold any character, NUL too, and has no length of its own: an order,
 *   an event or an answer may have megabytes. An empty text is not `null`.
 * - Versions and partitions fit in 31 bits. Positions, epochs, attempts, counts, limits and the
 *   `after` of a page may be any whole number up to 2^53 - 1, and times any moment of a JavaScript
 *   `Date`, by the millisecond.
 * - A page has fewer items than its `limit` only where nothing more is there: callers take a short
 *   page for the last one, except that of `list`, which says by `next` whether there are more. So
 *   an adapter has no greatest page of its own, in items or in bytes beyond those it was asked for.
 * - A tenant never sees rows of another tenant, and cannot tell whether they exist. Only `feed`,
 *   `due` and `purge` cross tenants: they serve the engine itself.
 * - Infrastructure failures throw `OrderchartError`: `storeUnavailable` when nothing was written,
 *   `outcomeUnknown` when that cannot be known, `storeCorrupt` when stored data is damaged,
 *   `storeClosed` after `close`.
 * - The engine opens once, closes once, and calls nothing before or after.
 *
 * `orderchart/testing` has the conformance suite that tells whether an adapter keeps all this.
 */
export interface OrderStore {
  /** For logs, errors and summaries: `memory`, `sqlite`... */
  readonly name: string;
  readonly features: StoreFeatures;

  /**
   * Connects and migrates. Refuses a schema newer than it knows (`storeSchemaTooNew`). Several
   * processes may open the same empty data at once, and all of them succeed.
   */
  open(): Promise<void>;

  /**
   * Finishes what is under way, ends what listens, and lets go of every resource: nothing of it keeps
   * the process alive. Calling it again is harmless, also meanwhile.
   */
  close(): Promise<void>;

  /** The present records of `keys`, in the order of `keys`; `undefined` for what is not there. */
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;

  /** The id of the tenant's order with this number for people. Exact match. */
  findByNumber(tenantId: string, number: string): Promise<string | undefined>;

  /** The stored answers to commands, in the order of `identities`; one may stand there twice. */
  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]>;

  /**
   * Writes a batch and answers each commit, in the order of `commits`. Each commit is atomic by
   * itself: its order, events, command record and feed rows appear together or not at all, and
   * a refused one leaves its neighbours alone. Commits of the same order in one batch apply one
   * after the other. When the promise resolves, everything it calls `committed` is durable.
   *
   * For each commit, in this sequence:
   * 1. `command` given and its identity known: `duplicate`; the engine compares the fingerprints.
   * 2. the stored version (0 when there is no order) differs from `expectedVersion`, or the stored
   *    revision (`null` when there is no order) from `expectedRevision`: `conflict`.
   * 3. a new order's number is taken within the tenant: `numberTaken`.
   * 4. else everything is written: `committed`.
   *
   * What is not `committed` leaves nothing behind: its number and its key are free for others.
   * Where the order, its number or the command's identity is in the hands of a transaction that
   * has not ended, none of these can be told: `locked`, and nothing is written. A store may wait
   * for the other transaction first, but no longer than its neighbours can bear. The engine tries
   * again, so a store may also answer `locked` where it lost against another transaction and cannot
   * tell how (a deadlock, a conflict of serialization, a time limit on a lock); never while no other
   * transaction is under way.
   *
   * Throws only when the whole batch failed: nothing was written, unless it is `outcomeUnknown`.
   */
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;

  /**
   * Events of one order with `version > after`, ascending by version, at most `limit`; their ids and
   * times say nothing of their order, because clocks go back. Empty when unknown.
   *
   * @param maximumBytes Ends the page with the event whose `data` take it to this length or beyond:
   * events may be a megabyte each. Measured as `JSON.stringify` writes them, in bytes of UTF-8; a
   * store that keeps them in another form may be off by half. No bound when left out. A page that
   * reached neither this nor `limit` is the last one for now.
   */
  history(
    key: OrderKey,
    after: number,
    limit: number,
    maximumBytes?: number,
  ): Promise<readonly OrderEvent[]>;

  /**
   * A page of the tenant's orders by `placedAt`, then `orderId`, both descending (newest first);
   * ids compare by Unicode code point, which is the byte order of UTF-8.
   * The sort key never changes, so following cursors neither repeats an order nor skips one that
   * matched all the while, whatever is written meanwhile.
   */
  list(query: ListQuery): Promise<ListPage>;

  /**
   * Events of all orders in one partition with `position > after`, ascending, at most `limit`.
   * Positions are dense within a partition, start at 1, and become visible in their own order:
   * a reader that has seen position n never finds a new one below n. Events of one order stand
   * in one partition, in the order of their versions.
   *
   * @param maximumBytes As for `history`.
   * @param known What the reader has from earlier pages. With `features.failover`, throws
   * `historyChanged` when it is not so any more: the history has another number; the event at
   * `after` is another one than `known.eventId`; or nothing is at `after`, and the partition does
   * not reach as far. (An event that was purged leaves nothing behind, but the end stays.)
   */
  feed(
    partition: number,
    after: number,
    limit: number,
    maximumBytes?: number,
    known?: KnownHistory,
  ): Promise<readonly FeedEntry[]>;

  /** The last position of a partition; 0 when it is empty. */
  feedEnd(partition: number): Promise<number>;

  /** The first position recorded at or after `time`, less one: where a reader from then begins. */
  feedPositionAt(partition: number, time: Timestamp): Promise<number>;

  /**
   * Orders whose earliest deadline is at or before `now`, earliest first, then by tenant, then by
   * order, which compare by Unicode code point, one after the other and not as one text; at most
   * `limit`, and fewer only where these are all. With `after`, only those that stand behind it in that order, whether or not it is still
   * the place of an order: so a caller goes past deadlines that it cannot fire.
   *
   * An order whose deadlines cannot be read is among them all the same, with an empty name, or it
   * would hold up all others; `load` says what is wrong with it.
   */
  due(now: Timestamp, limit: number, after?: DuePosition): Promise<readonly DueOrder[]>;

  /**
   * The earliest deadline of all orders, so that a caller knows when to ask again; of those that
   * come later than `after` when it is given.
   */
  nextDueAt(after?: Timestamp): Promise<Timestamp | undefined>;

  readonly subscriptions: SubscriptionStore;

  /**
   * The store's clock, in whole milliseconds since the Unix epoch, UTC whatever the time zone of
   * the server or the session: the time when it is asked, not when a transaction began. A store
   * that several machines use should have it: the engine then corrects the clock of its own machine
   * by it, so that all processes agree on leases, deadlines and recorded times. Left out by stores
   * that have none. All other times are given by the caller; an adapter takes none from a clock.
   */
  now?(): Promise<Timestamp>;

  /**
   * The store as it is inside a transaction of the host's. There exactly when
   * `features.transactions` says so. Throws `invalidArgument` when `transaction` is not what this
   * store's kind of database gives its clients.
   *
   * @param transaction What the host passed to `execute`: a client on which a transaction is open.
   */
  within?(transaction: unknown): TransactionStore;

  /**
   * Calls `onNews` when another process may have committed something, or given the place of a
   * subscription back. A hint that spares others a wait and no more: it may come late, for
   * nothing or never. Settles when it listens, or when it has given up for now, without waiting for
   * any news, and takes up what broke by itself. Gives the function that ends it: once that has
   * settled, no news come. Ending it again, or after `close`, is harmless. Who listens holds up no
   * other call.
   */
  listen?(onNews: () => void): Promise<() => Promise<void>>;

  /** Orders archived before `time` and not changed since, those of longest ago first, at most `limit`. */
  archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]>;

  /**
   * Gives the number of the present history, which `acquire` tells; raises it first when it is not
   * above `above`, and else changes nothing. Numbers of histories never come again: take the greater of one more and the
   * milliseconds of the clock. There exactly when `features.failover` says so.
   */
  raiseHistory?(above: number): Promise<number>;

  /**
   * Calls `onChanged` with `historyChanged` when the store notices by itself that its history is
   * another one: a new connection led to a server that was promoted, say. A hint: it may never come,
   * and the numbers are checked all the same; but it tells an engine that works on no partition,
   * which no number would tell. Gives the function that ends it; ending it again is harmless.
   */
  watchHistory?(onChanged: (error: OrderchartError) => void): () => void;

  /**
   * Removes, at most `limit` commands and as many orders, what is past its time. Returns what it removed. An order
   * that another transaction is changing stays, or goes before that transaction is told `committed`;
   * it is left for the next time rather than waited for. The answers to an order's commands have a
   * time of their own, and outlive it.
   */
  purge(request: PurgeRequest): Promise<PurgeResult>;
}

/** What a store can do; the conformance suite picks its cases by these. */
export interface StoreFeatures {
  /** Data outlives the process. */
  readonly durable: boolean;
  /** Several processes may use the same data at once. */
  readonly shared: boolean;
  /** How many partitions the feed has, numbered from 0. */
  readonly partitions: number;
  /** Commands may be executed inside a transaction of the host's: `within` and `project` work. */
  readonly transactions: boolean;
  /**
   * Notices that what it told earlier is not so any more: a backup was put back under running
   * engines, or a standby took over that did not have everything. Then `feed`, and the writes of
   * {@link SubscriptionStore} that name a lease, throw `historyChanged`. False when left out: the
   * engine warns when it starts.
   */
  readonly failover?: boolean | undefined;
  /**
   * Somebody else does the writing, a server: it works while the engine goes on. The engine then
   * sends the next batch before it gives the answers of the last one. False when left out.
   */
  readonly remote?: boolean | undefined;
}

/**
 * What the engine needs of a store to execute a command inside a transaction of the host's. Each
 * method means what it means in {@link OrderStore}, but sees what the transaction sees: its own
 * writes and what was committed. Nothing is durable, or visible to others, until the host
 * commits; nothing is left when it rolls back. Events get their places in the feed once the host
 * has committed. An answer other than `committed` leaves the transaction usable.
 *
 * The isolation level is the host's choice. At `READ COMMITTED` an order that was changed since the
 * transaction read it is a `conflict`; at a level that cannot tell, `locked` is allowed too, or the
 * host's own commit fails. At none of them is the other change overwritten. What `commit` has
 * answered with `committed` is locked for everybody else until the transaction ends: they are told
 * `locked`, and none of them waits for longer than its neighbours can bear. A host that passes a
 * transaction which has ended, or failed, gets `invalidArgument`, and nothing is written, not even
 * by itself. The store neither commits nor rolls back what the host has begun, and changes none of
 * its settings beyond the call.
 */
export interface TransactionStore {
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;
  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]>;
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;
  history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]>;
}
