import type { OrderKey, ParkedEvent, ParkedOrder } from '../../store/store.ts';
import { laneKey } from '../kernel/keys.ts';
import type { ConsumerParts } from './parts.ts';

/** How many parked orders are read at once. */
const pageSize = 1000;

/** Whether the first parked event only waits: the one before was skipped, or a retry requested. */
export function isFree({ error, retryAt }: Pick<ParkedOrder, 'error' | 'retryAt'>): boolean {
  return error === null && retryAt === null;
}

/**
 * Whether a retry was requested while an event was tried. Parking it again overwrites the request,
 * so the caller has to honor it.
 */
export function wasRequeued(
  head: ParkedEvent | undefined,
  tried: Pick<ParkedEvent, 'event' | 'requeues'>,
): boolean {
  return head?.event.id === tried.event.id && head.requeues > tried.requeues;
}

/**
 * The orders that are parked in one partition, page by page. Between two pages the caller can renew
 * its lease: reading all of them may take longer than a lease lasts.
 */
export async function* parkedPages(
  { store, settings }: ConsumerParts,
  partition: number,
): AsyncGenerator<readonly ParkedOrder[], void> {
  let after: OrderKey | undefined;
  for (;;) {
    const query = { subscription: settings.name, partition, after, limit: pageSize };
    const page = await store.subscriptions.parkedLanes(query);
    yield page;
    after = page.at(-1);
    if (page.length < pageSize) return;
  }
}

/** Finds the parked orders that were retried, or had events skipped, by another process. */
export class ParkedWatch {
  readonly #parts: ConsumerParts;
  readonly #partition: number;
  #pages: AsyncGenerator<readonly ParkedOrder[], void> | undefined;
  /** Orders that were parked when the round began, and were not read since. */
  readonly #missing = new Map<string, OrderKey>();

  constructor(parts: ConsumerParts, partition: number) {
    this.#parts = parts;
    this.#partition = partition;
  }

  /**
   * Returns those of `lanes` that may go on.
   *
   * @param pageLimit How many pages are read now, the others next time: there may be thousands of
   * orders, and most of the time nothing has happened to them.
   */
  async freed(lanes: Iterable<OrderKey>, pageLimit: number): Promise<readonly OrderKey[]> {
    const freed: OrderKey[] = [];
    if (this.#pages === undefined) this.#begin(lanes);
    for (let count = 0; count < pageLimit && this.#pages !== undefined; count += 1) {
      const page = await this.#next();
      for (const lane of page) {
        this.#missing.delete(laneKey(lane.tenantId, lane.orderId));
        if (isFree(lane)) freed.push(lane);
      }
      if (page.length === pageSize) continue;
      // The round ends with its last page, so that the next call begins a new one.
      freed.push(...this.#missing.values());
      this.#pages = undefined;
    }
    return freed;
  }

  #begin(lanes: Iterable<OrderKey>): void {
    this.#pages = parkedPages(this.#parts, this.#partition);
    this.#missing.clear();
    for (const { tenantId, orderId } of lanes) {
      this.#missing.set(laneKey(tenantId, orderId), { tenantId, orderId });
    }
  }

  /** Returns the next page, empty after the last. A page that cannot be read ends the round. */
  async #next(): Promise<readonly ParkedOrder[]> {
    try {
      const { value } = (await this.#pages?.next()) ?? {};
      return value ?? [];
    } catch (error) {
      this.#pages = undefined;
      throw error;
    }
  }
}
