import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderRecord, OrderStore } from '../../store/store.ts';
import type { Activity } from '../kernel/activity.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import type { DecisionMaker } from './decision.ts';
import type { OrderLoader } from './loader.ts';
import type { LockWaits } from './lock-waits.ts';
import type { OrderNumbers } from './numbering.ts';
import type { OrderCache } from './order-cache.ts';

/** The dependencies of the executor. */
export interface ExecutorParts {
  readonly store: OrderStore;
  readonly decisions: DecisionMaker;
  readonly cache: OrderCache;
  readonly loader: OrderLoader;
  readonly lockWaits: LockWaits;
  readonly activity: Activity;
  readonly counters: EngineCounters;
  readonly batchSize: number;
  readonly batchBytes: number;
  readonly maximumAttempts: number;
  /** Numbers orders that are placed without a number. */
  readonly numbers: OrderNumbers | undefined;
  /** Called after a write in a host transaction, which may still be rolled back; must not throw. */
  readonly onWrittenWithin: (record: OrderRecord) => void;
  /** Called after every durable change, in commit order; must not throw. */
  readonly onRecorded: (record: OrderRecord, events: readonly OrderEvent[]) => void;
  /** Called when a batch is durable. */
  readonly onBatch: () => void;
}
