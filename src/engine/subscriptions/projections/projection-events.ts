import type { FeedEntry } from '../../../store/store.ts';
import type { ConsumerParts } from '../parts.ts';
import type { ParkedOrders } from './parked-orders.ts';
import type { ProjectionSearch } from './projection-search.ts';
import type { ProjectionTransactions } from './projection-transactions.ts';

/** Decides what to do with each event of a page, in the transaction of that page. */
export class ProjectionEvents {
  readonly #parts: ConsumerParts;
  readonly #parked: ParkedOrders;
  readonly #search: ProjectionSearch;
  readonly #transactions: ProjectionTransactions;

  constructor(
    parts: ConsumerParts,
    parked: ParkedOrders,
    search: ProjectionSearch,
    transactions: ProjectionTransactions,
  ) {
    this.#parts = parts;
    this.#parked = parked;
    this.#search = search;
    this.#transactions = transactions;
  }

  /** Handles an event, or parks it behind the others of its order. */
  async apply(entry: FeedEntry, attempt: number, transaction: unknown): Promise<void> {
    const { position, event } = entry;
    if (!this.#parts.matches(event.type)) return;
    const failure = this.#search.failureOf(entry);
    if (this.#parked.has(event) || (failure && position > failure.position)) {
      await this.#transactions.park({ position, event, error: null, attempts: 0 }, transaction);
    } else if (failure) {
      const { error, attempts, delayMs } = failure;
      const retryAt = this.#parts.clock.now() + delayMs;
      await this.#transactions.park({ position, event, error, attempts, retryAt }, transaction);
    } else {
      await this.#transactions.handle(event, transaction, attempt);
    }
  }

  /** The transaction is committed: counts its events, and remembers the orders put aside in it. */
  passed(part: readonly FeedEntry[]): void {
    const { counters, matches } = this.#parts;
    for (const entry of part) {
      const { position, event } = entry;
      if (!matches(event.type)) continue;
      const failure = this.#search.failureOf(entry);
      const isHead = failure?.position === position && !this.#parked.has(event);
      if (isHead) this.#parked.rest(event, failure.delayMs);
      if (!this.#parked.has(event)) counters.eventsHandled += 1;
      else if (this.#parked.isAside(event)) counters.eventsPutAside += 1;
      else counters.eventsParked += 1;
    }
    this.#search.passed(part.at(-1)?.position ?? 0);
  }
}
