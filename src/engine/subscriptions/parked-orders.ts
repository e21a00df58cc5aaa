import type { OrderKey, ParkedEvent } from '../../store/store.ts';
import { laneKey } from '../keys.ts';
import { ParkedWatch, parkedIn } from './parked-lanes.ts';
import type { ConsumerParts } from './parts.ts';

/** The orders of one partition that are parked, and those of them that are to be tried again. */
export class ParkedOrders {
  readonly #parts: ConsumerParts;
  readonly #partition: number;
  readonly #watch: ParkedWatch;
  readonly #parked = new Map<string, OrderKey>();
  readonly #retried = new Map<string, OrderKey>();

  constructor(parts: ConsumerParts, partition: number) {
    this.#parts = parts;
    this.#partition = partition;
    this.#watch = new ParkedWatch(parts);
  }

  get size(): number {
    return this.#parked.size;
  }

  /** The next one to be tried again. */
  get next(): OrderKey | undefined {
    return this.#retried.values().next().value;
  }

  /** Learns from the store which ones there are. */
  async learn(): Promise<void> {
    for (const { key, isFree } of await parkedIn(this.#parts, this.#partition)) {
      this.add(key);
      if (isFree) this.retry(key);
    }
  }

  /** Finds those that somebody else has retried or skipped events of; looks at so many. */
  async refresh(limit: number): Promise<void> {
    for (const key of await this.#watch.freed([...this.#parked.values()], limit)) this.retry(key);
  }

  has(key: OrderKey): boolean {
    return this.#parked.size > 0 && this.#parked.has(nameOf(key));
  }

  add(key: OrderKey): void {
    this.#parked.set(nameOf(key), keyOf(key));
  }

  retry(key: OrderKey): void {
    this.add(key);
    this.#retried.set(nameOf(key), keyOf(key));
  }

  /** It was tried, in vain, and stays parked. */
  giveUp(key: OrderKey): void {
    this.#retried.delete(nameOf(key));
  }

  /** Nothing of it is parked any more. */
  free(key: OrderKey): void {
    this.#retried.delete(nameOf(key));
    this.#parked.delete(nameOf(key));
  }

  /** The ids of the first parked events of those orders that are parked. */
  async headsOf(keys: readonly OrderKey[]): Promise<ReadonlySet<string>> {
    const parked = new Map(keys.filter((key) => this.has(key)).map((key) => [nameOf(key), key]));
    const ids = new Set<string>();
    for (const key of parked.values()) {
      const head = await this.headOf(key);
      if (head !== undefined) ids.add(head.event.id);
    }
    return ids;
  }

  /** The first of its parked events. */
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
