import type { OrderEvent } from '../order/envelope.ts';
import type { Timestamp } from '../order/values.ts';
import type { OrderKey } from './records.ts';

/**
 * Where durable consumers keep their place. A lease gives one owner the right to move the
 * checkpoint of (subscription, partition) until it expires by the store's clock; every new
 * owner gets a higher epoch, and writes of an older epoch are refused.
 *
 * With `features.failover`, whoever writes under a lease (`renew`, `checkpoint`, `project`, `park`,
 * `unpark`) also says what it knows: the number of the history, the revision of the lease that it
 * was told last, the last event that it has read. When one of them is not so any more (the number
 * is another one, the revision is below, another event stands at that position, or nothing does and
 * the partition does not reach as far), nothing is written and `historyChanged` is thrown. A
 * position that is to be written must not be beyond the end of the partition either. Each of these
 * writes raises the revision of the lease, and so does `acquire`. Whoever acquires says what it knows
 * of the time when it had the lease last, or nothing when it never had it.
 */
export interface SubscriptionStore {
  /**
   * Says that `owner` takes part in the subscription until `now + durationMs`, and gives all who
   * take part at `now`, this one included, in the order in which they joined, then by owner, which
   * compare by Unicode code point: all processes must see the same order. An
   * owner whose time ran out before it joined again has joined anew.
   */
  join(request: JoinRequest): Promise<readonly string[]>;
  /**
   * Records which events a subscription takes, when nothing is recorded of it, or when what is
   * recorded equals `replacing`; where nothing is recorded, `replacing` does not matter. Gives what is recorded then. `remove` forgets it.
   */
  claimFilter(subscription: string, filter: string, replacing?: string): Promise<string>;
  /** The owner takes part no longer. Its leases stay as they are. */
  leave(subscription: string, owner: string): Promise<void>;
  /**
   * Takes the lease when it is free, expired at `now`, or already `owner`'s. Else `undefined`.
   * The first lease of a partition also records `startPosition` as its checkpoint. With
   * `features.failover`, throws `historyChanged`, whoever has the lease, when `known` is not so any
   * more; a lease that has no row at all has revision 0.
   */
  acquire(request: LeaseRequest): Promise<Lease | undefined>;
  /**
   * Lets the lease end at `now + durationMs`, whenever it would have ended, and gives it as it is
   * then; `undefined` when the epoch is not the latest.
   * Only the epoch counts: a lease that ran out and that nobody took since is prolonged as well. So
   * it is with all that follows.
   */
  renew(lease: Lease, now: Timestamp, durationMs: number): Promise<Lease | undefined>;
  /**
   * Gives the lease back, so that the next owner need not wait. Its epoch is an old one then, but
   * is not raised: the next owner gets the next one. An old epoch gives nothing back, not even one
   * of the same owner.
   */
  release(lease: Lease): Promise<void>;
  /** Sets the position, and gives the lease; `undefined` (nothing written) when the epoch is old. */
  checkpoint(lease: Lease, position: number): Promise<Lease | undefined>;
  /** The position of every partition of a subscription that has one. */
  checkpoints(subscription: string): Promise<readonly Checkpoint[]>;
  /**
   * Sets the checkpoint, forwards or back, and makes it when there is none. Whoever has the lease
   * loses it: its epoch is an old one then. What is under way under the lease (`checkpoint`, `park`,
   * `project`) happens as a whole before it or is refused: it may be waited for, but has no effect
   * afterwards.
   */
  rewind(subscription: string, partition: number, position: number): Promise<void>;
  /**
   * Removes all that there is of a subscription: leases, checkpoints, parked events. False, and
   * nothing is removed, while anybody takes part in it or holds one of its leases at `now`.
   */
  remove(subscription: string, now: Timestamp): Promise<boolean>;
  /**
   * Runs `work` in one transaction that holds the lease's row, and sets the checkpoint to what it
   * gives in that same transaction. `undefined`, and all rolled back, when the epoch is not the latest;
   * what `work` throws rolls back and is thrown on. There exactly when `features.transactions`
   * says so.
   *
   * @param work Gets what `OrderStore.within` takes.
   */
  project?(
    lease: Lease,
    work: (transaction: unknown) => Promise<number>,
  ): Promise<Lease | undefined>;
  /**
   * Parks one or more events of the lease's partition, all of them or none; `undefined`, and nothing is written, when
   * the epoch is not the latest. Parking an event that is parked already replaces `error`,
   * `attempts`, `retryAt` and `parkedAt`, and leaves `requeues` as it stands.
   *
   * @param transaction Of `project`, when it is to happen there; never given without
   * `features.transactions`.
   */
  park(
    lease: Lease,
    entries: readonly ParkedEvent[],
    transaction?: unknown,
  ): Promise<Lease | undefined>;
  /**
   * Parked events of a subscription by (tenant, order, version), at most `limit`; tenants
   * and orders compare by Unicode code point. With
   * `maximumBytes`, the page also ends with the event that takes the JSON of its events to this
   * length or beyond; it has one event at least.
   */
  parked(
    subscription: string,
    limit: number,
    lane?: OrderKey,
    maximumBytes?: number,
  ): Promise<readonly ParkedEvent[]>;
  /**
   * The orders that have a parked event, each with the first of them, by (tenant, order): those
   * after `after`, whether or not that one is parked still, at most `limit`. Read without the events themselves: there may be thousands.
   */
  parkedLanes(query: ParkedLanesQuery): Promise<readonly ParkedOrder[]>;
  /**
   * Makes parked events, of one lane or of all, ones that only wait: `error` and `retryAt` become
   * `null`, and `requeues` grows by one. Whoever has the lease tries them again when it looks.
   * Gives the number of orders that have such an event.
   */
  requeue(subscription: string, lane?: OrderKey): Promise<number>;
  /**
   * Removes a parked event that is dealt with, under the lease; `undefined` when the epoch is not
   * the latest. One that is not there is none the worse.
   *
   * @param transaction As for `park`.
   */
  unpark(lease: Lease, eventId: string, transaction?: unknown): Promise<Lease | undefined>;
  /** Removes one parked event, whoever has the lease; false when it was not there. */
  skip(subscription: string, eventId: string): Promise<boolean>;
}

export interface JoinRequest {
  readonly subscription: string;
  readonly owner: string;
  readonly now: Timestamp;
  readonly durationMs: number;
  /**
   * Whether the owner still runs, however long ago it joined: for stores whose owners all live in
   * this process, and need not join again to be known to be there. `remove` asks it.
   */
  readonly isRunning?: (() => boolean) | undefined;
}

export interface LeaseRequest {
  readonly subscription: string;
  readonly partition: number;
  readonly owner: string;
  readonly now: Timestamp;
  readonly durationMs: number;
  /** Where a subscription that has no checkpoint yet begins (exclusive). */
  readonly startPosition: number;
  /** What the owner knew when it had this lease last; `undefined` when it never had it. */
  readonly known?: KnownLease | undefined;
}

/** What the holder of a lease was told last. */
export type KnownLease = Pick<Lease, 'revision' | 'history' | 'seen'>;

export interface Lease {
  readonly subscription: string;
  readonly partition: number;
  readonly owner: string;
  /**
   * Grows by one whenever the lease is taken, also by an owner whose own lease ran out and that
   * nobody else took meanwhile; stays when its holder takes it again in time.
   */
  readonly epoch: number;
  /** The checkpoint when the lease was taken. */
  readonly position: number;
  /** Of the lease's row: grows with every write under the lease, and with `acquire`. */
  readonly revision: number;
  /** The number of the history in which the lease was taken; 0 without `features.failover`. */
  readonly history: number;
  /** The last event that the holder has read; the engine sets it. */
  readonly seen?: SeenEvent | undefined;
}

export interface SeenEvent {
  readonly position: number;
  readonly eventId: string;
}

/** What a reader of the feed has from earlier pages. */
export interface KnownHistory {
  readonly history: number;
  /** The event at the position after which it reads on; `undefined` when it has read none yet. */
  readonly eventId: string | undefined;
}

export interface Checkpoint {
  readonly partition: number;
  readonly position: number;
}

export interface ParkedLanesQuery {
  readonly subscription: string;
  /** Only what is parked of this partition; of all partitions when left out. */
  readonly partition?: number | undefined;
  /** Exclusive: the page starts after this order. */
  readonly after?: OrderKey | undefined;
  readonly limit: number;
}

/** An order with parked events; what it says besides is about the first of them. */
export interface ParkedOrder
  extends OrderKey,
    Pick<ParkedEvent, 'partition' | 'error' | 'attempts' | 'retryAt' | 'requeues'> {
  readonly eventId: string;
}

/**
 * An event that a handler refused for good, that fails for now while others are handled, or that
 * waits behind one of the same order.
 */
export interface ParkedEvent {
  readonly subscription: string;
  readonly partition: number;
  readonly position: number;
  readonly event: OrderEvent;
  /** Why, without secrets; `null` for an event that only waits behind another. */
  readonly error: string | null;
  readonly attempts: number;
  /**
   * When it is tried again by itself; `null` for an event that was refused for good, or that waits
   * behind another.
   */
  readonly retryAt: Timestamp | null;
  /** How often somebody asked for it to be tried again; a new entry has 0. */
  readonly requeues: number;
  readonly parkedAt: Timestamp;
}
