import type { Timestamp } from '../../order/values.ts';
import type { DueOrder, OrderStore } from '../../store/store.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';

/** The name under which engines that fire deadlines take part; no subscription can have it. */
const membersName = 'orderchart/timers';
/** How often who takes part is looked up, and how long one that is gone still counts. */
const beatMs = 5000;
const absenceMs = 15_000;
/** How old what we know may be, when another engine was there first all the same. */
const newsMs = 250;
/** After another engine was felt, so long it is taken to be there. */
const companyMs = 10 * 60_000;
/** A deadline that its engine has not fired after so long becomes the next one's. */
const graceMs = 1000;

export interface TimerShareParts {
  readonly store: Pick<OrderStore, 'subscriptions'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly owner: string;
}

/**
 * Which due deadlines this engine fires. Any engine may fire any of them, once: the key of a
 * deadline sees to that. But when several try for the same ones, all but one have worked for
 * nothing. So, once another engine was felt, or when there is much to fire, they say that they are
 * there, and share by order: a deadline is one engine's; when that one does not fire it, the next
 * one's after a while, and so on.
 */
export class TimerShare {
  readonly #parts: TimerShareParts;
  #members: readonly string[] = [];
  #companyUntilMs = Number.NEGATIVE_INFINITY;
  #joinedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: TimerShareParts) {
    this.#parts = parts;
  }

  /** How many share. */
  get size(): number {
    return Math.max(1, this.#members.length);
  }

  /** Another engine was there first. */
  meetCompany(): void {
    const nowMs = passedMs(this.#parts.clock);
    this.#companyUntilMs = nowMs + companyMs;
    // One that we do not know of: it has joined by now, or will.
    const isOutdated = this.#members.length < 2 || nowMs - this.#joinedMs >= newsMs;
    if (isOutdated) this.#joinedMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Looks up who takes part, now and then, while there is company.
   *
   * @param isWorthwhile Whether there is so much to fire that one word to the store is little.
   */
  async refresh(isWorthwhile: boolean): Promise<void> {
    const nowMs = passedMs(this.#parts.clock);
    // And for a while, because the others may say later that they are there.
    if (isWorthwhile) this.#companyUntilMs = Math.max(this.#companyUntilMs, nowMs + absenceMs);
    if (nowMs >= this.#companyUntilMs) {
      await this.leave();
    } else if (nowMs - this.#joinedMs >= beatMs) {
      this.#joinedMs = nowMs;
      await this.#join(this.#parts.clock.now());
    }
  }

  isOurs({ tenantId, orderId, deadline: { dueAt } }: DueOrder, now: Timestamp): boolean {
    const count = this.#members.length;
    const turns = Math.floor((now - dueAt) / graceMs);
    // After a whole round it is anybody's.
    if (count < 2 || turns >= count) return true;
    return this.#members[(spread(tenantId, orderId) + turns) % count] === this.#parts.owner;
  }

  async leave(): Promise<void> {
    const { store, owner, logger } = this.#parts;
    if (this.#members.length === 0) return;
    this.#members = [];
    try {
      await store.subscriptions.leave(membersName, owner);
    } catch (error) {
      logger.warn('Who fires deadlines could not be looked up.', { error });
    }
  }

  async #join(now: Timestamp): Promise<void> {
    const { store, owner, logger } = this.#parts;
    const request = { subscription: membersName, owner, now, durationMs: absenceMs };
    try {
      this.#members = await store.subscriptions.join(request);
      if (this.#members.length > 1) this.meetCompany();
    } catch (error) {
      logger.warn('Who fires deadlines could not be looked up.', { error });
    }
  }
}

/** A number that is the same for an order in every process (FNV-1a), spread over 32 bits. */
function spread(tenantId: string, orderId: string): number {
  let hash = 0x811c9dc5;
  for (const text of [tenantId, orderId]) {
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
  }
  return hash >>> 0;
}
