import { OrderchartError } from '../../errors.ts';
import type { OrderKey, OrderStore } from '../../store/store.ts';
import { matcherOf } from '../contract/event-types.ts';
import { endsWithin } from '../kernel/clock.ts';
import { closingMs } from '../kernel/lifetime.ts';
import { Slots } from '../kernel/slots.ts';
import { subscriptionLogger } from './event-log.ts';
import { filterOf, settleFilter, storedFilter } from './filter.ts';
import { HandlerWorker } from './handlers/handler-worker.ts';
import type { SubscriptionSettings } from './options.ts';
import type { ConsumerParts, SubscriptionParts } from './parts.ts';
import { CatchUp } from './sharing/catch-up.ts';
import { Consumer, type ConsumerHost } from './sharing/consumer.ts';
import { Membership } from './sharing/membership.ts';
import type { PartitionStatus, WorkerStatus } from './worker.ts';

/** The state of a subscription in this process. */
export interface SubscriptionStatus {
  /** The `name` of its options. */
  readonly name: string;
  /** How many orders are handled now, or transactions of a projection run; at most `concurrency`. */
  readonly running: number;
  /** All partitions of the store, in order. */
  readonly partitions: readonly PartitionStatus[];
}

/**
 * A durable consumer of the feed, as this process runs it: what `engine.subscribe`,
 * `engine.project` and `engine.startPublishing` return. Its name identifies it in the store, so it
 * continues there after a restart, and shares its partitions with other processes that run it.
 *
 * @example
 * const mailer = await engine.subscribe({ name: 'mailer', from: 'now', handler: sendMail });
 * await mailer.caughtUp();
 * print(mailer.status().partitions);
 * await mailer.close();
 */
export interface Subscription {
  /** The `name` of its options. */
  readonly name: string;
  /** Returns its progress and the number of parked orders, without a call of the store. */
  status(): SubscriptionStatus;
  /**
   * Resolves when every event that is in the feed now is handled or parked, by any process.
   *
   * @throws OrderchartError `aborted` when the subscription is closed before that;
   * `subscriptionUnknown` when it is closed already; `storeUnavailable` and the like when the end of
   * the feed cannot be read.
   */
  caughtUp(): Promise<void>;
  /**
   * Finishes the events in flight, writes the checkpoint and releases the leases. Ends shortly after
   * the option `closeGraceMs` at the latest, even if the store does not answer; events that are not
   * done by then are handled again. Calling it again returns the same promise.
   */
  close(): Promise<void>;
}

const noStatus: WorkerStatus = {
  ...{ position: 0, readPosition: 0, unfinished: 0, parkedLanes: 0, asideLanes: 0 },
};

/** One subscription in this process: its membership, and a consumer for each partition. */
export class RunningSubscription implements Subscription, ConsumerHost {
  readonly name: string;
  readonly consumers: readonly Consumer[];
  readonly #parts: ConsumerParts;
  readonly #membership: Membership;
  readonly #catchUp: CatchUp;
  readonly #onClosed: () => void;
  #isShared: boolean;
  #closing: Promise<void> | undefined;

  private constructor(
    parts: ConsumerParts,
    startPositions: readonly number[],
    onClosed: () => void,
  ) {
    this.name = parts.settings.name;
    this.#parts = { ...parts, onProgress: () => this.#catchUp.check() };
    this.#catchUp = new CatchUp({
      ...parts,
      name: this.name,
      positionOf: (partition) => this.consumers[partition]?.worker?.position,
    });
    this.#isShared = parts.store.features.shared;
    this.#membership = new Membership(parts, this.name, () => void this.#share());
    this.consumers = startPositions.map(
      (start, partition) => new Consumer(this.#parts, this, partition, start),
    );
    this.#onClosed = onClosed;
  }

  /** Determines where to begin, joins, and tries to acquire the leases of its partitions. */
  static async start(
    shared: SubscriptionParts,
    settings: SubscriptionSettings,
    onClosed: () => void,
    newWorker: ConsumerParts['newWorker'] = (...args) => new HandlerWorker(...args),
  ): Promise<RunningSubscription> {
    const parts: ConsumerParts = {
      ...shared,
      settings,
      logger: subscriptionLogger(shared.logger, settings.name),
      slots: new Slots(settings.concurrency, shared.activity),
      outlook: { handled: 0 },
      matches: matcherOf(settings.types),
      onProgress: () => {},
      newWorker,
    };
    await settleFilter(shared.store, settings);
    const starts = await startPositions(shared.store, settings);
    const subscription = new RunningSubscription(parts, starts, onClosed);
    await subscription.#membership.beat();
    await subscription.#share();
    return subscription;
  }

  /** Whether other processes run it, or did and may come back; then feed and members are polled. */
  get isShared(): boolean {
    return this.#isShared;
  }

  markShared(): void {
    this.#isShared = true;
  }

  /** Whether another process has upgraded the subscription; if so, it closes here. */
  async isSuperseded(): Promise<boolean> {
    const { store, settings, logger } = this.#parts;
    const known = await storedFilter(store, settings);
    const ours = filterOf(settings.types);
    if (known === ours) return false;
    if (this.#closing === undefined) {
      logger.error('A subscription was upgraded elsewhere and ends here.', { known, ours });
      void this.#parts.activity.during(this.close());
    }
    return true;
  }

  tryAgain(isSoon: boolean): void {
    if (isSoon) this.#membership.beatSoon();
    else this.#membership.beatLater();
  }

  /** Called when this engine has committed something. */
  wake(): void {
    for (const consumer of this.consumers) consumer.wake();
  }

  /** Called when another process may have committed something, or released a lease. */
  heard(): void {
    this.wake();
    if (this.#membership.isShared) this.#membership.beatSoon();
  }

  status(): SubscriptionStatus {
    const { name } = this;
    const { running } = this.#parts.slots;
    return { name, running, partitions: this.consumers.map(statusOf) };
  }

  caughtUp(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(subscriptionUnknown(this.name));
    this.wake();
    return this.#catchUp.caughtUp();
  }

  /** Tries a parked order again, or all, in the partitions of this process. */
  retry(lane?: OrderKey): void {
    for (const consumer of this.consumers) consumer.retry(lane);
  }

  /** Starts over at the store's checkpoints when those are `ready`. */
  async reset(ready: Promise<void>): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.reset(ready)));
    this.#catchUp.refreshEnds();
  }

  async refreshParked(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.refreshParked()));
  }

  /** Releases a partition, if this process has it, while `work` runs. */
  async pausedFor(partition: number, work: () => Promise<void>): Promise<void> {
    await this.consumers[partition]?.pausedFor(work);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends shortly after the grace period at the latest, even if the store does not answer. */
  async #close(): Promise<void> {
    const { clock, graceMs, logger } = this.#parts;
    if (!(await endsWithin(clock, closingMs(graceMs), this.#release()))) {
      logger.warn('A subscription closed before all of its work ended; its leases expire.', {});
      for (const consumer of this.consumers) consumer.abandon();
    }
    this.#onClosed();
  }

  async #release(): Promise<void> {
    this.#catchUp.close();
    // First, so that the other members know as soon as the first lease is free.
    await this.#membership.close();
    await Promise.all(this.consumers.map((consumer) => consumer.close()));
  }

  /** Acquires and releases partitions as they are assigned to the current members. */
  async #share(): Promise<void> {
    if (this.#closing !== undefined) return;
    if (this.#membership.isShared) this.#isShared = true;
    const trying = this.consumers.map((consumer) =>
      consumer.want(this.#membership.owns(consumer.partition)),
    );
    if (this.isShared) this.#membership.beatLater();
    await Promise.all(trying);
  }
}

/** Returns where each partition begins that has no checkpoint yet. */
async function startPositions(
  store: OrderStore,
  { name, from }: SubscriptionSettings,
): Promise<readonly number[]> {
  const { partitions } = store.features;
  if (from === 'beginning') return Array.from({ length: partitions }, () => 0);
  const known = await store.subscriptions.checkpoints(name);
  const positions = new Map(known.map(({ partition, position }) => [partition, position]));
  return Promise.all(
    Array.from({ length: partitions }, (_, partition) => {
      const position = positions.get(partition);
      if (position !== undefined) return position;
      return from === 'now' ? store.feedEnd(partition) : store.feedPositionAt(partition, from.time);
    }),
  );
}

function statusOf({ partition, worker }: Consumer): PartitionStatus {
  return { partition, isOurs: worker !== undefined, ...(worker?.status() ?? noStatus) };
}

export function subscriptionUnknown(name: string): OrderchartError {
  return new OrderchartError(
    'subscriptionUnknown',
    `There is no subscription '${name}': it does not run in this engine, and never ran on this store.`,
    { details: { name } },
  );
}
