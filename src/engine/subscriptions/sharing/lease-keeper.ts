import type { Lease, LeaseRequest, OrderStore, SubscriptionStore } from '../../../store/store.ts';
import { type Clock, Stopwatch } from '../../kernel/clock.ts';
import { feedPage } from '../../kernel/event-pages.ts';

/** A lease is renewed after a third of its duration, so that a failed renewal can be repeated. */
export function renewalMs(durationMs: number): number {
  return Math.floor(durationMs / 3);
}

/** The clock for times in the store, and the machine's own, which notices that it slept. */
export interface LeaseClocks {
  readonly clock: Clock;
  readonly hostClock: Clock;
  /** Called with the number of the history in which a lease was acquired. */
  readonly sawHistory?: (history: number) => void;
}

/**
 * Holds one lease. Its age is measured on this machine, from before the store was asked. So a process
 * that slept past the end of its lease notices before it does anything, even if its clock was set
 * in between.
 */
export class LeaseKeeper {
  #lease: Lease;
  #last: Promise<unknown> = Promise.resolve();
  readonly #store: SubscriptionStore;
  readonly #clock: Clock;
  readonly #host: Clock;
  readonly #durationMs: number;
  /** Started before the store was last asked. */
  #age: Stopwatch;
  #renewing: Promise<boolean> | undefined;

  private constructor(
    lease: Lease,
    store: SubscriptionStore,
    clocks: LeaseClocks,
    durationMs: number,
    age: Stopwatch,
  ) {
    this.#lease = lease;
    this.#store = store;
    this.#clock = clocks.clock;
    this.#host = clocks.hostClock;
    this.#durationMs = durationMs;
    this.#age = age;
  }

  /** Acquires the lease; `undefined` when another owner has it. */
  static async acquire(
    store: SubscriptionStore,
    clocks: LeaseClocks,
    wanted: Omit<LeaseRequest, 'now'>,
  ): Promise<LeaseKeeper | undefined> {
    const age = new Stopwatch(clocks.hostClock);
    const lease = await store.acquire({ ...wanted, now: clocks.clock.now() });
    if (lease !== undefined) clocks.sawHistory?.(lease.history);
    return lease && new LeaseKeeper(lease, store, clocks, wanted.durationMs, age);
  }

  /** The lease as the store last reported it, with the last event that was read. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Reads the page after a position. Later writes name its last event as the last one seen. */
  async read(
    store: Pick<OrderStore, 'feed'>,
    after: number,
    limit: number,
  ): ReturnType<typeof feedPage> {
    const page = await feedPage(store, this.#lease, after, limit);
    const last = page.entries.at(-1);
    if (last !== undefined) {
      const { position, event } = last;
      this.#lease = { ...this.#lease, seen: { position, eventId: event.id } };
    }
    return page;
  }

  /**
   * Writes under the lease; false when another owner has it. One write at a time, because each names
   * the revision that the one before returned. Concurrent writes could name an older revision, which
   * a database that was set back has again, so that the change would go unnoticed.
   */
  write(work: (lease: Lease) => Promise<Lease | undefined>): Promise<boolean> {
    const writing = this.#last.then(async () => {
      const written = await work(this.#lease);
      if (written !== undefined) this.#lease = { ...this.#lease, revision: written.revision };
      return written !== undefined;
    });
    this.#last = writing.catch(() => {});
    return writing;
  }

  /** Whether the lease lasts long enough for the next step of work. Renews it when needed. */
  async hold(): Promise<boolean> {
    // A call during a renewal waits for it, so that earlier calls continue first.
    const isFresh = this.#age.elapsedMs < renewalMs(this.#durationMs);
    if (isFresh && this.#renewing === undefined) return true;
    this.#renewing ??= this.#renew();
    const renewing = this.#renewing;
    try {
      if (!(await renewing)) return false;
    } catch (error) {
      if (this.#lastsLongEnough()) return true;
      throw error;
    } finally {
      if (this.#renewing === renewing) this.#renewing = undefined;
    }
    // The answer may have taken longer than the lease lasts; then another owner may have it.
    return this.#lastsLongEnough() || this.hold();
  }

  /** Measures again, because the awaited calls took time. */
  #lastsLongEnough(): boolean {
    return this.#age.elapsedMs < 2 * renewalMs(this.#durationMs);
  }

  release(): Promise<void> {
    return this.#store.release(this.#lease);
  }

  async #renew(): Promise<boolean> {
    const age = new Stopwatch(this.#host);
    const isOurs = await this.write((lease) =>
      this.#store.renew(lease, this.#clock.now(), this.#durationMs),
    );
    if (isOurs) this.#age = age;
    return isOurs;
  }
}
