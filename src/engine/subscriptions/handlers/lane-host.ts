import type { OrderEvent } from '../../../order/envelope.ts';
import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import type { ExecuteResult } from '../../contract/results.ts';
import type { Activity } from '../../kernel/activity.ts';
import type { Slots } from '../../kernel/slots.ts';
import type { LaneItem } from './lane-item.ts';

/** What a lane needs of the one who leads it. */
export interface LaneHost<Lane> {
  readonly slots: Slots;
  /** Counts the lanes that are running. */
  readonly work: Activity;
  /** No new event is begun: closing, or the lease is lost. */
  readonly isStopping: boolean;
  /** Nothing may be written any more: another owner has the lease. */
  readonly isLost: boolean;
  /** Makes sure of the lease; false when it is lost. */
  hold(): Promise<boolean>;
  handle(event: OrderEvent, attempt: number): Promise<unknown>;
  execute(command: unknown, event: OrderEvent, index: number): Promise<ExecuteResult>;
  /** How many events the subscription has handled. */
  readonly handledCount: number;
  /** False when the lease is lost. */
  park(item: LaneItem, error: string | null, isAside: boolean): Promise<boolean>;
  /** Keeps the events of lanes in the store until they are tried again. False when that failed. */
  putAside(lanes: readonly Lane[]): Promise<boolean>;
  /** An attempt has failed. False when the event is not to be tried again: it was not its turn. */
  failed(item: LaneItem): boolean;
  /** A lane waits for its next attempt. */
  waits(): void;
  parked(key: OrderKey, limit: number): Promise<readonly ParkedEvent[]>;
  unpark(item: LaneItem): Promise<void>;
  /** The handler is through with it. */
  handled(item: LaneItem): void;
  /** It is done with: handled, or parked. */
  finished(item: LaneItem): void;
  /** Calls back after the delay for so many attempts; gives the function that takes it back. */
  later(attempts: number, callback: () => void): () => void;
  /** The same after a delay. */
  after(delayMs: number, callback: () => void): () => void;
  /** The lane has nothing to do and nothing parked. */
  emptied(lane: Lane): void;
  log(level: 'warn' | 'error', message: string, item: LaneItem, error: unknown): void;
  countRejected(): void;
}
