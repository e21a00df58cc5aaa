import type { OrderKey, ParkedOrder } from '../../store/store.ts';
import { laneKey } from '../kernel/keys.ts';
import type { ConsumerParts } from './parts.ts';

/** How many parked orders are read at once. */
const pageSize = 1000;

/** Whether the first parked event only waits: somebody has dealt with the one before, or asked. */
export function isFree({ error, retryAt }: Pick<ParkedOrder, 'error' | 'retryAt'>): boolean {
  return error === null && retryAt === null;
}

/**
 * The orders that are parked in one partition, page by page. Between two pages the caller can see
 * to its lease: there may be so many that reading them takes longer than a lease lasts.
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

/** Finds out which parked orders somebody else has retried, or skipped events of. */
export class ParkedWatch {
  readonly #parts: ConsumerParts;
  readonly #partition: number;
  #pages: AsyncGenerator<readonly ParkedOrder[], void> | undefined;
  /** Orders that were parked when the reading began, and were not met since. */
  readonly #unmet = new Map<string, OrderKey>();

  constructor(parts: ConsumerParts, partition: number) {
    this.#parts = parts;
    this.#partition = partition;
  }

  /**
   * Those of `lanes` that may go on.
   *
   * @param pageLimit How many pages are looked at now, others the next time: there may be thousands
   * of orders, and most of the time nothing has happened to them.
   */
  async freed(lanes: Iterable<OrderKey>, pageLimit: number): Promise<readonly OrderKey[]> {
    const freed: OrderKey[] = [];
    if (this.#pages === undefined) this.#begin(lanes);
    for (let count = 0; count < pageLimit && this.#pages !== undefined; count += 1) {
      const page = await this.#next();
      for (const lane of page) {
        this.#unmet.delete(laneKey(lane.tenantId, lane.orderId));
        if (isFree(lane)) freed.push(lane);
      }
      if (page.length === pageSize) continue;
      // The round ends with its last page, not a look later: the next look begins a new one.
      freed.push(...this.#unmet.values());
      this.#pages = undefined;
    }
    return freed;
  }

  #begin(lanes: Iterable<OrderKey>): void {
    this.#pages = parkedPages(this.#parts, this.#partition);
    this.#unmet.clear();
    for (const { tenantId, orderId } of lanes) {
      this.#unmet.set(laneKey(tenantId, orderId), { tenantId, orderId });
    }
  }

  /** The next page; empty after the last. A page that could not be read ends the round. */
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
