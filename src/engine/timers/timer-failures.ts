import type { DueOrder } from '../../store/store.ts';
import { type RetryPolicy, retryDelayMs } from '../kernel/backoff.ts';
import { type Clock, passedMs } from '../kernel/clock.ts';
import { laneKey } from '../kernel/keys.ts';
import type { Logger } from '../kernel/logger.ts';

/** Orders whose pauses are remembered; of those beyond it is only known that there are some. */
const rememberedMaximum = 4096;
/** A lock is gone in a second; an extension that is missing may be missing for weeks. */
const pauses: RetryPolicy = { initialDelayMs: 1000, maximumDelayMs: 300_000 };
/** In each of these times so many failures are logged one by one, and the others as a number. */
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
 * The deadlines that cannot be fired at present, and when each is tried again: after a second,
 * then after pauses that double up to five minutes. They are passed over meanwhile, so that they
 * hold up no other. Bounded, because an extension that was left out by mistake can stop every
 * order there is.
 */
export class TimerFailures {
  readonly #parts: TimerFailureParts;
  readonly #failures = new Map<string, Failure>();
  /** No pause ends before this. */
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

  /** Until the first pause ends, in milliseconds; infinite when there is none. */
  get nextRetryDelayMs(): number {
    return Math.max(0, this.#nextRetryMs - passedMs(this.#parts.clock));
  }

  /** Whether this very deadline failed: one that was moved since is another. On the hot path. */
  has({ tenantId, orderId, deadline }: DueOrder): boolean {
    if (this.#failures.size === 0) return false;
    const known = this.#failures.get(laneKey(tenantId, orderId))?.due.deadline;
    return known?.dueAt === deadline.dueAt && known.name === deadline.name;
  }

  /** Remembers it, and for how long it pauses. False where there are too many already. */
  add(due: DueOrder): boolean {
    const lane = laneKey(due.tenantId, due.orderId);
    const attempts = (this.has(due) ? (this.#failures.get(lane)?.attempts ?? 0) : 0) + 1;
    // Out and in again: those that were tried last come last, whoever failed first.
    this.#failures.delete(lane);
    if (this.#failures.size >= rememberedMaximum) return false;
    const { clock, random } = this.#parts;
    const retryAtMs = passedMs(clock) + retryDelayMs(pauses, attempts, random());
    this.#failures.set(lane, { due, attempts, retryAtMs });
    this.#nextRetryMs = Math.min(this.#nextRetryMs, retryAtMs);
    return true;
  }

  /** It was fired, by whomever. */
  delete({ tenantId, orderId }: DueOrder): void {
    this.#failures.delete(laneKey(tenantId, orderId));
  }

  /** Those whose pause is over, at most `limit`. They stay until they are added again or deleted. */
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

  /** Says so when it fails for the first time; before it is added. */
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
    logger.error('A deadline could not be fired; it is tried again.', {
      tenantId,
      orderId,
      deadline,
      error,
    });
  }

  /** Begins a new period, and says what the last one has not. */
  #summarize(nowMs: number): void {
    const attempts = this.#unloggedCount;
    this.#periodEndsMs = nowMs + logPeriodMs;
    this.#loggedCount = 0;
    this.#unloggedCount = 0;
    if (attempts === 0) return;
    this.#parts.logger.error(
      'Deadlines cannot be fired; they are tried again with growing pauses.',
      {
        orders: this.#failures.size,
        attempts,
      },
    );
  }
}
