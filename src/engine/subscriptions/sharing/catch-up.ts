import { OrderchartError } from '../../../errors.ts';
import type { OrderStore } from '../../../store/store.ts';
import { untilAborted } from '../../kernel/abort.ts';
import { jitteredMs } from '../../kernel/backoff.ts';
import { type Clock, scheduleAfter } from '../../kernel/clock.ts';

/** The pauses between two reads of other processes' checkpoints, which grow from poll to poll. */
const shortestPollMs = 25;
const longestPollMs = 1000;

export interface CatchUpParts {
  readonly store: OrderStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly name: string;
  /** Returns this process's position in a partition; `undefined` when another one works on it. */
  readonly positionOf: (partition: number) => number | undefined;
}

/** A call that waits for partitions to reach positions. */
interface Waiter {
  /** The partitions that have not reached their positions yet. */
  readonly missing: Map<number, number>;
  readonly resolve: () => void;
  readonly reject: (error: OrderchartError) => void;
}

/**
 * Waits until a subscription has caught up with the feed. Partitions of this process report their
 * positions; those of other processes are read from their checkpoints.
 */
export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #pollMs = shortestPollMs;
  #cancelPoll: (() => void) | undefined;
  /** Whether the waiters go by the ends of an earlier history. */
  #isStale = false;

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
  }

  /** Resolves when every partition has reached the current end of the feed. */
  async caughtUp(): Promise<void> {
    const { signal } = this.#abort;
    const missing = await untilAborted(signal, () => this.#ends());
    // It may have been closed just now; a waiter added after that would wait forever.
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      this.#waiters.add({ missing, resolve, reject });
      this.#pollMs = shortestPollMs;
      this.check();
      this.#pollLater();
    });
  }

  /** Called when a position of this process has moved: for every event, so it must be cheap. */
  check(): void {
    if (this.#waiters.size > 0) this.#resolve(this.#parts.positionOf);
  }

  /** The history has changed, so the feed may end elsewhere. */
  refreshEnds(): void {
    if (this.#waiters.size === 0) return;
    this.#isStale = true;
    this.#pollLater();
  }

  /** Rejects all waiters. */
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

  /** Lets all wait for the current ends: the earlier ones may no longer exist. */
  async #setEnds(): Promise<void> {
    const ends = await this.#ends();
    this.#isStale = false;
    for (const { missing } of this.#waiters) {
      for (const [partition, end] of ends) missing.set(partition, end);
    }
  }

  #resolve(positionOf: (partition: number) => number | undefined): void {
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
      this.#resolve((partition) => positions.get(partition));
    } catch {
      // The workers log that the store fails; this tries again.
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
