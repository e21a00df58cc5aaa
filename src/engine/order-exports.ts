import type { OrderEvent } from '../order/envelope.ts';
import type { OrderKey, OrderStore } from '../store/store.ts';
import { mayHaveMore, pageBytes } from './kernel/event-pages.ts';
import { laneKey } from './kernel/keys.ts';

/** An order that is about to be removed: the argument of `exportOrder`. */
export interface ExpiredOrder {
  /** The tenant of the order. */
  readonly tenantId: string;
  /** The id of the order. */
  readonly orderId: string;
  /** All its events, by version; folding them gives the order. */
  readonly events: readonly OrderEvent[];
}

/** The failures in a row after which the cause is probably not a single order. */
const failuresInRow = 100;
/** How many more are allowed each time that it looks further. */
const furtherFailures = 10;
/** Keys in one look at most: some megabytes. */
const keysMaximum = 100_000;
/** Events read at once. */
const historyPageSize = 500;

/** The orders that one look has exported, which can be removed now. */
export interface ExportedOrders {
  readonly orders: readonly OrderKey[];
  /** Whether this was the last look. */
  readonly isAll: boolean;
}

/**
 * Exports archived orders. One that cannot be exported is tried once, stays, and does not block the
 * others. If no order at all can be exported, it ends after some hundred attempts. To distinguish the
 * two cases, it takes orders from both ends of its look, and looks twice as far when most fail.
 */
export class OrderExports {
  readonly #store: OrderStore;
  readonly #archivedBefore: number;
  readonly #exportOrder: (order: ExpiredOrder) => unknown;
  readonly #failed = new Set<string>();
  #errors: unknown[] = [];
  #inRow = 0;
  #reach: number;

  constructor(
    store: OrderStore,
    archivedBefore: number,
    exportOrder: (order: ExpiredOrder) => unknown,
    batchSize: number,
  ) {
    this.#store = store;
    this.#archivedBefore = archivedBefore;
    this.#exportOrder = exportOrder;
    this.#reach = batchSize;
  }

  /** Exports at most `limit` orders. */
  async next(limit: number): Promise<ExportedOrders> {
    const wanted = Math.min(this.#reach + this.#failed.size, keysMaximum);
    const archived = await this.#store.archived(this.#archivedBefore, wanted);
    const isAll = archived.length < wanted;
    const untried = archived.filter((one) => !this.#failed.has(nameOf(one)));
    // All orders of the largest look have failed; those behind them are out of reach.
    if (untried.length === 0) return { orders: [], isAll: true };
    const orders: OrderKey[] = [];
    for (const key of fromBothEnds(untried)) {
      if (orders.length === limit) return { orders, isAll: false };
      if (await this.#isExported(key)) orders.push(key);
      if (this.#inRow < failuresInRow) continue;
      // Exported orders are removed first.
      if (orders.length > 0) return { orders, isAll: false };
      if (isAll || wanted === keysMaximum) throw this.#errors[0];
      this.#reach *= 2;
      this.#inRow -= furtherFailures;
      return { orders, isAll: false };
    }
    // Look further if most fail. Otherwise the failed ones would be read again for every few others.
    if (orders.length < untried.length / 2) this.#reach *= 2;
    return { orders, isAll };
  }

  /** Throws the first error of an export, if there was one. */
  check(): void {
    for (const error of this.#errors) throw error;
  }

  async #isExported(key: OrderKey): Promise<boolean> {
    try {
      await this.#exportOrder({ ...key, events: await historyOf(this.#store, key) });
      this.#inRow = 0;
      return true;
    } catch (error) {
      if (this.#failed.size === 0) this.#errors = [error];
      this.#failed.add(nameOf(key));
      this.#inRow += 1;
      return false;
    }
  }
}

const nameOf = ({ tenantId, orderId }: OrderKey): string => laneKey(tenantId, orderId);

function* fromBothEnds<Item>(items: readonly Item[]): Generator<Item> {
  for (let index = 0; index < items.length; index += 1) {
    const half = Math.floor(index / 2);
    yield items[index % 2 === 0 ? half : items.length - 1 - half] as Item;
  }
}

async function historyOf(store: OrderStore, key: OrderKey): Promise<readonly OrderEvent[]> {
  const events: OrderEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.version ?? 0;
    const page = await store.history(key, after, historyPageSize, pageBytes);
    events.push(...page);
    if (!mayHaveMore(page, historyPageSize)) return events;
  }
}
