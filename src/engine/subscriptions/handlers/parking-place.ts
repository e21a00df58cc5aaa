import type { Timestamp } from '../../../order/values.ts';
import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { wasRequeued } from '../parked-lanes.ts';
import type { ConsumerParts } from '../parts.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import type { LaneItem } from './lane-item.ts';

/** The most orders put aside; at this number, reading waits until some are handled. */
const asideLimit = 50_000;
/** Fewer orders are put aside only when there is nothing else in the window. */
const asideMinimum = 100;
/** The most events put aside in one statement, unless a single order has more. */
const asideBatchSize = 200;

/** A lane whose events can be put aside. */
interface AsideLane {
  readonly key: OrderKey;
  readonly items: readonly LaneItem[];
  readonly isWaiting: boolean;
  freeze(): void;
  thaw(): void;
  rest(delayMs: number, kept: ReadonlySet<LaneItem>): void;
}

/** Keeps events of one partition in the store: those refused permanently, and those put aside. */
export class ParkingPlace {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #onFinished: (item: LaneItem) => void;

  /** @param onFinished Called for each event that was put aside. */
  constructor(parts: ConsumerParts, lease: WorkerLease, onFinished: (item: LaneItem) => void) {
    this.#parts = parts;
    this.#lease = lease;
    this.#onFinished = onFinished;
  }

  /** The first parked events of an order. */
  read(key: OrderKey, limit: number): Promise<readonly ParkedEvent[]> {
    const { store, settings } = this.#parts;
    return store.subscriptions.parked(settings.name, limit, key, pageBytes);
  }

  /** False when the lease is lost. */
  async park(item: LaneItem, error: string | null, isAside: boolean): Promise<boolean> {
    const isOurs = await this.#write([this.#entry(item, error, null)]);
    if (isOurs) this.#parts.counters[isAside ? 'eventsPutAside' : 'eventsParked'] += 1;
    return isOurs;
  }

  async unpark({ event }: LaneItem): Promise<void> {
    const { subscriptions } = this.#parts.store;
    await this.#lease.write((lease) => subscriptions.unpark(lease, event.id));
  }

  /**
   * Puts aside the events that keep the window full although others are handled. False when the
   * window stays as it is.
   *
   * @param isStuck Whether the window holds only events that wait for another attempt.
   */
  async freeCapacity(
    { all, asideCount }: { readonly all: Iterable<AsideLane>; readonly asideCount: number },
    isStuck: boolean,
  ): Promise<boolean> {
    const alone = [...all].filter(
      ({ isWaiting, items }) => isWaiting && items[0]?.failsAlone === true,
    );
    // One by one they would cost a statement and a page each, so a few wait for others.
    if (alone.length < asideMinimum && !isStuck) return false;
    if (asideCount >= asideLimit) return false;
    for (const lane of alone) lane.freeze();
    try {
      for (const batch of batchesOf(alone)) if (!(await this.putAside(batch))) return false;
      return alone.length > 0;
    } finally {
      for (const lane of alone) lane.thaw();
    }
  }

  /** Keeps the events of lanes in the store until they are tried again. False when that failed. */
  async putAside(lanes: readonly AsideLane[]): Promise<boolean> {
    const { random, settings, counters, logger } = this.#parts;
    const resting = lanes.map((lane) => ({
      lane,
      items: [...lane.items],
      delayMs: retryDelayMs(settings.retry, lane.items[0]?.attempts ?? 1, random()),
    }));
    const entries = resting.flatMap(({ items, delayMs }) => this.#entriesOf(items, delayMs));
    try {
      // The lease is lost, so its next owner handles them.
      if (!(await this.#write(entries))) return true;
    } catch (error) {
      logger.warn('Events could not be put aside; trying again.', { error });
      return false;
    }
    counters.eventsPutAside += entries.length;
    for (const { lane, items, delayMs } of resting) await this.#rest(lane, items, delayMs);
    return true;
  }

  /** The first entry has the error and the time of the next attempt; the others wait behind it. */
  #entriesOf(items: readonly LaneItem[], delayMs: number): readonly ParkedEvent[] {
    const [head, ...others] = items;
    if (head === undefined) return [];
    const retryAt = this.#parts.clock.now() + delayMs;
    const waiting = others.filter(({ isFromParking }) => !isFromParking);
    return [
      this.#entry(head, head.failure, retryAt),
      ...waiting.map((item) => this.#entry(item, null, null)),
    ];
  }

  async #rest(lane: AsideLane, items: readonly LaneItem[], delayMs: number): Promise<void> {
    const isRequested = await this.#isRetryRequested(lane.key, items[0]);
    lane.rest(isRequested ? 0 : delayMs, new Set(items));
    for (const item of items) this.#onFinished(item);
  }

  async #isRetryRequested(key: OrderKey, item: LaneItem | undefined): Promise<boolean> {
    if (item?.isFromParking !== true) return false;
    try {
      const [head] = await this.read(key, 1);
      return wasRequeued(head, item);
    } catch {
      // The lane tries again anyway, only later.
      return false;
    }
  }

  #write(entries: readonly ParkedEvent[]): Promise<boolean> {
    const { subscriptions } = this.#parts.store;
    return this.#lease.write((lease) => subscriptions.park(lease, entries));
  }

  #entry(item: LaneItem, error: string | null, retryAt: Timestamp | null): ParkedEvent {
    const { settings, clock } = this.#parts;
    const { position, event, attempts, requeues } = item;
    return {
      subscription: settings.name,
      partition: this.#lease.current.partition,
      ...{ position, event, error, attempts, retryAt, requeues },
      parkedAt: clock.now(),
    };
  }
}

/** Groups lanes by their number of events; the events of one order are written at once. */
function batchesOf(lanes: readonly AsideLane[]): readonly AsideLane[][] {
  const batches: AsideLane[][] = [];
  let size = asideBatchSize;
  for (const lane of lanes) {
    if (size >= asideBatchSize) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(lane);
    size += lane.items.length;
  }
  return batches;
}
