import type { Timestamp } from '../../../order/values.ts';
import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import type { Lane } from './lane.ts';
import type { LaneItem } from './lane-item.ts';

/** Orders put aside at most; when there are more, reading waits until some are done with. */
const asideLimit = 50_000;
/** Fewer orders are put aside only when there is nothing else in the window. */
const asideMinimum = 100;
/** Events put aside in one statement, more only where one order has them. */
const asideBatchSize = 200;

/** What the parking of one partition needs of its worker. */
export interface ParkingHost {
  readonly asideCount: number;
  /** The window is full of events that wait for another attempt. */
  readonly isStuck: boolean;
  /** Another owner has the lease. */
  lose(): void;
  finished(item: LaneItem): void;
}

/** Keeps events of one partition in the store: those refused for good, and those put aside. */
export class ParkingPlace {
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #host: ParkingHost;

  constructor(parts: ConsumerParts, keeper: LeaseKeeper, host: ParkingHost) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#host = host;
  }

  /** False when the lease is lost. */
  async park(item: LaneItem, error: string | null, isAside: boolean): Promise<boolean> {
    const isOurs = await this.#write([this.#entry(item, error, null)]);
    if (isOurs) this.#parts.counters[isAside ? 'eventsPutAside' : 'eventsParked'] += 1;
    return isOurs;
  }

  /** Puts aside what keeps the window from going on although others are handled. */
  async makeRoom(lanes: Iterable<Lane>): Promise<boolean> {
    const alone = [...lanes].filter(
      ({ isWaiting, items }) => isWaiting && items[0]?.failsAlone === true,
    );
    // One by one they would cost a statement and a page each, so a few wait for company.
    if (alone.length < asideMinimum && !this.#host.isStuck) return false;
    if (this.#host.asideCount >= asideLimit) return false;
    for (const lane of alone) lane.freeze();
    try {
      for (const batch of batchesOf(alone)) if (!(await this.putAside(batch))) return false;
      return alone.length > 0;
    } finally {
      for (const lane of alone) lane.thaw();
    }
  }

  /** Keeps the events of lanes in the store until they are tried again. False when that failed. */
  async putAside(lanes: readonly Lane[]): Promise<boolean> {
    const { random, settings, counters, logger } = this.#parts;
    const resting = lanes.map((lane) => ({
      lane,
      items: [...lane.items],
      delayMs: retryDelayMs(settings.retry, lane.items[0]?.attempts ?? 1, random()),
    }));
    const entries = resting.flatMap(({ items, delayMs }) => this.#entriesOf(items, delayMs));
    try {
      // Without the lease they are the next owner's business.
      if (!(await this.#write(entries))) return true;
    } catch (error) {
      logger.warn('Events could not be put aside.', { subscription: settings.name, error });
      return false;
    }
    counters.eventsPutAside += entries.length;
    for (const { lane, items, delayMs } of resting) await this.#rest(lane, items, delayMs);
    return true;
  }

  /** The first with why it failed and when it is tried again; the others wait behind it. */
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

  async #rest(lane: Lane, items: readonly LaneItem[], delayMs: number): Promise<void> {
    const isAsked = await this.#isAskedAgain(lane.key, items[0]);
    lane.rest(isAsked ? 0 : delayMs, new Set(items));
    for (const item of items) this.#host.finished(item);
  }

  /** Somebody asked again while it was tried: parking it has covered that up. */
  async #isAskedAgain(key: OrderKey, item: LaneItem | undefined): Promise<boolean> {
    if (item?.isFromParking !== true) return false;
    const { store, settings } = this.#parts;
    try {
      const [head] = await store.subscriptions.parked(settings.name, 1, key);
      return head?.event.id === item.event.id && head.requeues > item.requeues;
    } catch {
      // It is tried again anyway, only later.
      return false;
    }
  }

  async #write(entries: readonly ParkedEvent[]): Promise<boolean> {
    const { subscriptions } = this.#parts.store;
    const isOurs = await this.#keeper.write((lease) => subscriptions.park(lease, entries));
    if (!isOurs) this.#host.lose();
    return isOurs;
  }

  #entry(item: LaneItem, error: string | null, retryAt: Timestamp | null): ParkedEvent {
    const { settings, clock } = this.#parts;
    const { position, event, attempts, requeues } = item;
    return {
      subscription: settings.name,
      partition: this.#keeper.lease.partition,
      ...{ position, event, error, attempts, retryAt, requeues },
      parkedAt: clock.now(),
    };
  }
}

/** Lanes with so many events together; an order's events are written at once. */
function batchesOf(lanes: readonly Lane[]): readonly Lane[][] {
  const batches: Lane[][] = [];
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
