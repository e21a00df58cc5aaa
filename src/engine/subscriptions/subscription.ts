import { OrderchartError } from '../../errors.ts';
import type { OrderKey, OrderStore } from '../../store/store.ts';
import { matcherOf } from '../contract/event-types.ts';
import { endsWithin } from '../kernel/clock.ts';
import { closingMs } from '../kernel/lifetime.ts';
import { Slots } from '../kernel/slots.ts';
import { filterOf, settleFilter, storedFilter } from './filter.ts';
import { HandlerWorker } from './handlers/handler-worker.ts';
import type { SubscriptionSettings } from './options.ts';
import type { ConsumerParts, SubscriptionParts } from './parts.ts';
import { CatchUp } from './sharing/catch-up.ts';
import { Consumer, type ConsumerHost } from './sharing/consumer.ts';
import { Membership } from './sharing/membership.ts';
import type { PartitionStatus, WorkerStatus } from './worker.ts';

/** How a subscription stands in this process. */
export interface SubscriptionStatus {
  readonly name: string;
  /** Handlers that are running. */
  readonly running: number;
  readonly partitions: readonly PartitionStatus[];
}

/** A durable consumer of the feed in this process. */
export interface Subscription {
  readonly name: string;
  status(): SubscriptionStatus;
  /**
   * Resolves when everything that was in the feed at the call has been handled or parked, by
   * whichever process works on it.
   *
   * @throws OrderchartError `aborted` when the subscription is closed before.
   */
  caughtUp(): Promise<void>;
  /**
   * Finishes what is being handled, notes how far it came and gives its place back. Ends not much
   * later than the option `closeGraceMs`, also when the store does not answer.
   */
  close(): Promise<void>;
}

const noStatus: WorkerStatus = {
  ...{ position: 0, readPosition: 0, unfinished: 0, parkedLanes: 0, asideLanes: 0 },
};

/** One subscription: its share of the partitions, and a consumer for each partition of the feed. */
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

  /** Finds the places where it goes on, takes part, and tries for the leases that are its own. */
  static async start(
    shared: SubscriptionParts,
    settings: SubscriptionSettings,
    onClosed: () => void,
    newWorker: ConsumerParts['newWorker'] = (...args) => new HandlerWorker(...args),
  ): Promise<RunningSubscription> {
    const parts: ConsumerParts = {
      ...shared,
      settings,
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

  /** In company the feed is polled, and so is who takes part: others may come back. */
  get isShared(): boolean {
    return this.#isShared;
  }

  markShared(): void {
    this.#isShared = true;
  }

  /** Whether another process has upgraded the subscription; then it ends here. */
  async isSuperseded(): Promise<boolean> {
    const { store, settings, logger } = this.#parts;
    const known = await storedFilter(store, settings);
    const ours = filterOf(settings.types);
    if (known === ours) return false;
    if (this.#closing === undefined) {
      const subscription = this.name;
      logger.error('A subscription was upgraded elsewhere and ends here.', {
        subscription,
        known,
        ours,
      });
      void this.#parts.activity.during(this.close());
    }
    return true;
  }

  tryAgain(isSoon: boolean): void {
    if (isSoon) this.#membership.beatSoon();
    else this.#membership.beatLater();
  }

  /** This engine has committed something. */
  wake(): void {
    for (const consumer of this.consumers) consumer.wake();
  }

  /** Another process may have committed something, or given a place back. */
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

  /** Tries a parked order again if it is here, or all that are here. */
  retry(lane?: OrderKey): void {
    for (const consumer of this.consumers) consumer.retry(lane);
  }

  /** Begins anew with what the store has, once that is `ready`. */
  async reset(ready: Promise<void>): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.reset(ready)));
    this.#catchUp.lookAnew();
  }

  async refreshParked(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.refreshParked()));
  }

  /** Lets go of a partition, if it is here, for the time of `work`. */
  async pausedFor(partition: number, work: () => Promise<void>): Promise<void> {
    await this.consumers[partition]?.pausedFor(work);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends not much later than the time of grace, whatever the store does not answer. */
  async #close(): Promise<void> {
    const { clock, graceMs, logger } = this.#parts;
    if (!(await endsWithin(clock, closingMs(graceMs), this.#letGo()))) {
      const subscription = this.name;
      logger.warn('A subscription waits no longer for what does not end.', { subscription });
      for (const consumer of this.consumers) consumer.abandon();
    }
    this.#onClosed();
  }

  async #letGo(): Promise<void> {
    this.#catchUp.close();
    // First, so that the others know as soon as the first lease is free.
    await this.#membership.close();
    await Promise.all(this.consumers.map((consumer) => consumer.close()));
  }

  /** Takes and gives back partitions as the members of now share them. */
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

/** Where each partition begins if the store has no place for it yet. */
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
    `There is no subscription '${name}': it does not run here, and the store has no place for it.`,
    { details: { name } },
  );
}
