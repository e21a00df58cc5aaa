import type { Lease, LeaseRequest, OrderStore, SubscriptionStore } from '../../../store/store.ts';
import { type Clock, Stopwatch } from '../../kernel/clock.ts';
import { feedPage } from '../../kernel/event-pages.ts';

/** A lease is renewed when a third of it has passed: a renewal may fail before it ends. */
export function renewalMs(durationMs: number): number {
  return Math.floor(durationMs / 3);
}

/** The time to tell the store, and the machine's own, which finds out how long it slept. */
export interface LeaseClocks {
  readonly clock: Clock;
  readonly hostClock: Clock;
  /** Hears in which history a lease was taken. */
  readonly sawHistory?: (history: number) => void;
}

/**
 * Holds one lease. What it calls safe is safe by the time that has passed here, counted from
 * before the store was asked; a process that slept past the end finds out here, before it does
 * anything, whatever its clock was set to meanwhile.
 */
export class LeaseKeeper {
  #lease: Lease;
  #last: Promise<unknown> = Promise.resolve();
  readonly #store: SubscriptionStore;
  readonly #clock: Clock;
  readonly #host: Clock;
  readonly #durationMs: number;
  /** Runs since before the store was last asked. */
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

  /** Takes the lease; `undefined` when another owner has it. */
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

  /** As it was last told by the store, with the last event that was read. */
  get lease(): Lease {
    return this.#lease;
  }

  /**
   * The page after the last event that was read. What is written from now on names the last of it.
   */
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
   * Writes under the lease; false when it is another owner's. One write at a time: each names the
   * revision that the one before was told, and one that had waited for a connection while others
   * were answered would name an older one, which a database that lost those answers has again.
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

  /** Whether the lease is still ours, for long enough to do something. Renews it when needed. */
  async hold(): Promise<boolean> {
    // Who asks during a renewal goes on after those who asked before.
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
    // The answer may have taken longer than the lease lasts: then somebody else may have it.
    return this.#lastsLongEnough() || this.hold();
  }

  /** By its age now: whatever was awaited has taken its time. */
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
