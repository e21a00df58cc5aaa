import type { OrderEvent } from '../order/envelope.ts';
import type { Deadline, JsonObject, OrderStatus, StatusValue, Timestamp } from '../order/values.ts';

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
}

export interface OrderKey {
  readonly tenantId: string;
  readonly orderId: string;
}

/** One order as stored. */
export interface OrderRecord extends OrderKey {
  readonly number: string | null;
  readonly customerId: string | null;
  /** The version of the last event. */
  readonly version: number;
  readonly status: OrderStatus;
  /** Sorted by `dueAt`; the first is what `due` looks at. */
  readonly deadlines: readonly Deadline[];
  /** Never changes after the first commit: `list` sorts by it. */
  readonly placedAt: Timestamp;
  readonly updatedAt: Timestamp;
  /** When it reached the archive, from which `purge` may take it; `null` before. */
  readonly archivedAt: Timestamp | null;
  /** The order itself; the store does not look inside. */
  readonly order: JsonObject;
}

/** Who may run once: `key` is the caller's, `scope` keeps callers apart. */
export interface CommandIdentity {
  readonly tenantId: string;
  readonly scope: string;
  readonly key: string;
}

/** The stored answer to a command. */
export interface CommandRecord extends CommandIdentity {
  readonly orderId: string;
  /** Hexadecimal SHA-256 of the command's canonical JSON. */
  readonly fingerprint: string;
  /** The outcome, given again to whoever repeats the command. */
  readonly outcome: JsonObject;
  readonly recordedAt: Timestamp;
}

/** One atomic unit of writing. */
export interface Commit extends OrderKey {
  /** The version this was decided on; 0 for an order that must not exist yet. */
  readonly expectedVersion: number;
  /** The order afterwards; `undefined` when only the command's answer is stored (a rejection). */
  readonly record: OrderRecord | undefined;
  /** New events, versions `expectedVersion + 1` and on; may be empty (a timer set anew). */
  readonly events: readonly OrderEvent[];
  readonly command: CommandRecord | undefined;
}

export type CommitOutcome =
  | { readonly status: 'committed' }
  | { readonly status: 'conflict' }
  | { readonly status: 'numberTaken' }
  | { readonly status: 'duplicate'; readonly record: CommandRecord };

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

/**
 * Where durable consumers keep their place. A lease gives one owner the right to move the
 * checkpoint of (subscription, partition) until it expires by the store's clock; every new
 * owner gets a higher epoch, and writes of an older epoch are refused.
 */
export interface SubscriptionStore {
  /**
   * Takes the lease when it is free, expired at `now`, or already `owner`'s. Else `undefined`.
   * The first lease of a partition also records `startPosition` as its checkpoint.
   */
  acquire(request: LeaseRequest): Promise<Lease | undefined>;
  /** Prolongs the lease; false when the epoch is no longer the latest. */
  renew(lease: Lease, now: Timestamp, durationMs: number): Promise<boolean>;
  /** Gives the lease back, so that the next owner need not wait. Its epoch is an old one then. */
  release(lease: Lease): Promise<void>;
  /** Sets the position, if the epoch is the latest; false (nothing written) when it is not. */
  checkpoint(lease: Lease, position: number): Promise<boolean>;
  /** The position of every partition of a subscription that has one. */
  checkpoints(subscription: string): Promise<readonly Checkpoint[]>;
  /**
   * Parks an event under the lease; false when the epoch is not the latest. Parking an event
   * that is parked already replaces its error and attempts.
   */
  park(lease: Lease, entry: ParkedEvent): Promise<boolean>;
  /** Parked events of a subscription by (tenant, order, version), at most `limit`. */
  parked(subscription: string, limit: number, lane?: OrderKey): Promise<readonly ParkedEvent[]>;
  /** The orders of this subscription that have a parked event. */
  parkedLanes(subscription: string): Promise<readonly OrderKey[]>;
  /** Removes one parked event; false when it was not there. */
  unpark(subscription: string, eventId: string): Promise<boolean>;
}

export interface LeaseRequest {
  readonly subscription: string;
  readonly partition: number;
  readonly owner: string;
  readonly now: Timestamp;
  readonly durationMs: number;
  /** Where a subscription that has no checkpoint yet begins (exclusive). */
  readonly startPosition: number;
}

export interface Lease {
  readonly subscription: string;
  readonly partition: number;
  readonly owner: string;
  /** Grows by one whenever the lease is taken; stays when its holder takes it again in time. */
  readonly epoch: number;
  /** The checkpoint when the lease was taken. */
  readonly position: number;
}

export interface Checkpoint {
  readonly partition: number;
  readonly position: number;
}

/** An event that a handler refused for good, or that waits behind one of the same order. */
export interface ParkedEvent {
  readonly subscription: string;
  readonly partition: number;
  readonly position: number;
  readonly event: OrderEvent;
  /** Why, without secrets; `null` for an event that only waits behind another. */
  readonly error: string | null;
  readonly attempts: number;
  readonly parkedAt: Timestamp;
}

export interface PurgeRequest {
  /** Command records recorded before this go. */
  readonly commandsBefore?: Timestamp;
  /** Orders archived before this go, with their events; feed positions stay as they are. */
  readonly archivedBefore?: Timestamp;
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
