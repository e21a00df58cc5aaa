import { OrderchartError } from '../../errors.ts';
import type { OrderKey, OrderStore } from '../../store/store.ts';
import { matcherOf } from '../event-types.ts';
import { Consumer } from './consumer.ts';
import type { SubscriptionSettings } from './options.ts';
import type { ConsumerParts, SubscriptionParts } from './parts.ts';
import { Slots } from './slots.ts';

/** How a subscription stands in this process. */
export interface SubscriptionStatus {
  readonly name: string;
  /** Handlers that are running. */
  readonly running: number;
  readonly partitions: readonly PartitionStatus[];
}

/** One partition of a {@link SubscriptionStatus}. */
export interface PartitionStatus {
  readonly partition: number;
  /** Whether this engine works on it; the figures below are 0 when another one does. */
  readonly isOurs: boolean;
  /** The last position up to which every event is done. */
  readonly position: number;
  /** The last position that was read. */
  readonly readPosition: number;
  /** Events that were read and are not done. */
  readonly unfinished: number;
  /** Orders whose events are parked. */
  readonly parkedLanes: number;
}

/** A durable consumer of the feed in this process. */
export interface Subscription {
  readonly name: string;
  status(): SubscriptionStatus;
  /** Finishes what is being handled, notes how far it came and gives its place back. */
  close(): Promise<void>;
}

/** One subscription: its consumers, one for each partition of the feed. */
export class RunningSubscription implements Subscription {
  readonly name: string;
  readonly consumers: readonly Consumer[];
  readonly #parts: ConsumerParts;
  readonly #graceMs: number;
  readonly #onClosed: () => void;
  #closing: Promise<void> | undefined;

  private constructor(
    parts: ConsumerParts,
    consumers: readonly Consumer[],
    graceMs: number,
    onClosed: () => void,
  ) {
    this.name = parts.settings.name;
    this.consumers = consumers;
    this.#parts = parts;
    this.#graceMs = graceMs;
    this.#onClosed = onClosed;
  }

  /** Finds the places where it goes on, and tries for the leases. */
  static async start(
    shared: SubscriptionParts,
    settings: SubscriptionSettings,
    graceMs: number,
    onClosed: () => void,
  ): Promise<RunningSubscription> {
    const slots = new Slots(settings.concurrency, shared.activity);
    const parts = { ...shared, settings, slots, matches: matcherOf(settings.types) };
    const starts = await startPositions(shared.store, settings);
    const consumers = starts.map((start, partition) => new Consumer(parts, partition, start));
    await Promise.all(consumers.map((consumer) => consumer.start()));
    return new RunningSubscription(parts, consumers, graceMs, onClosed);
  }

  wake(): void {
    for (const consumer of this.consumers) consumer.wake();
  }

  status(): SubscriptionStatus {
    const { name } = this;
    const { running } = this.#parts.slots;
    return { name, running, partitions: this.consumers.map(statusOf) };
  }

  /** Tries parked lanes again; gives how many lanes are this engine's to try. */
  retry(lanes: readonly (OrderKey & { readonly partition: number })[]): number {
    return lanes.filter((lane) => this.consumers[lane.partition]?.retry(lane)).length;
  }

  async refreshParked(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.refreshParked()));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.close(this.#graceMs)));
    this.#onClosed();
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

function statusOf({ partition, tenure }: Consumer): PartitionStatus {
  return {
    partition,
    isOurs: tenure !== undefined,
    position: tenure?.position ?? 0,
    readPosition: tenure?.readPosition ?? 0,
    unfinished: tenure?.unfinished ?? 0,
    parkedLanes: tenure?.parkedCount ?? 0,
  };
}

/** The same for a name that is not running here, whatever the reason. */
export function subscriptionUnknown(name: string): OrderchartError {
  return new OrderchartError(
    'subscriptionUnknown',
    `No subscription '${name}' runs in this engine; subscribe first.`,
    { details: { name } },
  );
}
