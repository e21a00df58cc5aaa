import type { Lease, LeaseRequest, SubscriptionStore } from '../../store/store.ts';
import { type Clock, Stopwatch } from '../clock.ts';

/** A lease is renewed when a third of it has passed: a renewal may fail before it ends. */
export function renewalMs(durationMs: number): number {
  return Math.floor(durationMs / 3);
}

/** The time to tell the store, and the machine's own, which finds out how long it slept. */
export interface LeaseClocks {
  readonly clock: Clock;
  readonly hostClock: Clock;
}

/**
 * Holds one lease. What it calls safe is safe by the time that has passed here, counted from
 * before the store was asked; a process that slept past the end finds out here, before it does
 * anything, whatever its clock was set to meanwhile.
 */
export class LeaseKeeper {
  readonly lease: Lease;
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
    this.lease = lease;
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
    return lease && new LeaseKeeper(lease, store, clocks, wanted.durationMs, age);
  }

  /** Whether the lease is still ours, for long enough to do something. Renews it when needed. */
  async hold(): Promise<boolean> {
    if (this.#age.elapsedMs < renewalMs(this.#durationMs)) return true;
    this.#renewing ??= this.#renew();
    try {
      if (!(await this.#renewing)) return false;
    } catch (error) {
      if (this.#lastsLongEnough()) return true;
      throw error;
    }
    // The answer may have taken longer than the lease lasts: then somebody else may have it.
    return this.#lastsLongEnough() || this.hold();
  }

  /** By its age now: whatever was awaited has taken its time. */
  #lastsLongEnough(): boolean {
    return this.#age.elapsedMs < 2 * renewalMs(this.#durationMs);
  }

  release(): Promise<void> {
    return this.#store.release(this.lease);
  }

  async #renew(): Promise<boolean> {
    const age = new Stopwatch(this.#host);
    try {
      const isOurs = await this.#store.renew(this.lease, this.#clock.now(), this.#durationMs);
      if (isOurs) this.#age = age;
      return isOurs;
    } finally {
      this.#renewing = undefined;
    }
  }
}
