import type { OrderEvent } from '../order/envelope.ts';
import type { Timestamp } from '../order/values.ts';
import type { OrderKey } from './records.ts';

/**
 * Where durable consumers keep their place. A lease gives one owner the right to move the
 * checkpoint of (subscription, partition) until it expires by the store's clock; every new
 * owner gets a higher epoch, and writes of an older epoch are refused.
 */
export interface SubscriptionStore {
  /**
   * Says that `owner` takes part in the subscription until `now + durationMs`, and gives all who
   * take part at `now`, this one included, in the order in which they joined, then by owner. An
   * owner whose time ran out before it joined again has joined anew.
   */
  join(request: JoinRequest): Promise<readonly string[]>;
  /** The owner takes part no longer. Its leases stay as they are. */
  leave(subscription: string, owner: string): Promise<void>;
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
   * Sets the checkpoint, forwards or back, and makes it when there is none. Whoever has the lease
   * loses it: its epoch is an old one then.
   */
  rewind(subscription: string, partition: number, position: number): Promise<void>;
  /**
   * Removes all that there is of a subscription: leases, checkpoints, parked events. False, and
   * nothing is removed, while anybody takes part in it or holds one of its leases at `now`.
   */
  remove(subscription: string, now: Timestamp): Promise<boolean>;
  /**
   * Runs `work` in one transaction that holds the lease's row, and sets the checkpoint to what it
   * gives in that same transaction. False, and all rolled back, when the epoch is not the latest;
   * what `work` throws rolls back and is thrown on. There exactly when `features.transactions`
   * says so.
   *
   * @param work Gets what `OrderStore.within` takes.
   */
  project?(lease: Lease, work: (transaction: unknown) => Promise<number>): Promise<boolean>;
  /**
   * Parks an event under the lease; false when the epoch is not the latest. Parking an event
   * that is parked already replaces its error and attempts.
   *
   * @param transaction Of `project`, when it is to happen there; never given without
   * `features.transactions`.
   */
  park(lease: Lease, entry: ParkedEvent, transaction?: unknown): Promise<boolean>;
  /** Parked events of a subscription by (tenant, order, version), at most `limit`. */
  parked(subscription: string, limit: number, lane?: OrderKey): Promise<readonly ParkedEvent[]>;
  /** The orders of this subscription that have a parked event. */
  parkedLanes(subscription: string): Promise<readonly OrderKey[]>;
  /**
   * Makes parked events, of one lane or of all, ones that only wait (`error` becomes `null`):
   * whoever has the lease tries them again when it looks.
   */
  requeue(subscription: string, lane?: OrderKey): Promise<void>;
  /**
   * Removes one parked event; false when it was not there.
   *
   * @param transaction As for `park`.
   */
  unpark(subscription: string, eventId: string, transaction?: unknown): Promise<boolean>;
}

export interface JoinRequest {
  readonly subscription: string;
  readonly owner: string;
  readonly now: Timestamp;
  readonly durationMs: number;
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
