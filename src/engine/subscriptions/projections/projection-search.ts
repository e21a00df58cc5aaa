import type { OrderEvent } from '../../../order/envelope.ts';
import type { FeedEntry } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { laneKey } from '../../kernel/keys.ts';
import { isForGood, reasonOf } from '../handler-failure.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import type { ParkedOrders } from './parked-orders.ts';
import type { ProjectionTransactions } from './projection-transactions.ts';

const pageSize = 256;
/** Events tried in the first round, four times as many in each further one, up to the last figure. */
const firstRoundSize = 16;
const longestRoundSize = 1024;
/** So many orders may have failed when news are tried as they come, without waiting for a round. */
const newsLimit = 1000;
/** Orders put aside at most; when there are more, the partition waits. */
const asideLimit = 50_000;
/** Orders met by one search at most, each with its reason: about ten megabytes. */
const metLimit = 10_000;

/** An order whose next event fails for now. */
export interface FailingOrder {
  /** Of that event; those behind it have failed with it. */
  readonly position: number;
  readonly error: string;
  readonly attempts: number;
  readonly delayMs: number;
}

/** `more`: a page was tried in vain, and the round is not over. `nothing`: the round is over. */
export type SearchResult = 'found' | 'more' | 'nothing' | 'ended';

/**
 * Finds out whether the handler works for anybody, when the next event fails for now. If the read
 * model's table is away nothing is to be put aside: it comes back, and all goes on in its place. If
 * a thousand orders fail and others do not, they must make room. So the events behind are tried, each
 * the next one of its order and in a transaction of its own that is undone, in growing rounds. Once
 * one works, those before it fail alone.
 */
export class ProjectionSearch {
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #parked: ParkedOrders;
  readonly #transactions: ProjectionTransactions;
  readonly #failing = new Map<string, FailingOrder>();
  /** Orders whose next event is refused for good; that is dealt with when its turn comes. */
  readonly #refused = new Set<string>();
  #scanned = 0;
  #isAtEnd = false;
  #rounds = 0;
  /** How many events the round may try yet. */
  #left = 0;
  /** The event at this position works. */
  #end = 0;

  constructor(
    parts: ConsumerParts,
    keeper: LeaseKeeper,
    parked: ParkedOrders,
    transactions: ProjectionTransactions,
  ) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#parked = parked;
    this.#transactions = transactions;
  }

  /** Whether a round has begun and is not over. */
  get isUnderWay(): boolean {
    return this.#left > 0;
  }

  /** Why the event is put aside when its turn comes, with all of its order: it fails alone. */
  failureOf({ position, event }: FeedEntry): FailingOrder | undefined {
    return position < this.#end ? this.#failing.get(nameOf(event)) : undefined;
  }

  /** The next event has failed for now: a round of looking at those behind it begins. */
  begin({ position, event }: FeedEntry, error: unknown, attempts: number): void {
    if (this.#end > 0) this.stop();
    if (this.#isAtEnd) this.#beginAnew();
    this.#note(position, event, error, attempts);
    this.#scanned = Math.max(this.#scanned, position);
    this.#left = Math.min(firstRoundSize * 4 ** this.#rounds, longestRoundSize);
    this.#rounds = Math.min(this.#rounds + 1, 16);
  }

  /** There is more in the feed: it is tried at once when all that was there has been. */
  goOn(): void {
    if (!this.#isAtEnd || this.#failing.size >= newsLimit) return;
    this.#isAtEnd = false;
    this.#left = newsLimit - this.#failing.size;
  }

  /** Tries the events of one more page. */
  async next(): Promise<SearchResult> {
    const { partition } = this.#keeper.lease;
    const page = await this.#parts.store.feed(partition, this.#scanned, pageSize, pageBytes);
    if (page.length === 0) {
      this.#isAtEnd = true;
      this.#left = 0;
      return 'nothing';
    }
    for (const { position, event } of page) {
      if (!this.isUnderWay) return 'nothing';
      this.#scanned = position;
      if (this.#isPassed(event)) continue;
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
      if (isForGood(end.error)) this.#refused.add(nameOf(event));
      else this.#note(position, event, end.error, 1);
    }
    return this.isUnderWay ? 'more' : 'nothing';
  }

  /** Everything up to a position was dealt with. */
  passed(position: number): void {
    if (position >= this.#end) this.stop();
  }

  /** Forgets what it has found. */
  stop(): void {
    this.#rounds = 0;
    this.#end = 0;
    this.#beginAnew();
  }

  get #isFull(): boolean {
    const met = this.#failing.size + this.#refused.size;
    return met >= metLimit || this.#parked.asideCount + met >= asideLimit;
  }

  #isPassed(event: OrderEvent): boolean {
    const name = nameOf(event);
    const isMet = this.#failing.has(name) || this.#refused.has(name) || this.#parked.has(event);
    return isMet || !this.#parts.matches(event.type);
  }

  #note(position: number, event: OrderEvent, error: unknown, attempts: number): void {
    const { settings, random } = this.#parts;
    const delayMs = retryDelayMs(settings.retry, attempts, random());
    const failing = { position, error: reasonOf(error), attempts, delayMs };
    this.#failing.set(nameOf(event), failing);
  }

  #beginAnew(): void {
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
