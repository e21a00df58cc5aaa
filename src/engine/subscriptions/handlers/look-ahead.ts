import type { FeedEntry, OrderKey } from '../../../store/store.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { laneKey } from '../../kernel/keys.ts';
import type { ConsumerParts } from '../parts.ts';
import { type LaneItem, laneItem } from './lane-item.ts';

const pageSize = 256;
/** Events tried in the first round, four times as many in each further one, up to the last figure. */
const firstRoundSize = 16;
const longestRoundSize = 4096;
/** Orders that one search passes at most, which bounds its memory; then it begins anew. */
const passedLimit = 65_536;

/** What a look ahead needs of the one whose window is full. */
export interface LookAheadHost {
  readonly readPosition: number;
  /** The window is full of events that wait for another attempt, so that nothing goes on. */
  readonly isStuck: boolean;
  hasLane(key: OrderKey): boolean;
  /** Has the event tried once, before its turn. */
  try(item: LaneItem): void;
  /** Tries those that wait at once. */
  retryWaiting(): void;
}

/**
 * Finds out whether a handler works for anybody, when the whole window fails. If the broker is away
 * nothing is to be put aside: it comes back, and all goes on in its place. If a thousand orders
 * fail and others do not, they must make room. So events beyond the window are tried, each the
 * next one of its order, in growing rounds with growing pauses, and forgotten again when they fail.
 * Once one is handled, what stands before it and fails can be told to fail alone.
 */
export class LookAhead {
  readonly #parts: ConsumerParts;
  readonly #partition: number;
  readonly #host: LookAheadHost;
  /** Handled, and not reached by reading yet. */
  readonly #done = new Set<number>();
  readonly #trying = new Map<number, LaneItem>();
  /** Orders that the search has met: a later event of theirs must not be tried. */
  readonly #passed = new Set<string>();
  #scanned = 0;
  #rounds = 0;
  /** An event at this position was handled, so those before it need not be waited for. */
  #end = 0;
  #cancel: (() => void) | undefined;
  #isLooking = false;
  #onSettled: (() => void) | undefined;

  constructor(parts: ConsumerParts, partition: number, host: LookAheadHost) {
    this.#parts = parts;
    this.#partition = partition;
    this.#host = host;
  }

  /** The window is full and nothing goes on: looks further, soon. */
  start(): void {
    if (this.#isLooking || this.#cancel !== undefined) return;
    this.#cancel = scheduleRetry(this.#parts, this.#parts.settings.retry, this.#rounds + 1, () => {
      this.#cancel = undefined;
      void this.#look();
    });
  }

  /** Things go on, or end. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#rounds = 0;
    this.#beginAnew();
  }

  /** Reading has come to an event: `true` when it is dealt with, its item when it is being tried. */
  reached(position: number): boolean | LaneItem {
    const item = this.#trying.get(position);
    if (item === undefined) return this.#done.delete(position);
    item.isAhead = false;
    this.#settle(item);
    return item;
  }

  handled(item: LaneItem): void {
    this.#done.add(item.position);
    this.#end = Math.max(this.#end, item.position);
    this.#settle(item);
  }

  /**
   * Judges by what else was handled whether an event fails alone. False when it is forgotten: it
   * was not its turn.
   */
  failed(item: LaneItem): boolean {
    if (item.isAhead) {
      this.#settle(item);
      return false;
    }
    const { position, handledBefore, handledAtFailure = Number.POSITIVE_INFINITY } = item;
    item.failsAlone ||= position < this.#end || handledBefore > handledAtFailure;
    item.handledAtFailure = this.#parts.outlook.handled;
    return true;
  }

  async #look(): Promise<void> {
    const { activity, logger, settings } = this.#parts;
    const end = this.#end;
    this.#isLooking = true;
    try {
      let left = Math.min(firstRoundSize * 4 ** this.#rounds, longestRoundSize);
      this.#rounds = Math.min(this.#rounds + 1, 16);
      while (left > 0 && this.#host.isStuck && this.#end === end) {
        const page = await activity.during(this.#nextPage());
        if (page.length === 0) {
          this.#beginAnew();
          break;
        }
        left -= this.#tryAll(page.slice(0, Math.max(left, firstRoundSize)));
        await this.#settled();
      }
    } catch (error) {
      logger.warn('The feed could not be read.', { subscription: settings.name, error });
    }
    this.#isLooking = false;
    if (this.#end > end) this.#host.retryWaiting();
    else if (this.#host.isStuck) this.start();
  }

  #nextPage(): Promise<readonly FeedEntry[]> {
    if (this.#passed.size > passedLimit) this.#beginAnew();
    const after = Math.max(this.#scanned, this.#host.readPosition);
    return this.#parts.store.feed(this.#partition, after, pageSize, pageBytes);
  }

  /** Gives how many were tried. */
  #tryAll(page: readonly FeedEntry[]): number {
    let count = 0;
    for (const { position, event } of page) {
      this.#scanned = position;
      const isRead = position <= this.#host.readPosition || this.#done.has(position);
      if (isRead || !this.#parts.matches(event.type)) continue;
      const name = laneKey(event.tenantId, event.orderId);
      const isPassed = this.#passed.has(name) || this.#host.hasLane(event);
      this.#passed.add(name);
      if (isPassed) continue;
      const item = laneItem(position, event, { isAhead: true });
      this.#trying.set(position, item);
      count += 1;
      this.#host.try(item);
    }
    return count;
  }

  #beginAnew(): void {
    this.#scanned = 0;
    this.#passed.clear();
  }

  #settled(): Promise<void> {
    if (this.#trying.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  #settle({ position }: LaneItem): void {
    this.#trying.delete(position);
    if (this.#trying.size === 0) this.#onSettled?.();
  }
}
