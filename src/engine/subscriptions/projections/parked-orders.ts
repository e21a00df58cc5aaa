import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import { scheduleAfter } from '../../kernel/clock.ts';
import { laneKey } from '../../kernel/keys.ts';
import { isFree, ParkedWatch, parkedPages, wasRequeued } from '../parked-lanes.ts';
import type { ConsumerParts } from '../parts.ts';

/** The parked orders of one partition, and which of them to try again. */
export class ParkedOrders {
  readonly #parts: ConsumerParts;
  readonly #partition: number;
  readonly #watch: ParkedWatch;
  readonly #parked = new Map<string, OrderKey>();
  readonly #retried = new Map<string, OrderKey>();
  /** Orders that are put aside, each with the function that cancels its next attempt. */
  readonly #aside = new Map<string, () => void>();
  readonly #onDue: () => void;

  /** @param onDue Called when an order that was put aside is due for its next attempt. */
  constructor(parts: ConsumerParts, partition: number, onDue: () => void) {
    this.#parts = parts;
    this.#partition = partition;
    this.#onDue = onDue;
    this.#watch = new ParkedWatch(parts, partition);
  }

  get size(): number {
    return this.#parked.size;
  }

  /** The number of those that are tried again automatically. */
  get asideCount(): number {
    return this.#aside.size;
  }

  /** The next one to try again. */
  get next(): OrderKey | undefined {
    return this.#retried.values().next().value;
  }

  /**
   * Reads the parked orders from the store.
   *
   * @param hold Renews the lease between two pages; false when it is lost.
   */
  async learn(hold: () => Promise<boolean>): Promise<void> {
    for await (const page of parkedPages(this.#parts, this.#partition)) {
      for (const lane of page) {
        this.add(lane);
        if (isFree(lane)) this.retry(lane);
        else if (lane.retryAt !== null) this.rest(lane, lane.retryAt - this.#parts.clock.now());
      }
      if (!(await hold())) return;
    }
  }

  /** Finds orders that another process retried, or of which it skipped events. */
  async refresh(pageLimit: number): Promise<void> {
    for (const key of await this.#watch.freed(this.#parked.values(), pageLimit)) this.retry(key);
  }

  has(key: OrderKey): boolean {
    return this.#parked.size > 0 && this.#parked.has(nameOf(key));
  }

  add(key: OrderKey): void {
    this.#parked.set(nameOf(key), keyOf(key));
  }

  retryAll(): void {
    for (const key of this.#parked.values()) this.retry(key);
  }

  /** Puts an order aside: it is tried again automatically after the delay. */
  rest(key: OrderKey, delayMs: number): void {
    this.giveUp(key);
    this.add(key);
    const cancel = scheduleAfter(this.#parts.clock, Math.max(0, delayMs), () => {
      this.retry(key);
      this.#onDue();
    });
    this.#aside.set(nameOf(key), cancel);
  }

  isAside(key: OrderKey): boolean {
    return this.#aside.has(nameOf(key));
  }

  retry(key: OrderKey): void {
    if (!this.has(key)) return;
    this.#stopWaiting(key);
    this.#retried.set(nameOf(key), keyOf(key));
  }

  /** Notes that an order failed permanently, and stays parked. */
  giveUp(key: OrderKey): void {
    this.#stopWaiting(key);
    this.#retried.delete(nameOf(key));
  }

  /** Tries an order again if that was requested while its first event was being tried. */
  async honorRetry(tried: ParkedEvent): Promise<void> {
    if (wasRequeued(await this.headOf(tried.event), tried)) this.retry(tried.event);
  }

  /** Cancels all automatic attempts. */
  stop(): void {
    for (const cancel of this.#aside.values()) cancel();
    this.#aside.clear();
  }

  /** Notes that an order has no parked events left. */
  free(key: OrderKey): void {
    this.giveUp(key);
    this.#parked.delete(nameOf(key));
  }

  #stopWaiting(key: OrderKey): void {
    this.#aside.get(nameOf(key))?.();
    this.#aside.delete(nameOf(key));
  }

  /** Returns the ids of the first parked events of these orders. */
  async headsOf(keys: readonly OrderKey[]): Promise<ReadonlySet<string>> {
    const parked = new Map(keys.filter((key) => this.has(key)).map((key) => [nameOf(key), key]));
    const ids = new Set<string>();
    for (const key of parked.values()) {
      const head = await this.headOf(key);
      if (head !== undefined) ids.add(head.event.id);
    }
    return ids;
  }

  /** Returns the first parked event of an order. */
  async headOf(key: OrderKey): Promise<ParkedEvent | undefined> {
    const { store, settings } = this.#parts;
    const [head] = await store.subscriptions.parked(settings.name, 1, keyOf(key));
    return head;
  }
}

function keyOf({ tenantId, orderId }: OrderKey): OrderKey {
  return { tenantId, orderId };
}

function nameOf({ tenantId, orderId }: OrderKey): string {
  return laneKey(tenantId, orderId);
}
