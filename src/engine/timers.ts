import type { Timestamp } from '../order/values.ts';
import type { DueOrder, OrderStore } from '../store/store.ts';
import type { Activity } from './activity.ts';
import type { Clock } from './clock.ts';
import { laneKey } from './keys.ts';
import type { Logger } from './logger.ts';

export interface TimerParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly activity: Activity;
  readonly logger: Logger;
  /** Fires one deadline; resolves when that is durable, or was not needed. */
  readonly fire: (due: DueOrder) => Promise<unknown>;
}

/** Deadlines that are fired at the same time. */
const pageSize = 256;
/** After a failure, the next look. */
const failureDelayMs = 1000;
/** With a store that others write to as well, the longest time without a look. */
const sharedDelayMs = 60_000;

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
  /** Deadlines that cannot be fired at present, by lane: they must not hold up the others. */
  readonly #failing = new Map<string, Timestamp>();

  constructor(parts: TimerParts) {
    this.#parts = parts;
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
    this.#looking = this.#parts.activity.during(this.#fireAllDue());
  }

  async #fireAllDue(): Promise<void> {
    const { store, clock, logger } = this.#parts;
    let nextAt = clock.now() + failureDelayMs;
    this.#nextAt = Number.POSITIVE_INFINITY;
    try {
      while (!this.#isStopped && (await this.#fireSomeDue())) {
        // Every deadline fired may have set the next.
      }
      nextAt = (await store.nextDueAt()) ?? Number.POSITIVE_INFINITY;
    } catch (error) {
      logger.error('Deadlines could not be looked up.', { error });
    }
    const now = clock.now();
    if (nextAt <= now && this.#failing.size > 0) nextAt = now + failureDelayMs;
    if (store.features.shared) nextAt = Math.min(nextAt, now + sharedDelayMs);
    this.#looking = undefined;
    this.#plan(Math.min(nextAt, this.#nextAt));
  }

  /** Fires a page of what is due; false when nothing was fired. */
  async #fireSomeDue(): Promise<boolean> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    for (const [lane, until] of this.#failing) if (until <= now) this.#failing.delete(lane);
    const due = await store.due(now, pageSize + this.#failing.size);
    const ready = due.filter((order) => !this.#failing.has(laneKey(order.tenantId, order.orderId)));
    const fired = await Promise.all(ready.map((order) => this.#fire(order)));
    // When not one could be fired the store is away, and the rest of what is due would fail too.
    return fired.includes(true);
  }

  async #fire(due: DueOrder): Promise<boolean> {
    const { clock, logger, fire } = this.#parts;
    try {
      await fire(due);
      return true;
    } catch (error) {
      const { tenantId, orderId, deadline } = due;
      this.#failing.set(laneKey(tenantId, orderId), clock.now() + failureDelayMs);
      logger.error('A deadline could not be fired; it is tried again.', {
        tenantId,
        orderId,
        deadline,
        error,
      });
      return false;
    }
  }
}
