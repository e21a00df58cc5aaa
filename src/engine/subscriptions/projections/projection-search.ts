import type { OrderEvent } from '../../../order/envelope.ts';
import type { FeedEntry } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { laneKey } from '../../kernel/keys.ts';
import type { ConsumerParts } from '../parts.ts';
import { isPermanent, reasonOf } from '../permanent-error.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import type { ParkedOrders } from './parked-orders.ts';
import type { ProjectionTransactions } from './projection-transactions.ts';

const pageSize = 256;
/** The events tried in the first round. Each further round tries four times as many, up to a limit. */
const firstRoundSize = 16;
const longestRoundSize = 1024;
/** While fewer orders fail, new events are tried immediately, without waiting for the next round. */
const newsLimit = 1000;
/** The most orders put aside; at this number, the partition waits. */
const asideLimit = 50_000;
/** The most orders that one search remembers, each with its reason: about ten megabytes. */
const triedLimit = 10_000;

/** An order whose next event fails temporarily. */
export interface FailingOrder {
  /** The position of that event; later ones of the order wait behind it. */
  readonly position: number;
  readonly error: string;
  readonly attempts: number;
  readonly delayMs: number;
}

/** `more`: every event of a page failed, and the round goes on. `nothing`: the round is over. */
export type SearchResult = 'found' | 'more' | 'nothing' | 'ended';

/**
 * Finds out whether the handler works for any order, when the next event fails. If the read model's
 * table is missing, nothing should be put aside: when it is back, everything continues in order. If
 * a thousand orders fail and others do not, they must make way. So the events behind are tried,
 * each the next one of its order and in a transaction of its own that is rolled back, in growing
 * rounds. Once one succeeds, the failing events before it are known to fail alone.
 */
export class ProjectionSearch {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #parked: ParkedOrders;
  readonly #transactions: ProjectionTransactions;
  readonly #failing = new Map<string, FailingOrder>();
  /** Orders whose next event is refused permanently; it is parked when its turn comes. */
  readonly #refused = new Set<string>();
  #scanned = 0;
  #isAtEnd = false;
  #rounds = 0;
  /** How many more events the round may try. */
  #left = 0;
  /** The position of an event that succeeded; 0 while there is none. */
  #end = 0;

  constructor(
    parts: ConsumerParts,
    lease: WorkerLease,
    parked: ParkedOrders,
    transactions: ProjectionTransactions,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#parked = parked;
    this.#transactions = transactions;
  }

  get isInProgress(): boolean {
    return this.#left > 0;
  }

  /**
   * Returns why the event's order fails alone, and so is put aside when the event's turn comes. Also
   * for its events behind the one that succeeded: they may be on the same page, and wait as well.
   */
  failureOf({ event }: FeedEntry): FailingOrder | undefined {
    return this.#end > 0 ? this.#failing.get(nameOf(event)) : undefined;
  }

  /** The next event has failed: begins a round that tries those behind it. */
  begin({ position, event }: FeedEntry, error: unknown, attempts: number): void {
    if (this.#end > 0) this.stop();
    if (this.#isAtEnd) this.#startOver();
    this.#note(position, event, error, attempts);
    this.#scanned = Math.max(this.#scanned, position);
    this.#left = Math.min(firstRoundSize * 4 ** this.#rounds, longestRoundSize);
    this.#rounds = Math.min(this.#rounds + 1, 16);
  }

  /** The feed has new events. They are tried immediately if all others have been. */
  goOn(): void {
    if (!this.#isAtEnd || this.#failing.size >= newsLimit) return;
    this.#isAtEnd = false;
    this.#left = newsLimit - this.#failing.size;
  }

  /** Tries the events of one more page. */
  async next(): Promise<SearchResult> {
    const { partition } = this.#lease.current;
    const page = await this.#parts.store.feed(partition, this.#scanned, pageSize, pageBytes);
    if (page.length === 0) {
      this.#isAtEnd = true;
      this.#left = 0;
      return 'nothing';
    }
    for (const { position, event } of page) {
      if (!this.isInProgress) return 'nothing';
      this.#scanned = position;
      if (this.#isKnown(event)) continue;
      if (this.#isFull) {
        this.#left = 0;
        return 'nothing';
      }
      const end = await this.#transactions.tryOut(event);
      if (end === 'ended') return 'ended';
      if (end === 'done') {
        this.#left = 0;
        this.#end = position;
        return 'found';
      }
      this.#left -= 1;
      if (isPermanent(end.error)) this.#refused.add(nameOf(event));
      else this.#note(position, event, end.error, 1);
    }
    return this.isInProgress ? 'more' : 'nothing';
  }

  /** Everything up to a position is projected, parked or put aside. */
  passed(position: number): void {
    if (position >= this.#end) this.stop();
  }

  stop(): void {
    this.#rounds = 0;
    this.#end = 0;
    this.#startOver();
  }

  get #isFull(): boolean {
    const tried = this.#failing.size + this.#refused.size;
    return tried >= triedLimit || this.#parked.asideCount + tried >= asideLimit;
  }

  #isKnown(event: OrderEvent): boolean {
    const name = nameOf(event);
    const isTried = this.#failing.has(name) || this.#refused.has(name);
    return isTried || this.#parked.has(event) || !this.#parts.matches(event.type);
  }

  #note(position: number, event: OrderEvent, error: unknown, attempts: number): void {
    const { settings, random } = this.#parts;
    const delayMs = retryDelayMs(settings.retry, attempts, random());
    const failing = { position, error: reasonOf(error), attempts, delayMs };
    this.#failing.set(nameOf(event), failing);
  }

  #startOver(): void {
    this.#left = 0;
    this.#scanned = 0;
    this.#isAtEnd = false;
    this.#failing.clear();
    this.#refused.clear();
  }
}

function nameOf({ tenantId, orderId }: OrderEvent): string {
  return laneKey(tenantId, orderId);
}
