import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderStore } from '../../store/store.ts';
import type { ExecuteResult } from '../contract/results.ts';
import type { Activity } from '../kernel/activity.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Slots } from '../kernel/slots.ts';
import type { EngineCounters } from '../kernel/stats.ts';
import type { SubscriptionSettings } from './options.ts';
import type { LeaseKeeper } from './sharing/lease-keeper.ts';
import type { Worker, WorkerEnded } from './worker.ts';

/** The dependencies that the subscriptions of an engine share. */
export interface SubscriptionParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  /** The machine's own clock, which notices how long the process slept. */
  readonly hostClock: Clock;
  readonly activity: Activity;
  readonly counters: EngineCounters;
  readonly logger: Logger;
  readonly random: () => number;
  /** The name of this engine as the owner of leases. */
  readonly owner: string;
  readonly leaseDurationMs: number;
  /** Called with the number of the history in which a lease was acquired. */
  readonly sawHistory: (history: number) => void;
  /** How long to wait for handlers when a partition is released. */
  readonly graceMs: number;
  /** Executes a command that a handler returned for an event. */
  readonly execute: (command: unknown, event: OrderEvent, key: string) => Promise<ExecuteResult>;
}

/** The dependencies that the partitions of a subscription share. */
export interface ConsumerParts extends SubscriptionParts {
  readonly settings: SubscriptionSettings;
  readonly matches: (type: string) => boolean;
  readonly slots: Slots;
  /** How many events the subscription has handled in this process, in all of its partitions. */
  readonly outlook: { handled: number };
  /** Called when the position of a worker has moved. */
  readonly onProgress: () => void;
  readonly newWorker: (parts: ConsumerParts, keeper: LeaseKeeper, onEnded: WorkerEnded) => Worker;
}
