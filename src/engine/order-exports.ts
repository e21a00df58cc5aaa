import type { OrderEvent } from '../order/envelope.ts';
import type { OrderKey, OrderStore } from '../store/store.ts';
import { mayHaveMore, pageBytes } from './kernel/event-pages.ts';
import { laneKey } from './kernel/keys.ts';

/** An order that is about to be removed, as `exportOrder` gets it. */
export interface ExpiredOrder {
  readonly tenantId: string;
  readonly orderId: string;
  /** All of its events; the order is the fold of them. */
  readonly events: readonly OrderEvent[];
}

/** When so many in a row could not be exported, it is hardly because of each of them. */
const failuresInRow = 100;
/** So many more are tried of what lies behind them. */
const furtherFailures = 10;
/** Keys looked at together, at most: some megabytes. */
const keysMaximum = 100_000;
/** Events read at once. */
const historyPageSize = 500;

/** What one look has exported, to be removed now. */
export interface ExportedOrders {
  readonly orders: readonly OrderKey[];
  /** Whether nothing was left to look at. */
  readonly isAll: boolean;
}

/**
 * Exports archived orders, and goes past those that cannot be: they stay, are tried once, and hold up
 * no other. Where nothing at all can be exported it ends after some hundred tries. To tell the two
 * apart it takes orders from both ends of what it sees, and sees twice as far when most of it fails.
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

  /** Exports so many orders, at most. */
  async next(limit: number): Promise<ExportedOrders> {
    const wanted = Math.min(this.#reach + this.#failed.size, keysMaximum);
    const archived = await this.#store.archived(this.#archivedBefore, wanted);
    const isAll = archived.length < wanted;
    const untried = archived.filter((one) => !this.#failed.has(nameOf(one)));
    // As far as can be seen all have failed: what lies behind them cannot be reached.
    if (untried.length === 0) return { orders: [], isAll: true };
    const orders: OrderKey[] = [];
    for (const key of fromBothEnds(untried)) {
      if (orders.length === limit) return { orders, isAll: false };
      if (await this.#isExported(key)) orders.push(key);
      if (this.#inRow < failuresInRow) continue;
      // What was exported is removed first.
      if (orders.length > 0) return { orders, isAll: false };
      if (isAll || wanted === keysMaximum) throw this.#errors[0];
      this.#reach *= 2;
      this.#inRow -= furtherFailures;
      return { orders, isAll: false };
    }
    // Else those that failed would be looked at once more for every few that did not.
    if (orders.length < untried.length / 2) this.#reach *= 2;
    return { orders, isAll };
  }

  /** Throws the first of the errors, if there was one. */
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
