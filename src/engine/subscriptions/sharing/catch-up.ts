import { OrderchartError } from '../../../errors.ts';
import type { OrderStore } from '../../../store/store.ts';
import { untilAborted } from '../../kernel/abort.ts';
import { type Clock, scheduleAfter } from '../../kernel/clock.ts';
import { jitteredMs } from '../../kernel/jitter.ts';

/** How often the checkpoints of other processes are looked up, less often while they stand still. */
const shortestPollMs = 25;
const longestPollMs = 1000;

export interface CatchUpParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly name: string;
  /** How far this process has come with a partition; `undefined` when another one works on it. */
  readonly positionOf: (partition: number) => number | undefined;
}

/** Somebody who waits for partitions to reach positions. */
interface Waiter {
  readonly missing: Map<number, number>;
  readonly resolve: () => void;
  readonly reject: (error: OrderchartError) => void;
}

/**
 * Tells when a subscription has come so far, whoever works on its partitions: of our own we know,
 * of others the checkpoints tell.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #pollMs = shortestPollMs;
  #cancelPoll: (() => void) | undefined;
  /** Whether the ends that are waited for are those of another history. */
  #isStale = false;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Resolves when every partition has come as far as the feed is now. */
  async caughtUp(): Promise<void> {
    const { signal } = this.#abort;
    const missing = await untilAborted(signal, () => this.#ends());
    // Closed in this very turn: what waits from now on would wait for ever.
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#waiters.add({ missing, resolve, reject });
      this.#pollMs = shortestPollMs;
      this.check();
      this.#pollLater();
    });
  }

  /** We have come further. On the way of every event. */
  check(): void {
    if (this.#waiters.size > 0) this.#arrive(this.#parts.positionOf);
  }

  /** The feed may end elsewhere than it did. */
  lookAnew(): void {
    if (this.#waiters.size === 0) return;
    this.#isStale = true;
    this.#pollLater();
  }

  /** Nobody will tell any more. */
  close(): void {
    this.#cancelPoll?.();
    this.#abort.abort(closedBefore(this.#parts.name));
    for (const { reject } of this.#waiters) reject(closedBefore(this.#parts.name));
    this.#waiters.clear();
  }

  async #ends(): Promise<Map<number, number>> {
    const { store } = this.#parts;
    const { partitions } = store.features;
    const ends = await Promise.all(
      Array.from({ length: partitions }, (_, partition) => store.feedEnd(partition)),
    );
    return new Map(ends.entries());
  }

  /** Everybody waits for the feed as it is now: what was there at the call may not be any more. */
  async #setEnds(): Promise<void> {
    const ends = await this.#ends();
    this.#isStale = false;
    for (const { missing } of this.#waiters) {
      for (const [partition, end] of ends) missing.set(partition, end);
    }
  }

  #arrive(positionOf: (partition: number) => number | undefined): void {
    for (const waiter of this.#waiters) {
      for (const [partition, end] of waiter.missing) {
        if ((positionOf(partition) ?? -1) >= end) waiter.missing.delete(partition);
      }
      if (waiter.missing.size > 0) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #pollLater(): void {
    this.#cancelPoll?.();
    if (this.#waiters.size === 0) return;
    const { clock, random } = this.#parts;
    const delayMs = jitteredMs(this.#pollMs, random());
    this.#pollMs = Math.min(2 * this.#pollMs, longestPollMs);
    this.#cancelPoll = scheduleAfter(clock, delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const { store, name } = this.#parts;
    try {
      if (this.#isStale) await this.#setEnds();
      const checkpoints = await store.subscriptions.checkpoints(name);
      const positions = new Map(checkpoints.map((each) => [each.partition, each.position]));
      this.#arrive((partition) => positions.get(partition));
    } catch {
      // The store is away; those who work on the feed say so, and this is asked again.
    }
    this.#pollLater();
  }
}

function closedBefore(name: string): OrderchartError {
  return new OrderchartError(
    'aborted',
    `The subscription '${name}' was closed before it had caught up.`,
    { details: { name } },
  );
}
