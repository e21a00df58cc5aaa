import type { Timestamp } from '../order/values.ts';
import type { DueOrder, OrderStore } from '../store/store.ts';
import type { Activity } from './activity.ts';
import type { Clock } from './clock.ts';
import { jitteredMs } from './jitter.ts';
import { laneKey } from './keys.ts';
import type { Logger } from './logger.ts';
import { TimerShare } from './timer-share.ts';

export interface TimerParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly logger: Logger;
  readonly random: () => number;
  /** Names this engine among those that fire deadlines. */
  readonly owner: string;
  /** Fires one deadline; resolves when that is durable. False when another engine was first. */
  readonly fire: (due: DueOrder) => Promise<boolean>;
}

type FireOutcome = 'fired' | 'taken' | 'failed';

/** Deadlines that are fired at the same time; fewer while others may be at the same ones. */
const pageSize = 256;
const cautiousSize = 32;
/** After a failure, the next look. */
const failureDelayMs = 1000;
/**
 * With a store that others write to as well, the longest time without a look: how late a deadline
 * is at most that another engine has set which is gone.
 */
const sharedDelayMs = 5000;
/** While others have not fired what is theirs, it is looked at again after so long. */
const othersDelayMs = 200;

/**
 * Fires the deadlines of all orders when they are due. The deadlines are the store's; the loop
 * only knows when the earliest one comes, and asks the store then. So nothing is lost with the
 * process, and what came due while it was away is fired when it is back.
 */
export class Timers {
  readonly #parts: TimerParts;
  #nextAt = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;
  readonly #share: TimerShare;
  /** When to look again at what is due, and other engines' to fire. */
  #othersAt: Timestamp | undefined;
  #chunkSize = cautiousSize;
  /** Deadlines that cannot be fired at present, by lane: they must not hold up the others. */
  readonly #failing = new Map<string, Timestamp>();

  constructor(parts: TimerParts) {
    this.#parts = parts;
    this.#share = new TimerShare(parts);
  }

  /** Looks for what is due already. */
  start(): void {
    this.#look();
  }

  /** Hears of a deadline that was stored. On the hot path. */
  noticed(dueAt: Timestamp): void {
    if (dueAt < this.#nextAt) this.#plan(dueAt);
  }

  /** No more deadlines are fired; resolves when those under way are done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#looking;
    await this.#share.leave();
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
    this.#chunkSize = cautiousSize;
    this.#looking = this.#parts.activity.during(this.#fireAllDue());
  }

  async #fireAllDue(): Promise<void> {
    const { store, clock, logger, random } = this.#parts;
    let nextAt = clock.now() + failureDelayMs;
    this.#nextAt = Number.POSITIVE_INFINITY;
    try {
      while (!this.#isStopped && (await this.#fireSomeDue())) {
        // Every deadline fired may have set the next.
      }
      nextAt = this.#othersAt ?? (await store.nextDueAt()) ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      logger.error('Deadlines could not be looked up.', { error });
    }
    const now = clock.now();
    if (nextAt <= now && this.#failing.size > 0) nextAt = now + failureDelayMs;
    if (store.features.shared) {
      nextAt = Math.min(nextAt, now + jitteredMs(sharedDelayMs, random()));
    }
    this.#looking = undefined;
    this.#plan(Math.min(nextAt, this.#nextAt));
  }

  /** Fires some of what is due; false when nothing was fired. */
  async #fireSomeDue(): Promise<boolean> {
    const { store, clock, random } = this.#parts;
    const now = clock.now();
    for (const [lane, until] of this.#failing) if (until <= now) this.#failing.delete(lane);
    const due = await store.due(now, pageSize * this.#share.size + this.#failing.size);
    const ready = due.filter((order) => !this.#failing.has(laneKey(order.tenantId, order.orderId)));
    if (store.features.shared) await this.#share.refresh(ready.length > cautiousSize);
    const ours = ready.filter((order) => this.#share.isOurs(order, now));
    const hasOthers = ours.length < ready.length;
    this.#othersAt = hasOthers ? now + jitteredMs(othersDelayMs, random()) : undefined;
    const fired = await Promise.all(this.#some(ours).map((order) => this.#fire(order)));
    if (fired.includes('taken')) this.#share.meetCompany();
    this.#chunkSize = fired.includes('taken') ? cautiousSize : pageSize;
    // When not one could be fired the store is away, and the rest of what is due would fail too.
    return fired.some((outcome) => outcome !== 'failed');
  }

  /**
   * The deadlines to fire next. Where others may be at the same ones and do not share them with us
   * yet, a few from anywhere on the page: then few are tried for twice, and the first that is tells.
   */
  #some(ours: readonly DueOrder[]): readonly DueOrder[] {
    const { store, random } = this.#parts;
    if (!store.features.shared || this.#share.size > 1) return ours;
    if (ours.length <= this.#chunkSize) return ours;
    const from = Math.floor(random() * ours.length);
    return [...ours.slice(from), ...ours.slice(0, from)].slice(0, this.#chunkSize);
  }

  async #fire(due: DueOrder): Promise<FireOutcome> {
    const { clock, logger, fire, random } = this.#parts;
    try {
      return (await fire(due)) ? 'fired' : 'taken';
    } catch (error) {
      const { tenantId, orderId, deadline } = due;
      const delayMs = failureDelayMs - Math.round((failureDelayMs / 4) * random());
      this.#failing.set(laneKey(tenantId, orderId), clock.now() + delayMs);
      logger.error('A deadline could not be fired; it is tried again.', {
        tenantId,
        orderId,
        deadline,
        error,
      });
      return 'failed';
    }
  }
}
