import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, OrderRecord } from '../../store/store.ts';
import { type RetryPolicy, retryDelayMs } from '../kernel/backoff.ts';
import { passedMs } from '../kernel/clock.ts';
import { jitteredMs } from '../kernel/jitter.ts';
import { laneKey } from '../kernel/keys.ts';
import { SoonestTimer } from '../kernel/soonest-timer.ts';
import { DueWalk } from './due-walk.ts';
import { TimerFailures } from './timer-failures.ts';
import { TimerFiring } from './timer-firing.ts';
import type { TimerParts } from './timer-parts.ts';
import { TimerShare } from './timer-share.ts';

/** Deadlines that are fired at the same time; fewer while others may be at the same ones. */
const pageSize = 256;
const cautiousSize = 32;
/** Where several engines share what is due, a page is that many times larger, up to this. */
const largestShare = 8;
/** While the store fails, the pause before the next look. */
const storePauses: RetryPolicy = { initialDelayMs: 1000, maximumDelayMs: 15_000 };
/**
 * With a store that others write to as well, the longest time without a look at everything: how
 * late a deadline is at most that another engine has set which is gone.
 */
const sharedDelayMs = 5000;
/** Sweeps where more deadlines fail than are remembered: each tries the forgotten ones again. */
const sweepPauses: RetryPolicy = { initialDelayMs: sharedDelayMs, maximumDelayMs: 300_000 };
/** Retries wait for one another: with thousands of pauses, each would else have its own look. */
const retryRestMs = 1000;
/** While others have not fired what is theirs, it is looked at again after so long. */
const othersDelayMs = 200;
/** Deadlines that were stored behind a walk and are fired by themselves; beyond, it goes back. */
const urgentMaximum = 1024;

/**
 * Fires the deadlines of all orders when they are due. The deadlines are the store's; the loop
 * only knows when the earliest one comes, and asks the store then. So nothing is lost with the
 * process, and what came due while it was away is fired when it is back.
 *
 * What is due is walked through page by page, from where the last look ended: a deadline that
 * cannot be fired stays behind, is tried again by itself, and holds up no other. Only now and then
 * a sweep begins at the beginning. A look takes turns between a page of what is new, retries, and
 * a page of the sweep, so that none of them has to wait for all of another.
 */
export class Timers {
  readonly #parts: TimerParts;
  readonly #share: TimerShare;
  readonly #failures: TimerFailures;
  readonly #firing: TimerFiring;
  readonly #again: SoonestTimer;
  #nextAt: Timestamp = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;
  readonly #news = new DueWalk();
  #sweep: DueWalk | undefined;
  #sweepAtMs = Number.POSITIVE_INFINITY;
  #othersAtMs = Number.POSITIVE_INFINITY;
  /** Failures too many to be remembered, and after how many sweeps in a row there still were any. */
  #forgotten = 0;
  #crowdedSweeps = 0;
  /** Up to when a walk may have passed the place of a deadline that is stored now. */
  #walkedTo: Timestamp = Number.NEGATIVE_INFINITY;
  readonly #urgent = new Map<string, DueOrder>();
  #missedFrom: Timestamp = Number.POSITIVE_INFINITY;
  #chunkSize = cautiousSize;
  #storeFailures = 0;

  constructor(parts: TimerParts) {
    this.#parts = parts;
    this.#share = new TimerShare(parts);
    this.#failures = new TimerFailures(parts);
    this.#firing = new TimerFiring(parts.fire, this.#failures);
    this.#again = new SoonestTimer(parts.clock, () => this.#look());
  }

  /** Orders whose deadline is due and could not be fired when it was last tried here. */
  get failing(): number {
    return this.#failures.size + this.#forgotten;
  }

  /** Looks for what is due already. */
  start(): void {
    this.#look();
  }

  /** Hears of an order that was stored. On the hot path. */
  noticed({ tenantId, orderId, deadlines }: OrderRecord): void {
    const [deadline] = deadlines;
    if (deadline === undefined) return;
    const due: DueOrder = { tenantId, orderId, deadline };
    if (this.#failures.has(due)) return;
    const { dueAt } = deadline;
    if (dueAt <= this.#walkedTo) this.#hurry(due);
    if (dueAt < this.#nextAt) this.#plan(dueAt);
  }

  /** The store may hold others than it held: goes back to the first of all. */
  lookAnew(): void {
    this.#missedFrom = Number.NEGATIVE_INFINITY;
    this.#plan(Number.NEGATIVE_INFINITY);
  }

  /** No more deadlines are fired; resolves when those under way are done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#again.clear();
    await this.#looking;
    await this.#share.leave();
  }

  /** No walk would find it. */
  #hurry(due: DueOrder): void {
    const lane = laneKey(due.tenantId, due.orderId);
    if (this.#urgent.size < urgentMaximum) this.#urgent.set(lane, due);
    else this.#missedFrom = Math.min(this.#missedFrom, due.deadline.dueAt);
  }

  #plan(at: Timestamp): void {
    this.#nextAt = at;
    // While looking, what comes next is asked of the store at the end.
    if (this.#isStopped || this.#looking !== undefined) return;
    const { clock } = this.#parts;
    this.#cancel?.();
    this.#cancel = undefined;
    if (at <= clock.now()) this.#look();
    else if (at < Number.POSITIVE_INFINITY) this.#cancel = clock.schedule(at, () => this.#look());
  }

  #look(): void {
    if (this.#isStopped || this.#looking !== undefined) return;
    this.#again.clear();
    this.#chunkSize = cautiousSize;
    this.#firing.begin();
    this.#looking = this.#parts.activity.during(this.#fireAllDue());
  }

  async #fireAllDue(): Promise<void> {
    const { store, clock } = this.#parts;
    let nextAt = Number.POSITIVE_INFINITY;
    this.#nextAt = Number.POSITIVE_INFINITY;
    try {
      this.#begin();
      let now = clock.now();
      while (!this.#isStopped && (await this.#step(now))) now = clock.now();
      this.#walkedTo = this.#news.after?.dueAt ?? Number.NEGATIVE_INFINITY;
      nextAt = (await store.nextDueAt(now)) ?? Number.POSITIVE_INFINITY;
      this.#storeFailures = 0;
      this.#planAgain();
    } catch (error) {
      this.#backOff(error);
    }
    this.#looking = undefined;
    this.#plan(Math.min(nextAt, this.#nextAt));
  }

  #begin(): void {
    this.#othersAtMs = Number.POSITIVE_INFINITY;
    this.#news.goBackTo(this.#missedFrom);
    this.#missedFrom = Number.POSITIVE_INFINITY;
    const isTime = passedMs(this.#parts.clock) >= this.#sweepAtMs;
    // What is new begins at the beginning where nothing was left behind.
    if (isTime && !this.#news.isWhole) this.#sweep ??= new DueWalk();
  }

  /** Some of each kind of work; false when nothing is left to do for now. */
  async #step(now: Timestamp): Promise<boolean> {
    this.#walkedTo = Math.max(now, this.#news.after?.dueAt ?? now);
    const hasNews = await this.#takePage(this.#news, now);
    if (!hasNews) this.#rest();
    const hasRetries = await this.#fireSingly();
    const hasMore = this.#sweep !== undefined && (await this.#takePage(this.#sweep, now));
    if (this.#sweep !== undefined && !hasMore) {
      this.#swept(this.#sweep);
      this.#sweep = undefined;
    }
    return hasNews || hasRetries || hasMore;
  }

  /** Fires what is ours on the next page of a walk; false when that was the last one. */
  async #takePage(walk: DueWalk, now: Timestamp): Promise<boolean> {
    const { store } = this.#parts;
    const limit = pageSize * Math.min(this.#share.size, largestShare);
    const page = await store.due(now, limit, walk.after);
    const open = page.filter((due) => !this.#failures.has(due) && !walk.hasTried(due));
    if (store.features.shared) await this.#share.refresh(open.length > cautiousSize);
    const isOurs = (due: DueOrder): boolean => this.#share.isOurs(due, now);
    const ours = open.filter(isOurs);
    const others = open.find((due) => !isOurs(due));
    if (others !== undefined) walk.skip(page, others);
    const chosen = this.#some(ours);
    const { wasTaken, forgotten } = await this.#firing.fireEach(chosen);
    if (wasTaken) this.#share.meetCompany();
    this.#chunkSize = wasTaken ? cautiousSize : pageSize;
    walk.note(chosen, forgotten);
    if (chosen.length < ours.length) return true;
    walk.turn(page);
    return page.length >= limit;
  }

  /** Retries whose pause is over, and what was stored behind the walks. */
  async #fireSingly(): Promise<boolean> {
    const limit = this.#firing.chunkSize;
    const urgent = [...this.#urgent].slice(0, limit);
    const dues = urgent.map(([, due]) => due);
    const chosen = [...dues, ...this.#failures.ready(limit - urgent.length)];
    const { forgotten } = await this.#firing.fireEach(chosen);
    // Those that are known to be forgotten may be among them.
    this.#forgotten = Math.max(this.#forgotten, forgotten);
    for (const [lane, due] of urgent) {
      // Another deadline of the order may have been stored meanwhile.
      if (this.#urgent.get(lane) === due) this.#urgent.delete(lane);
    }
    return chosen.length > 0;
  }

  /**
   * The deadlines to fire next. Where others may be at the same ones and do not share them with us
   * yet, a few from anywhere on the page: then few are tried for twice, and the first that is tells.
   */
  #some(ours: readonly DueOrder[]): readonly DueOrder[] {
    const { store, random } = this.#parts;
    const isCautious = store.features.shared && this.#share.size === 1;
    const size = Math.min(isCautious ? this.#chunkSize : pageSize, this.#firing.chunkSize);
    if (ours.length <= size) return ours;
    const from = Math.floor(random() * ours.length);
    return [...ours.slice(from), ...ours].slice(0, size);
  }

  /** What is new has been seen; where nothing was left behind, the next look sees everything. */
  #rest(): void {
    const news = this.#news;
    if (news.isWhole) this.#swept(news);
    else this.#forgotten += news.forgotten;
    if (news.hasSkipped) {
      this.#othersAtMs = passedMs(this.#parts.clock) + this.#jittered(othersDelayMs);
    }
    const isClear = this.failing === 0 && !news.hasSkipped;
    news.rest();
    if (isClear) news.restart();
    if (this.#forgotten > 0 && this.#sweepAtMs === Number.POSITIVE_INFINITY) this.#sweepLater();
  }

  /** A walk has seen everything there is. */
  #swept(walk: DueWalk): void {
    this.#forgotten = walk.forgotten;
    this.#crowdedSweeps = walk.forgotten > 0 ? this.#crowdedSweeps + 1 : 0;
    this.#sweepLater();
    // What it skipped stands before what is new.
    if (walk !== this.#news && walk.hasSkipped && this.#forgotten === 0) {
      this.#sweepAtMs = passedMs(this.#parts.clock) + this.#jittered(othersDelayMs);
    }
  }

  #sweepLater(): void {
    const { clock, store, random } = this.#parts;
    const attempts = Math.max(1, this.#crowdedSweeps);
    if (this.#forgotten > 0) {
      this.#sweepAtMs = passedMs(clock) + retryDelayMs(sweepPauses, attempts, random());
    } else {
      const delayMs = this.#jittered(sharedDelayMs);
      this.#sweepAtMs = store.features.shared
        ? passedMs(clock) + delayMs
        : Number.POSITIVE_INFINITY;
    }
  }

  /** When to look again, whatever comes due: no later than any of these wants it. */
  #planAgain(): void {
    const { clock, store } = this.#parts;
    const nowMs = passedMs(clock);
    const delays = [
      Math.max(retryRestMs, this.#failures.nextRetryDelayMs),
      this.#sweepAtMs - nowMs,
      this.#othersAtMs - nowMs,
    ];
    if (store.features.shared) delays.push(this.#jittered(sharedDelayMs));
    this.#again.set(Math.max(0, Math.min(...delays)));
  }

  #backOff(error: unknown): void {
    const { logger, random } = this.#parts;
    this.#storeFailures += 1;
    logger.error('Deadlines wait for the store.', { error });
    this.#again.set(retryDelayMs(storePauses, this.#storeFailures, random()));
  }

  #jittered(delayMs: number): number {
    return jitteredMs(delayMs, this.#parts.random());
  }
}
