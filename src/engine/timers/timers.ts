import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, OrderRecord } from '../../store/store.ts';
import { jitteredMs, type RetryPolicy, retryDelayMs } from '../kernel/backoff.ts';
import { passedMs } from '../kernel/clock.ts';
import { laneKey } from '../kernel/keys.ts';
import { SoonestTimer } from '../kernel/soonest-timer.ts';
import { DueWalk } from './due-walk.ts';
import { TimerFailures } from './timer-failures.ts';
import { TimerFiring } from './timer-firing.ts';
import type { TimerParts } from './timer-parts.ts';
import { TimerShare } from './timer-share.ts';

/** Deadlines that are fired at the same time; fewer while other engines may fire the same ones. */
const pageSize = 256;
const cautiousSize = 32;
/** A page is larger by the number of engines that share, up to this factor. */
const largestShare = 8;
/** The delay before the next look while the store fails. */
const storePauses: RetryPolicy = { initialDelayMs: 1000, maximumDelayMs: 15_000 };
/**
 * With a shared store, the longest time between two looks at everything. It bounds how late a
 * deadline fires that another engine set before it vanished.
 */
const sharedDelayMs = 5000;
/** Delays between sweeps when more deadlines fail than are remembered; each sweep retries them. */
const sweepPauses: RetryPolicy = { initialDelayMs: sharedDelayMs, maximumDelayMs: 300_000 };
/** The shortest time between looks for retries. Otherwise each of thousands would cause a look. */
const retryRestMs = 1000;
/** The delay before the next look while other engines have not fired their deadlines. */
const othersDelayMs = 200;
/** Deadlines set behind the walk that are fired individually; for more, the walk goes back. */
const urgentMaximum = 1024;

/**
 * Fires the deadlines of all orders when they are due. The deadlines are in the store; the loop only
 * knows when the earliest one is due, and reads the store then. So nothing is lost with the process,
 * and deadlines that became due while it was down fire when it is back.
 *
 * A look walks through the due deadlines page by page, from where the last look ended: a deadline
 * that cannot be fired is passed, retried individually, and does not block the others. From time to
 * time a sweep starts at the beginning. A look alternates between a page of new deadlines, retries,
 * and a page of the sweep, so that none of them waits for all of another.
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
  /** Failures that are not remembered individually, and the sweeps in a row that met any. */
  #forgotten = 0;
  #crowdedSweeps = 0;
  /** The latest time that the walk may have passed; an earlier new deadline is urgent. */
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

  /** Orders with a due deadline that the last attempt of this engine could not fire. */
  get failing(): number {
    return this.#failures.size + this.#forgotten;
  }

  /** Starts with a look for deadlines that are already due. */
  start(): void {
    this.#look();
  }

  /** Called with every order that was stored. On the hot path. */
  noticed({ tenantId, orderId, deadlines }: OrderRecord): void {
    const [deadline] = deadlines;
    if (deadline === undefined) return;
    const due: DueOrder = { tenantId, orderId, deadline };
    if (this.#failures.has(due)) return;
    const { dueAt } = deadline;
    if (dueAt <= this.#walkedTo) this.#hurry(due);
    if (dueAt < this.#nextAt) this.#plan(dueAt);
  }

  /** Walks from the beginning, because the store may have other deadlines than before. */
  startOver(): void {
    this.#missedFrom = Number.NEGATIVE_INFINITY;
    this.#plan(Number.NEGATIVE_INFINITY);
  }

  /** Fires no more deadlines. Resolves when those in progress are done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#again.clear();
    await this.#looking;
    await this.#share.leave();
  }

  /** Queues a deadline that no walk would find. */
  #hurry(due: DueOrder): void {
    const lane = laneKey(due.tenantId, due.orderId);
    if (this.#urgent.size < urgentMaximum) this.#urgent.set(lane, due);
    else this.#missedFrom = Math.min(this.#missedFrom, due.deadline.dueAt);
  }

  #plan(at: Timestamp): void {
    this.#nextAt = at;
    // A look in progress reads the next deadline from the store at its end.
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
    // A walk that starts at the beginning sees everything by itself.
    if (isTime && !this.#news.isWhole) this.#sweep ??= new DueWalk();
  }

  /** Does some of each kind of work. Returns false when nothing is left to do for now. */
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

  /** Fires this engine's deadlines on the next page of a walk. Returns false after the last page. */
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
    if (wasTaken) this.#share.noticeOther();
    this.#chunkSize = wasTaken ? cautiousSize : pageSize;
    walk.note(chosen, forgotten);
    if (chosen.length < ours.length) return true;
    walk.turn(page);
    return page.length >= limit;
  }

  /** Fires the due retries, and the deadlines that were set behind the walks. */
  async #fireSingly(): Promise<boolean> {
    const limit = this.#firing.chunkSize;
    const urgent = [...this.#urgent].slice(0, limit);
    const dues = urgent.map(([, due]) => due);
    const chosen = [...dues, ...this.#failures.ready(limit - urgent.length)];
    const { forgotten } = await this.#firing.fireEach(chosen);
    // Not added: they may be among those counted already.
    this.#forgotten = Math.max(this.#forgotten, forgotten);
    for (const [lane, due] of urgent) {
      // Another deadline of the order may have been queued in the meantime.
      if (this.#urgent.get(lane) === due) this.#urgent.delete(lane);
    }
    return chosen.length > 0;
  }

  /**
   * Returns the deadlines to fire next. While other engines may fire the same ones without sharing, a
   * few from a random place of the page: then few are tried twice, and the first of them reveals the
   * other engine.
   */
  #some(ours: readonly DueOrder[]): readonly DueOrder[] {
    const { store, random } = this.#parts;
    const isCautious = store.features.shared && this.#share.size === 1;
    const size = Math.min(isCautious ? this.#chunkSize : pageSize, this.#firing.chunkSize);
    if (ours.length <= size) return ours;
    const from = Math.floor(random() * ours.length);
    return [...ours.slice(from), ...ours].slice(0, size);
  }

  /** Ends the walk of this look. When it left nothing behind, the next one starts at the beginning. */
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

  /** A walk has seen all due deadlines. */
  #swept(walk: DueWalk): void {
    this.#forgotten = walk.forgotten;
    this.#crowdedSweeps = walk.forgotten > 0 ? this.#crowdedSweeps + 1 : 0;
    this.#sweepLater();
    // The skipped deadlines are behind the other walk, so only a sweep finds them.
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

  /** Plans the next look, apart from the next deadline: at the earliest of these times. */
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
    logger.error('The store failed; due deadlines will be retried.', { error });
    this.#again.set(retryDelayMs(storePauses, this.#storeFailures, random()));
  }

  #jittered(delayMs: number): number {
    return jitteredMs(delayMs, this.#parts.random());
  }
}
