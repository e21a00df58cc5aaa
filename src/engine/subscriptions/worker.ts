import type { OrderKey } from '../../store/store.ts';
import type { Activity } from '../kernel/activity.ts';

/** One partition of a `SubscriptionStatus`, as this process knows it. */
export interface PartitionStatus {
  /** Its number, from 0. */
  readonly partition: number;
  /** Whether this process works on it; when another one does, the figures below are 0. */
  readonly isOurs: boolean;
  /** The last position up to which every event is handled, parked, or of other types. */
  readonly position: number;
  /** The last position that was read. */
  readonly readPosition: number;
  /** The number of events that were read and are not done. */
  readonly unfinished: number;
  /** The number of orders with parked events, including those put aside. */
  readonly parkedLanes: number;
  /**
   * The number of those orders that are tried again automatically: they failed while others were
   * handled, and so were put aside.
   */
  readonly asideLanes: number;
}

/** The part of a {@link PartitionStatus} that a worker knows. */
export type WorkerStatus = Omit<PartitionStatus, 'partition' | 'isOurs'>;

/**
 * Works on one partition while this process has its lease. It ends permanently when the lease is
 * lost or released; events that are not done by then are read again by the next worker.
 */
export interface Worker {
  /** The last position up to which everything is done. */
  readonly position: number;
  /** Calls of the host's handler that have not ended, including those of a lost lease. */
  readonly handlers: Activity;
  status(): WorkerStatus;
  /** Reads which lanes are parked, then begins to read the feed. */
  start(): Promise<void>;
  /** The feed may have new events. */
  wake(): void;
  /** Renews the lease if it is due; false when it is lost. */
  hold(): Promise<boolean>;
  /** Ends immediately and writes nothing more, because its state is out of date. */
  abandon(): void;
  /** Tries a parked order again, if it is in this partition, or all of them. */
  retry(key?: OrderKey): void;
  /** Checks up to `pageLimit` pages of parked orders for retries and skips by other processes. */
  refreshParked(pageLimit: number): Promise<void>;
  /**
   * Begins nothing new, waits for the work in progress, writes the checkpoint, and ends. When
   * `patience` resolves, handlers that still run are aborted; their events are handled again.
   */
  stop(patience: Promise<void>): Promise<void>;
}

/**
 * Called when a worker ends without being stopped.
 *
 * @param isTaken Whether another owner may have the lease. Otherwise this process still has it, and
 * a new worker has to begin at the checkpoint.
 */
export type WorkerEnded = (isTaken: boolean) => void;
