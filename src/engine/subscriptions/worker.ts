import type { OrderKey } from '../../store/store.ts';
import type { Activity } from '../kernel/activity.ts';

/**
 * Works on one partition for as long as its lease is ours. It ends for good when the lease is lost
 * or given back; whatever it still had in hand is read again by the next one.
 */
export interface Worker {
  /** The last position up to which everything is done. */
  readonly position: number;
  /** The last position that was read. */
  readonly readPosition: number;
  /** Events that were read and are not done. */
  readonly unfinished: number;
  readonly parkedCount: number;
  /** Of the parked orders those that are tried again by themselves. */
  readonly asideCount: number;
  /** Calls of the host's handler that have not ended, those of a lost lease included. */
  readonly handlers: Activity;
  /** Learns which lanes are parked, and begins to read. */
  start(): Promise<void>;
  /** There may be something new in the feed. */
  wake(): void;
  /** Makes sure of the lease; false when it is lost. */
  hold(): Promise<boolean>;
  /** Ends at once and writes nothing more: what it knows is not so any more. */
  abandon(): void;
  /** Tries a parked order again, if it is one of this partition, or all of them. */
  retry(key?: OrderKey): void;
  /** Looks at so many pages of parked orders; those that somebody has retried or skipped go on. */
  refreshParked(pageLimit: number): Promise<void>;
  /**
   * Begins nothing new, waits for what was begun, notes how far it came, and ends. Handlers that
   * are still running when `patience` ends are told so; their events are handled again.
   */
  stop(patience: Promise<void>): Promise<void>;
}

/**
 * Hears that a worker has ended by itself.
 *
 * @param isTaken Whether another owner may have the lease. Else it is still ours, and a new worker
 * has to begin where the checkpoint stands.
 */
export type WorkerEnded = (isTaken: boolean) => void;
