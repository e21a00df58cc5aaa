import type { Lease, LeaseRequest, SubscriptionStore } from '../../store/store.ts';
import type { Clock } from '../clock.ts';

/** A lease is renewed when a third of it has passed: a renewal may fail before it ends. */
export function renewalMs(durationMs: number): number {
  return Math.floor(durationMs / 3);
}

/**
 * Holds one lease. What it calls safe is safe by our own clock, counted from before the store was
 * asked; a process that slept past the end finds out here, before it does anything.
 */
export class LeaseKeeper {
  readonly lease: Lease;
  readonly #store: SubscriptionStore;
  readonly #clock: Clock;
  readonly #durationMs: number;
  #renewedAt: number;
  #renewing: Promise<boolean> | undefined;

  private constructor(
    lease: Lease,
    store: SubscriptionStore,
    clock: Clock,
    { now, durationMs }: LeaseRequest,
  ) {
    this.lease = lease;
    this.#store = store;
    this.#clock = clock;
    this.#durationMs = durationMs;
    this.#renewedAt = now;
  }

  /** Takes the lease; `undefined` when another owner has it. */
  static async acquire(
    store: SubscriptionStore,
    clock: Clock,
    wanted: Omit<LeaseRequest, 'now'>,
  ): Promise<LeaseKeeper | undefined> {
    const request = { ...wanted, now: clock.now() };
    const lease = await store.acquire(request);
    return lease && new LeaseKeeper(lease, store, clock, request);
  }

  /** Whether the lease is still ours, for long enough to do something. Renews it when needed. */
  async hold(): Promise<boolean> {
    const ageMs = this.#clock.now() - this.#renewedAt;
    // A clock that was set back says nothing about how old the lease is.
    if (ageMs >= 0 && ageMs < renewalMs(this.#durationMs)) return true;
    this.#renewing ??= this.#renew();
    try {
      return await this.#renewing;
    } catch (error) {
      if (ageMs >= 0 && ageMs < 2 * renewalMs(this.#durationMs)) return true;
      throw error;
    }
  }

  release(): Promise<void> {
    return this.#store.release(this.lease);
  }

  async #renew(): Promise<boolean> {
    const now = this.#clock.now();
    try {
      const isOurs = await this.#store.renew(this.lease, now, this.#durationMs);
      if (isOurs) this.#renewedAt = now;
      return isOurs;
    } finally {
      this.#renewing = undefined;
    }
  }
}
