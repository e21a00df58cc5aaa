import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderStore } from '../../store/store.ts';
import type { Activity } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ExecuteResult } from '../results.ts';
import type { EngineCounters } from '../stats.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { SubscriptionSettings } from './options.ts';
import type { Slots } from './slots.ts';
import type { Worker, WorkerEnded } from './worker.ts';

/** What every subscription of an engine works with. */
export interface SubscriptionParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  /** The machine's own, which finds out how long the process slept. */
  readonly hostClock: Clock;
  readonly activity: Activity;
  readonly counters: EngineCounters;
  readonly logger: Logger;
  readonly random: () => number;
  /** Names this engine as the owner of leases. */
  readonly owner: string;
  readonly leaseDurationMs: number;
  /** How long handlers are waited for when a partition is given back. */
  readonly graceMs: number;
  /** Executes a command that a handler returned for an event. */
  readonly execute: (command: unknown, event: OrderEvent, key: string) => Promise<ExecuteResult>;
}

/** What the partitions of one subscription share. */
export interface ConsumerParts extends SubscriptionParts {
  readonly settings: SubscriptionSettings;
  readonly matches: (type: string) => boolean;
  readonly slots: Slots;
  /** In which partition a parked order stands, once that was looked up. */
  readonly parkedPlaces: Map<string, number>;
  /** Hears that a worker came further. */
  readonly onProgress: () => void;
  readonly newWorker: (parts: ConsumerParts, keeper: LeaseKeeper, onEnded: WorkerEnded) => Worker;
}
