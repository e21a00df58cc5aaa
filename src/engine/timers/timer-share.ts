import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, OrderStore } from '../../store/store.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';

/** The name under which engines that fire deadlines register; no subscription can have it. */
const membersName = 'orderchart/timers';
/** How often the members are looked up, and how long a vanished one still counts. */
const joinEveryMs = 5000;
const absenceMs = 15_000;
/** How old the list of members may be when another engine fired first nevertheless. */
const freshMs = 250;
/** How long other engines are assumed after one was noticed. */
const othersMs = 10 * 60_000;
/** After this time, a deadline that its engine has not fired belongs to the next engine. */
const graceMs = 1000;

export interface TimerShareParts {
  readonly store: Pick<OrderStore, 'subscriptions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly owner: string;
}

/**
 * Decides which due deadlines this engine fires. Any engine may fire any of them, and the key of a
 * deadline makes it fire once; but when several engines try the same ones, most of the work is
 * wasted. So once another engine was noticed, or when much is due, engines register and share by
 * order: each deadline belongs to one engine and, when that does not fire it, after a while to the
 * next.
 */
export class TimerShare {
  readonly #parts: TimerShareParts;
  #members: readonly string[] = [];
  #sharesUntilMs = Number.NEGATIVE_INFINITY;
  #joinedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: TimerShareParts) {
    this.#parts = parts;
  }

  /** How many engines share. */
  get size(): number {
    return Math.max(1, this.#members.length);
  }

  /** Another engine fired first. */
  noticeOther(): void {
    const nowMs = passedMs(this.#parts.clock);
    this.#sharesUntilMs = nowMs + othersMs;
    // It may not be in the list yet, so the list is read again soon.
    const isOutdated = this.#members.length < 2 || nowMs - this.#joinedMs >= freshMs;
    if (isOutdated) this.#joinedMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Registers and reads the members every few seconds, while there may be other engines.
   *
   * @param isWorthwhile Whether so much is due that one more call of the store does not matter.
   */
  async refresh(isWorthwhile: boolean): Promise<void> {
    const nowMs = passedMs(this.#parts.clock);
    // For a while, because the others may register later.
    if (isWorthwhile) this.#sharesUntilMs = Math.max(this.#sharesUntilMs, nowMs + absenceMs);
    if (nowMs >= this.#sharesUntilMs) {
      await this.leave();
    } else if (nowMs - this.#joinedMs >= joinEveryMs) {
      this.#joinedMs = nowMs;
      await this.#join(this.#parts.clock.now());
    }
  }

  isOurs({ tenantId, orderId, deadline: { dueAt } }: DueOrder, now: Timestamp): boolean {
    const count = this.#members.length;
    const turns = Math.floor((now - dueAt) / graceMs);
    // After a whole round it belongs to every engine.
    if (count < 2 || turns >= count) return true;
    return this.#members[(hashOf(tenantId, orderId) + turns) % count] === this.#parts.owner;
  }

  async leave(): Promise<void> {
    const { store, owner } = this.#parts;
    if (this.#members.length === 0) return;
    this.#members = [];
    await this.#attempt(() => store.subscriptions.leave(membersName, owner));
  }

  async #join(now: Timestamp): Promise<void> {
    const { store, owner } = this.#parts;
    const request = { subscription: membersName, owner, now, durationMs: absenceMs };
    await this.#attempt(async () => {
      this.#members = await store.subscriptions.join(request);
      if (this.#members.length > 1) this.noticeOther();
    });
  }

  async #attempt(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#parts.logger.warn(
        'Could not update which engines fire deadlines; firing them anyway.',
        { error },
      );
    }
  }
}

/** Returns the same 32-bit number for an order in every process (FNV-1a). */
function hashOf(tenantId: string, orderId: string): number {
  let hash = 0x811c9dc5;
  for (const text of [tenantId, orderId]) {
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
  }
  return hash >>> 0;
}
