import type { OrderKey } from '../../store/store.ts';
import { LeaseKeeper, renewalMs } from './lease-keeper.ts';
import type { ConsumerParts } from './parts.ts';
import { Tenure } from './tenure.ts';

/** The feed of a store that others write to is looked at this often, less often when quiet. */
const shortestPollMs = 25;
const longestPollMs = 1000;

/**
 * One partition of a subscription in this process: tries for the lease, works while it has it,
 * and tries again when it was lost.
 *
 * Other processes are felt in two ways: the store says that it is shared, or somebody else had the
 * lease. Only then is the feed polled and an idle lease renewed; alone, our own commits wake us,
 * and a lease that nobody wants may lapse until there is something to do.
 */
export class Consumer {
  readonly partition: number;
  readonly #parts: ConsumerParts;
  readonly #startPosition: number;
  #tenure: Tenure | undefined;
  #keeper: LeaseKeeper | undefined;
  #lastRead = -1;
  #hasCompany: boolean;
  #isClosed = false;
  #trying: Promise<void> | undefined;
  #pollMs = shortestPollMs;
  #cancelTry: (() => void) | undefined;
  #cancelPoll: (() => void) | undefined;

  constructor(parts: ConsumerParts, partition: number, startPosition: number) {
    this.partition = partition;
    this.#parts = parts;
    this.#startPosition = startPosition;
    this.#hasCompany = parts.store.features.shared;
  }

  get tenure(): Tenure | undefined {
    return this.#tenure;
  }

  /** Tries for the lease; resolves when it is ours or somebody else's. */
  start(): Promise<void> {
    this.#trying ??= this.#parts.activity.during(this.#try());
    return this.#trying;
  }

  /** This engine has committed something. */
  wake(): void {
    this.#pollMs = shortestPollMs;
    this.#tenure?.wake();
  }

  retry(key: OrderKey): boolean {
    this.#tenure?.retry(key);
    return this.#tenure !== undefined;
  }

  async refreshParked(): Promise<void> {
    await this.#tenure?.refreshParked();
  }

  /** Finishes what is in hand and gives the lease back. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#cancelTry?.();
    this.#cancelPoll?.();
    await this.#trying;
    const tenure = this.#tenure;
    if (tenure === undefined) return;
    const { clock, settings, logger } = this.#parts;
    const { promise: patience, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(clock.now() + graceMs, resolve);
    await tenure.stop(patience);
    cancel();
    this.#tenure = undefined;
    await this.#keeper?.release().catch((error: unknown) => {
      logger.warn('A lease could not be given back; it ends by itself.', {
        subscription: settings.name,
        error,
      });
    });
  }

  async #try(): Promise<void> {
    const { store, clock, settings, owner, logger, leaseDurationMs: durationMs } = this.#parts;
    try {
      const keeper = await LeaseKeeper.acquire(store.subscriptions, clock, {
        subscription: settings.name,
        partition: this.partition,
        owner,
        durationMs,
        startPosition: this.#startPosition,
      });
      if (keeper === undefined) this.#hasCompany = true;
      else await this.#begin(keeper);
    } catch (error) {
      logger.warn('A lease could not be taken.', { subscription: settings.name, error });
    }
    this.#trying = undefined;
    if (this.#tenure === undefined) this.#tryLater();
  }

  async #begin(keeper: LeaseKeeper): Promise<void> {
    this.#keeper = keeper;
    const tenure = new Tenure(this.#parts, keeper, () => this.#lost());
    this.#tenure = tenure;
    try {
      await tenure.start();
    } catch (error) {
      this.#tenure = undefined;
      throw error;
    }
    this.#pollLater();
  }

  #lost(): void {
    const { logger, settings } = this.#parts;
    logger.warn('A lease was lost to another owner.', {
      subscription: settings.name,
      partition: this.partition,
    });
    this.#tenure = undefined;
    this.#hasCompany = true;
    this.#cancelPoll?.();
    if (this.#trying === undefined) this.#tryLater();
  }

  #tryLater(): void {
    if (this.#isClosed) return;
    const { clock, leaseDurationMs } = this.#parts;
    this.#cancelTry?.();
    this.#cancelTry = clock.schedule(
      clock.now() + renewalMs(leaseDurationMs),
      () => void this.start(),
    );
  }

  #pollLater(): void {
    if (this.#isClosed || !this.#hasCompany || this.#tenure === undefined) return;
    const { clock } = this.#parts;
    this.#cancelPoll = clock.schedule(
      clock.now() + this.#pollMs,
      () => void this.#parts.activity.during(this.#poll()),
    );
  }

  /** Looks for what others have committed, and keeps the lease while there is nothing to do. */
  async #poll(): Promise<void> {
    const tenure = this.#tenure;
    if (tenure === undefined) return;
    const { logger, settings } = this.#parts;
    const isQuiet = tenure.readPosition === this.#lastRead;
    this.#lastRead = tenure.readPosition;
    this.#pollMs = isQuiet ? Math.min(this.#pollMs * 2, longestPollMs) : shortestPollMs;
    try {
      if (await tenure.hold()) tenure.wake();
    } catch (error) {
      logger.warn('A lease could not be renewed.', { subscription: settings.name, error });
    }
    this.#pollLater();
  }
}
