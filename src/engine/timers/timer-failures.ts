import type { DueOrder } from '../../store/store.ts';
import { type RetryPolicy, retryDelayMs } from '../kernel/backoff.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';
import { laneKey } from '../kernel/keys.ts';
import type { Logger } from '../kernel/logger.ts';

/** Orders whose failures are remembered individually; the rest is only counted. */
const rememberedMaximum = 4096;
/** A lock is released within seconds; an extension may be missing for weeks. */
const pauses: RetryPolicy = { initialDelayMs: 1000, maximumDelayMs: 300_000 };
/** The first failures of each period are logged individually, the others as a number. */
const logPeriodMs = 60_000;
const loggedPerPeriod = 10;

export interface TimerFailureParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

interface Failure {
  readonly due: DueOrder;
  readonly attempts: number;
  readonly retryAtMs: number;
}

/**
 * The deadlines that could not be fired, and when each is retried: after a second, then after delays
 * that double up to five minutes. They are skipped until then, so that they do not block others.
 * Bounded, because an extension that was left out by mistake can make every order fail.
 */
export class TimerFailures {
  readonly #parts: TimerFailureParts;
  readonly #failures = new Map<string, Failure>();
  /** No retry is due before this. */
  #nextRetryMs = Number.POSITIVE_INFINITY;
  #periodEndsMs = Number.NEGATIVE_INFINITY;
  #loggedCount = 0;
  #unloggedCount = 0;

  constructor(parts: TimerFailureParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#failures.size;
  }

  /** The time until the first retry, in milliseconds; infinite when there is none. */
  get nextRetryDelayMs(): number {
    return Math.max(0, this.#nextRetryMs - passedMs(this.#parts.clock));
  }

  /** Whether this deadline failed; one that was moved since counts as another. On the hot path. */
  has({ tenantId, orderId, deadline }: DueOrder): boolean {
    if (this.#failures.size === 0) return false;
    const known = this.#failures.get(laneKey(tenantId, orderId))?.due.deadline;
    return known?.dueAt === deadline.dueAt && known.name === deadline.name;
  }

  /** Remembers a failure, and when to retry. Returns false when there are too many already. */
  add(due: DueOrder): boolean {
    const lane = laneKey(due.tenantId, due.orderId);
    const attempts = (this.has(due) ? (this.#failures.get(lane)?.attempts ?? 0) : 0) + 1;
    // Deleted and added again, so that those that were tried last come last.
    this.#failures.delete(lane);
    if (this.#failures.size >= rememberedMaximum) return false;
    const { clock, random } = this.#parts;
    const retryAtMs = passedMs(clock) + retryDelayMs(pauses, attempts, random());
    this.#failures.set(lane, { due, attempts, retryAtMs });
    this.#nextRetryMs = Math.min(this.#nextRetryMs, retryAtMs);
    return true;
  }

  /** Forgets a deadline that was fired, by this engine or another. */
  delete({ tenantId, orderId }: DueOrder): void {
    this.#failures.delete(laneKey(tenantId, orderId));
  }

  /** Returns at most `limit` due retries. They stay until they are added again or deleted. */
  ready(limit: number): readonly DueOrder[] {
    const nowMs = passedMs(this.#parts.clock);
    if (nowMs < this.#nextRetryMs) return [];
    const ready: DueOrder[] = [];
    this.#nextRetryMs = Number.POSITIVE_INFINITY;
    for (const { due, retryAtMs } of this.#failures.values()) {
      if (retryAtMs <= nowMs && ready.length < limit) ready.push(due);
      this.#nextRetryMs = Math.min(this.#nextRetryMs, retryAtMs);
    }
    return ready;
  }

  /** Logs a first failure; to be called before `add`. */
  log(due: DueOrder, error: unknown): void {
    const { clock, logger } = this.#parts;
    const { tenantId, orderId, deadline } = due;
    const nowMs = passedMs(clock);
    if (nowMs >= this.#periodEndsMs) this.#summarize(nowMs);
    if (this.has(due) || this.#loggedCount >= loggedPerPeriod) {
      this.#unloggedCount += 1;
      return;
    }
    this.#loggedCount += 1;
    logger.error('Could not fire a deadline; retrying.', {
      tenantId,
      orderId,
      deadline,
      error,
    });
  }

  /** Starts a new period, and logs the number of failures that the last one did not log. */
  #summarize(nowMs: number): void {
    const attempts = this.#unloggedCount;
    this.#periodEndsMs = nowMs + logPeriodMs;
    this.#loggedCount = 0;
    this.#unloggedCount = 0;
    if (attempts === 0) return;
    this.#parts.logger.error('Deadlines still cannot be fired; retrying with growing delays.', {
      orders: this.#failures.size,
      attempts,
    });
  }
}
