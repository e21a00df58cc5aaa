import type { FeedEntry } from '../../../store/store.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { laneKey } from '../../kernel/keys.ts';
import type { ConsumerParts } from '../parts.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import { type LaneItem, laneItem } from './lane-item.ts';
import type { Lanes } from './lanes.ts';
import type { Progress } from './progress.ts';

const pageSize = 256;
/** The events tried in the first round. Each further round tries four times as many, up to a limit. */
const firstRoundSize = 16;
const longestRoundSize = 4096;
/** The most orders that one search remembers, which bounds its memory; then it starts over. */
const passedLimit = 65_536;

/**
 * Finds out whether a handler works for any order, when the whole window fails. If the broker is
 * down, nothing should be put aside: when it is back, everything continues in order. If a thousand
 * orders fail and others do not, they must make way. So events beyond the window are tried, each
 * the next one of its order, in growing rounds with growing pauses, and dropped again when they
 * fail. Once one is handled, the failing events before it are known to fail alone.
 */
export class LookAhead {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #progress: Pick<Progress, 'capacity' | 'read' | 'unfinishedCount'>;
  readonly #lanes: Pick<Lanes, 'failingCount' | 'get' | 'of' | 'retryWaiting'>;
  /** Positions of events that are handled, and not read yet. */
  readonly #done = new Set<number>();
  readonly #trying = new Map<number, LaneItem>();
  /** Orders that the search has passed: a later event of theirs must not be tried. */
  readonly #passed = new Set<string>();
  #scanned = 0;
  #rounds = 0;
  /** The last position at which an event was handled; events before it fail alone. */
  #end = 0;
  #cancel: (() => void) | undefined;
  #isLooking = false;
  #onSettled: (() => void) | undefined;

  constructor(
    parts: ConsumerParts,
    lease: WorkerLease,
    progress: Pick<Progress, 'capacity' | 'read' | 'unfinishedCount'>,
    lanes: Pick<Lanes, 'failingCount' | 'get' | 'of' | 'retryWaiting'>,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#progress = progress;
    this.#lanes = lanes;
  }

  /** Whether the window is full of events that wait for another attempt, so that nothing goes on. */
  get isStuck(): boolean {
    if (this.#lease.isStopping || this.#progress.capacity > 0) return false;
    return this.#lanes.failingCount >= this.#progress.unfinishedCount;
  }

  /** Looks further soon, if the window is stuck. */
  start(): void {
    if (!this.isStuck || this.#isLooking || this.#cancel !== undefined) return;
    this.#cancel = scheduleRetry(this.#parts, this.#parts.settings.retry, this.#rounds + 1, () => {
      this.#cancel = undefined;
      void this.#look();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#rounds = 0;
    this.#startOver();
  }

  /** Reading has reached a position: `true` when its event is done, its item when it is being tried. */
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
   * Decides whether an event fails alone, by whether other events were handled. Returns false if the
   * event is dropped, because it was not its turn.
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
    const { activity, logger } = this.#parts;
    const end = this.#end;
    this.#isLooking = true;
    try {
      let left = Math.min(firstRoundSize * 4 ** this.#rounds, longestRoundSize);
      this.#rounds = Math.min(this.#rounds + 1, 16);
      while (left > 0 && this.isStuck && this.#end === end) {
        const page = await activity.during(this.#nextPage());
        if (page.length === 0) {
          this.#startOver();
          break;
        }
        left -= this.#tryAll(page.slice(0, Math.max(left, firstRoundSize)));
        await this.#settled();
      }
    } catch (error) {
      logger.warn('The feed could not be read; trying again.', { error });
    }
    this.#isLooking = false;
    if (this.#end > end) this.#lanes.retryWaiting();
    else this.start();
  }

  #nextPage(): Promise<readonly FeedEntry[]> {
    if (this.#passed.size > passedLimit) this.#startOver();
    const after = Math.max(this.#scanned, this.#progress.read);
    return this.#parts.store.feed(this.#lease.current.partition, after, pageSize, pageBytes);
  }

  /** Returns how many events were tried. */
  #tryAll(page: readonly FeedEntry[]): number {
    let count = 0;
    for (const { position, event } of page) {
      this.#scanned = position;
      const isRead = position <= this.#progress.read || this.#done.has(position);
      if (isRead || !this.#parts.matches(event.type)) continue;
      const name = laneKey(event.tenantId, event.orderId);
      const isPassed = this.#passed.has(name) || this.#lanes.get(event) !== undefined;
      this.#passed.add(name);
      if (isPassed) continue;
      const item = laneItem(position, event, { isAhead: true });
      this.#trying.set(position, item);
      count += 1;
      this.#lanes.of(event, false).push(item);
    }
    return count;
  }

  #startOver(): void {
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
