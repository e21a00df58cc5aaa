import type { OrderEvent } from '../order/envelope.ts';
import type { Deadline, OrderStatus, StatusValue, Timestamp } from '../order/values.ts';
import type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  OrderKey,
  OrderRecord,
} from './records.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export type {
  CommandIdentity,
  CommandRecord,
  Commit,
  CommitOutcome,
  OrderKey,
  OrderRecord,
} from './records.ts';
export type {
  Checkpoint,
  JoinRequest,
  Lease,
  LeaseRequest,
  ParkedEvent,
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

  /** Connects and migrates. Refuses a schema newer than it knows (`storeSchemaTooNew`). */
  open(): Promise<void>;

  /** Finishes what is under way and lets go of every resource. Calling it again is harmless. */
  close(): Promise<void>;

  /** The present records of `keys`, in the order of `keys`; `undefined` for what is not there. */
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;

  /** The id of the tenant's order with this number for people. Exact match. */
  findByNumber(tenantId: string, number: string): Promise<string | undefined>;

  /** The stored answers to commands, in the order of `identities`. */
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
   * 1. `command` given and its identity known: `duplicate`, with the stored record.
   * 2. the stored version (0 when there is no order) differs from `expectedVersion`: `conflict`.
   * 3. a new order's number is taken within the tenant: `numberTaken`.
   * 4. else everything is written: `committed`.
   *
   * Where the order, its number or the command's identity is in the hands of a transaction that
   * has not ended, none of these can be told: `locked`, and nothing is written. A store may wait
   * for the other transaction first, but no longer than its neighbours can bear.
   *
   * Throws only when the whole batch failed; then nothing of it was written, unless the code is
   * `outcomeUnknown`.
   */
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;

  /** Events of one order with `version > after`, ascending, at most `limit`. Empty when unknown. */
  history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]>;

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
   */
  feed(partition: number, after: number, limit: number): Promise<readonly FeedEntry[]>;

  /** The last position of a partition; 0 when it is empty. */
  feedEnd(partition: number): Promise<number>;

  /** The first position recorded at or after `time`, less one: where a reader from then begins. */
  feedPositionAt(partition: number, time: Timestamp): Promise<number>;

  /** Orders whose earliest deadline is at or before `now`, earliest first, at most `limit`. */
  due(now: Timestamp, limit: number): Promise<readonly DueOrder[]>;

  /** The earliest deadline of all orders, so that a caller knows when to ask again. */
  nextDueAt(): Promise<Timestamp | undefined>;

  readonly subscriptions: SubscriptionStore;

  /**
   * The store's clock, in milliseconds since the Unix epoch. A store that several machines use
   * should have it: the engine then corrects the clock of its own machine by it, so that all
   * processes agree on leases, deadlines and recorded times. Left out by stores that have none.
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
   * nothing or never. Gives the function that ends it.
   */
  listen?(onNews: () => void): Promise<() => Promise<void>>;

  /** Orders archived before `time` and not changed since, those of longest ago first, at most `limit`. */
  archived(time: Timestamp, limit: number): Promise<readonly OrderKey[]>;

  /** Removes, at most `limit` of each kind, what is past its time. Returns what it removed. */
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
 */
export interface TransactionStore {
  load(keys: readonly OrderKey[]): Promise<readonly (OrderRecord | undefined)[]>;
  findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<readonly (CommandRecord | undefined)[]>;
  commit(commits: readonly Commit[]): Promise<readonly CommitOutcome[]>;
  history(key: OrderKey, after: number, limit: number): Promise<readonly OrderEvent[]>;
}

export interface ListQuery {
  readonly tenantId: string;
  /** Region to state; an order matches when every named region is in it: {@link matchesStatus}. */
  readonly status?: Readonly<Record<string, string>>;
  readonly customerId?: string;
  /** Exclusive: the page starts after this key. */
  readonly after?: ListPosition;
  readonly limit: number;
}

export interface ListPosition {
  readonly placedAt: Timestamp;
  readonly orderId: string;
}

export interface ListPage {
  readonly records: readonly OrderRecord[];
  /** Where the next page starts; `undefined` when this one reached the end. */
  readonly next: ListPosition | undefined;
}

export interface FeedEntry {
  readonly partition: number;
  readonly position: number;
  readonly event: OrderEvent;
}

export interface DueOrder extends OrderKey {
  /** Its earliest deadline. */
  readonly deadline: Deadline;
}

export interface PurgeRequest {
  /** Command records recorded before this go. */
  readonly commandsBefore?: Timestamp;
  /**
   * Orders archived before this, and not changed since, go with their events: what was reported of
   * one in the archive is as young as any other event. Feed positions stay as they are.
   */
  readonly archivedBefore?: Timestamp;
  /** Only these of them; all when left out. One that is not archived any more stays. */
  readonly orders?: readonly OrderKey[];
  readonly limit: number;
}

export interface PurgeResult {
  readonly commands: number;
  readonly orders: number;
}

/**
 * Tells whether every region of `wanted` is in the named state. A state that holds others counts
 * for all of them; one within it is named by its path: `{ review: 'open.waiting' }`.
 */
export function matchesStatus(
  status: OrderStatus,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(
    ([region, path]) => Object.hasOwn(status, region) && isInState(status[region], path),
  );
}

function isInState(value: StatusValue | undefined, path: string): boolean {
  if (typeof value !== 'object') return value === path;
  return Object.entries(value).some(
    ([name, inner]) =>
      name === path ||
      (path.startsWith(`${name}.`) && isInState(inner, path.slice(name.length + 1))),
  );
}
