import type { OrderEvent } from '../order/envelope.ts';
import type { Timestamp } from '../order/values.ts';
import type { OrderKey } from './records.ts';

/**
 * The state of durable consumers. A lease gives one owner the right to move the checkpoint of a
 * partition of a subscription until it expires. Every new owner gets a higher epoch, and writes under
 * an older epoch are refused.
 *
 * With `features.failover`, every write under a lease (`renew`, `checkpoint`, `project`, `park`,
 * `unpark`) also names the history that its holder has seen: the number of the history, the latest
 * revision of the lease, the last event that it has read. If the store contradicts one of these (the
 * number differs, the stored revision is lower, another event is at that position, or none is and the
 * partition ends before it), nothing is written and `historyChanged` is thrown; likewise for a
 * position beyond the end of the partition. Each of these writes raises the revision of the lease,
 * and so does `acquire`, which takes the same from the owner's last lease, if it ever had one.
 */
export interface SubscriptionStore {
  /**
   * Makes `owner` a member of the subscription until `now + durationMs`, and returns all members at
   * `now`, this one included, by the time when they joined, then by owner, which compare by code
   * point: all processes must see the same order. An owner that expired before it joined again counts
   * as newly joined.
   *
   * @example
   * const owners = await store.subscriptions.join({ subscription, owner, now, durationMs: 10_000 });
   */
  join(request: JoinRequest): Promise<readonly string[]>;
  /**
   * Records which events a subscription takes, if nothing is recorded or the recorded filter equals
   * `replacing`. Returns the filter recorded afterwards. `remove` deletes it.
   *
   * @param filter The types of events, as text; opaque to the store.
   * @param replacing The filter that may be replaced. Default: none.
   */
  claimFilter(subscription: string, filter: string, replacing?: string): Promise<string>;
  /** Ends the membership of `owner`. Its leases stay as they are. */
  leave(subscription: string, owner: string): Promise<void>;
  /**
   * Takes the lease when it is free, expired at `now`, or held by `owner` already; `undefined`
   * otherwise. The first lease of a partition also records `startPosition` as its checkpoint. With
   * `features.failover`, throws `historyChanged` if the store contradicts `known`, even if another owner
   * has the lease; a lease that was never taken has revision 0.
   *
   * @example
   * const lease = await store.subscriptions.acquire({
   *   ...{ subscription, partition: 0, owner, now, durationMs: 10_000, startPosition: 0 },
   * });
   */
  acquire(request: LeaseRequest): Promise<Lease | undefined>;
  /**
   * Moves the end of the lease to `now + durationMs`, forward or back, and returns the new lease;
   * `undefined` when a later epoch exists. Only the epoch counts, here and in the methods below: an
   * expired lease that no other owner took can still be renewed.
   */
  renew(lease: Lease, now: Timestamp, durationMs: number): Promise<Lease | undefined>;
  /**
   * Releases the lease, so that the next owner need not wait for it to expire. Afterwards its epoch is
   * refused; the next owner gets the next one. Does nothing for an older epoch, even of the same owner.
   */
  release(lease: Lease): Promise<void>;
  /**
   * Sets the checkpoint, and returns the lease; `undefined`, and nothing is written, when a later
   * epoch exists.
   */
  checkpoint(lease: Lease, position: number): Promise<Lease | undefined>;
  /** Returns the checkpoints of a subscription, by partition; none for a partition without one. */
  checkpoints(subscription: string): Promise<readonly Checkpoint[]>;
  /**
   * Sets the checkpoint of a partition, forward or back, and creates it if necessary. The owner of the
   * lease loses it. Writes in progress under that lease (`checkpoint`, `park`, `project`) take effect
   * before this as a whole or not at all; this may wait for them.
   */
  rewind(subscription: string, partition: number, position: number): Promise<void>;
  /**
   * Removes everything of a subscription: members, filter, leases, checkpoints, parked events.
   * Returns false, and removes nothing, while it has a member or a held lease at `now`.
   */
  remove(subscription: string, now: Timestamp): Promise<boolean>;
  /**
   * Runs `work` in one transaction that holds the lease's row, and sets the checkpoint to the position
   * that `work` resolves to, in the same transaction. Returns the lease; `undefined`, and everything
   * is rolled back, when a later epoch exists. An error of `work` rolls back and is thrown on. Present
   * exactly when `features.transactions` is true.
   *
   * @param work Gets a transaction that `OrderStore.within` takes.
   *
   * @example
   * await store.subscriptions.project?.(lease, async (transaction) => {
   *   await updateReadModel(transaction as PoolClient, events);
   *   return events.at(-1)?.position ?? lease.position;
   * });
   */
  project?(
    lease: Lease,
    work: (transaction: unknown) => Promise<number>,
  ): Promise<Lease | undefined>;
  /**
   * Parks events of the lease's partition, all or none, and returns the lease; `undefined`, and
   * nothing is written, when a later epoch exists. Parking a parked event again replaces `error`,
   * `attempts`, `retryAt` and `parkedAt`, and keeps `requeues`.
   *
   * @param entries At least one.
   * @param transaction That of `project`, to park within it. Given only with `features.transactions`.
   */
  park(
    lease: Lease,
    entries: readonly ParkedEvent[],
    transaction?: unknown,
  ): Promise<Lease | undefined>;
  /**
   * Returns parked events of a subscription by tenant, order and version, at most `limit`; tenants and
   * orders compare by code point.
   *
   * @param lane Only the events of this order. Default: of all orders.
   * @param maximumBytes Ends the page with the event whose JSON brings the total to this many bytes or
   * more; the page has at least one event. Unlimited by default.
   */
  parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes?: number,
  ): Promise<readonly ParkedEvent[]>;
  /**
   * Returns the orders that have parked events, each with its first one, by tenant and order, at most
   * `query.limit`. Does not read the events themselves, because there may be thousands.
   */
  parkedLanes(query: ParkedLanesQuery): Promise<readonly ParkedOrder[]>;
  /**
   * Makes parked events ready to be tried again: sets `error` and `retryAt` to `null`, and adds one to
   * `requeues`. The owner of the lease tries them when it looks next. Returns the number of orders
   * with such an event.
   *
   * @param lane Only the events of this order. Default: of all orders.
   */
  requeue(subscription: string, lane?: OrderKey): Promise<number>;
  /**
   * Removes a parked event that was handled, and returns the lease; `undefined` when a later epoch
   * exists. An event that is not parked is ignored.
   *
   * @param transaction As for `park`.
   */
  unpark(lease: Lease, eventId: string, transaction?: unknown): Promise<Lease | undefined>;
  /** Removes one parked event, even without the lease. Returns false if it is not parked. */
  skip(subscription: string, eventId: string): Promise<boolean>;
}

/** A membership to begin or to extend. */
export interface JoinRequest {
  /** The subscription's name. */
  readonly subscription: string;
  /** The process that joins. */
  readonly owner: string;
  /** The time of the request, in milliseconds since the Unix epoch. */
  readonly now: Timestamp;
  /** How long the membership lasts, in milliseconds from `now`. */
  readonly durationMs: number;
  /**
   * Returns whether the owner still runs, however long ago it joined: for stores whose owners are all
   * in one process, and need not join again to remain members. `remove` calls it. Default: false.
   */
  readonly isRunning?: (() => boolean) | undefined;
}

/** A lease to take. */
export interface LeaseRequest {
  /** The subscription's name. */
  readonly subscription: string;
  /** The partition, from 0. */
  readonly partition: number;
  /** The process that wants it. */
  readonly owner: string;
  /** The time of the request, in milliseconds since the Unix epoch. */
  readonly now: Timestamp;
  /** How long the lease lasts, in milliseconds from `now`. */
  readonly durationMs: number;
  /** The position after which a subscription without a checkpoint begins. */
  readonly startPosition: number;
  /** The owner's last lease, as it knew it; `undefined` if it never had one. */
  readonly known?: KnownLease | undefined;
}

/** The part of a lease by which its holder detects another history. */
export type KnownLease = Pick<Lease, 'revision' | 'history' | 'seen'>;

/** The right to move the checkpoint of one partition of a subscription. */
export interface Lease {
  /** The subscription's name. */
  readonly subscription: string;
  /** The partition, from 0. */
  readonly partition: number;
  /** The process that holds it. */
  readonly owner: string;
  /**
   * Grows by one whenever the lease is taken, even by an owner whose own lease had expired; stays the
   * same when its holder takes it again in time.
   */
  readonly epoch: number;
  /** The checkpoint when the lease was taken. */
  readonly position: number;
  /** Grows with `acquire` and with every write under the lease. */
  readonly revision: number;
  /** The number of the history in which the lease was taken; 0 without `features.failover`. */
  readonly history: number;
  /** The last event that the holder has read; set by the engine. */
  readonly seen?: SeenEvent | undefined;
}

/** An event that was read, and its position. */
export interface SeenEvent {
  readonly position: number;
  readonly eventId: string;
}

/** The history that a reader of the feed has seen on earlier pages. */
export interface KnownHistory {
  /** The number of the history in which it read them. */
  readonly history: number;
  /** The event at the position after which it continues; `undefined` if it has read none yet. */
  readonly eventId: string | undefined;
}

/** The progress of a subscription in one partition. */
export interface Checkpoint {
  /** The partition, from 0. */
  readonly partition: number;
  /** The last position that was handled. */
  readonly position: number;
}

/** The query of `parkedLanes`. */
export interface ParkedLanesQuery {
  /** The subscription's name. */
  readonly subscription: string;
  /** Only events of this partition. Default: of all partitions. */
  readonly partition?: number | undefined;
  /** The page starts after this order, whether or not it still has parked events. */
  readonly after?: OrderKey | undefined;
  /** Orders on the page at most. */
  readonly limit: number;
}

/** An order with parked events. All other fields describe the first of them. */
export interface ParkedOrder
  extends OrderKey,
    Pick<ParkedEvent, 'partition' | 'error' | 'attempts' | 'retryAt' | 'requeues'> {
  /** The order's first parked event. */
  readonly eventId: string;
}

/**
 * An event that a handler refused permanently, that fails for now while others are handled, or that
 * waits behind another event of the same order.
 */
export interface ParkedEvent {
  /** The subscription whose handler failed. */
  readonly subscription: string;
  /** The partition of the event, from 0. */
  readonly partition: number;
  /** The event's position in the feed. */
  readonly position: number;
  /** The event. */
  readonly event: OrderEvent;
  /** Why, without secrets; `null` for an event that only waits behind another. */
  readonly error: string | null;
  /** How often the handler was called with it. */
  readonly attempts: number;
  /**
   * When it is tried again automatically; `null` for an event that was refused permanently, or that
   * waits behind another.
   */
  readonly retryAt: Timestamp | null;
  /** How often `requeue` was called for it; 0 for a new entry. */
  readonly requeues: number;
  /** When it was parked, in milliseconds since the Unix epoch. */
  readonly parkedAt: Timestamp;
}
