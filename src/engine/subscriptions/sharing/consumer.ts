import { isOrderchartError } from '../../../errors.ts';
import type { OrderKey } from '../../../store/store.ts';
import { passedMs, scheduleAfter } from '../../kernel/clock.ts';
import { jitteredMs } from '../../kernel/jitter.ts';
import type { ConsumerParts } from '../parts.ts';
import type { Worker } from '../worker.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** The feed of a store that others write to is looked at this often, less often when quiet. */
const shortestPollMs = 25;
const longestPollMs = 1000;
/** How often it is looked whether somebody else has retried or skipped what is parked. */
const parkingMs = 5000;
const parkingPages = 1;
/** A lease that could not be given back keeps its partition from everybody for as long as it lasts. */
const releaseAttempts = 3;

/** What a consumer needs of the subscription that it belongs to. */
export interface ConsumerHost {
  /** Whether others may write to the feed, or want the lease. */
  readonly isShared: boolean;
  /** The lease was refused or lost: somebody else is there. */
  markShared(): void;
  /** Whether another process has upgraded the subscription to other event types. */
  isSuperseded(): Promise<boolean>;
  /** The partition is ours and yet not worked on: it is to be tried for, now or a while later. */
  tryAgain(isSoon: boolean): void;
}

/**
 * One partition of a subscription in this process: takes the lease when the partition is ours,
 * works while it has it, and gives it back when it belongs to somebody else.
 *
 * Only in company is the feed polled and an idle lease renewed; alone, our own commits wake us,
 * and a lease that nobody wants may lapse until there is something to do.
 */
export class Consumer {
  readonly partition: number;
  readonly #parts: ConsumerParts;
  readonly #host: ConsumerHost;
  readonly #startPosition: number;
  #worker: Worker | undefined;
  #keeper: LeaseKeeper | undefined;
  /** What this one knew is not so any more. */
  #forgotten: LeaseKeeper | undefined;
  #lastRead = -1;
  #isWanted = false;
  #isClosed = false;
  #trying: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  /** Handlers of the lease before are still running: a new one would overtake them. */
  #isRecovering = false;
  /** How many wait for it to stay away. */
  #pauses = 0;
  #pollMs = shortestPollMs;
  #cancelPoll: (() => void) | undefined;
  #parkingSeenMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ConsumerParts, host: ConsumerHost, partition: number, startPosition: number) {
    this.partition = partition;
    this.#parts = parts;
    this.#host = host;
    this.#startPosition = startPosition;
  }

  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** Whether the partition is ours and yet not worked on. */
  get isMissing(): boolean {
    return this.#isWanted && !this.#isClosed && this.#worker === undefined;
  }

  /**
   * Says whose the partition is. Ours: tries for the lease, and resolves when it is ours or
   * somebody else's. Not ours: finishes what is in hand and gives the lease back.
   */
  want(isWanted: boolean): Promise<void> {
    this.#isWanted = isWanted;
    if (this.#isClosed || this.#pauses > 0 || this.#ending !== undefined) return Promise.resolve();
    if (!isWanted) return this.#end();
    if (this.#worker !== undefined || this.#isRecovering) return Promise.resolve();
    this.#trying ??= this.#parts.activity.during(this.#try());
    return this.#trying;
  }

  /** There may be something new in the feed. */
  wake(): void {
    this.#pollMs = shortestPollMs;
    this.#worker?.wake();
  }

  retry(key?: OrderKey): void {
    this.#worker?.retry(key);
  }

  async refreshParked(): Promise<void> {
    await this.#worker?.refreshParked(Number.POSITIVE_INFINITY);
  }

  /** Lets go of the partition for the time of `work`, which moves its checkpoint. */
  async pausedFor(work: () => Promise<void>): Promise<void> {
    this.#pauses += 1;
    try {
      await this.#trying;
      await this.#end();
      await work();
    } finally {
      this.#pauses -= 1;
    }
    if (this.#isWanted) await this.want(true);
  }

  /** Its worker ends at once, and a new one begins at the store's checkpoint once that is `ready`. */
  async reset(ready: Promise<void>): Promise<void> {
    this.#pauses += 1;
    this.#worker?.abandon();
    await this.#trying;
    this.#worker?.abandon();
    await ready;
    this.#forgotten = this.#keeper;
    this.#pauses -= 1;
    if (this.#isWanted) await this.want(true);
  }

  /** Finishes what is in hand and gives the lease back, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPoll?.();
    await this.#trying;
    await this.#end();
  }

  /** After `close`: nobody waits for it any more, so it writes nothing, and handlers are told so. */
  abandon(): void {
    this.#isClosed = true;
    this.#worker?.abandon();
  }

  async #try(): Promise<void> {
    const { store, settings, owner, logger, leaseDurationMs: durationMs } = this.#parts;
    try {
      const keeper = await LeaseKeeper.acquire(store.subscriptions, this.#parts, {
        subscription: settings.name,
        partition: this.partition,
        owner,
        durationMs,
        startPosition: this.#startPosition,
        known: this.#keeper === this.#forgotten ? undefined : this.#keeper?.lease,
      });
      if (keeper === undefined) this.#host.markShared();
      // Asked after the lease: whoever upgrades takes away those that were given before.
      const isSuperseded = await this.#host.isSuperseded();
      if (isSuperseded) await keeper?.release();
      else if (keeper !== undefined) await this.#begin(keeper);
    } catch (error) {
      if (isOrderchartError(error, 'historyChanged')) this.#forgotten = this.#keeper;
      logger.warn('A lease could not be taken.', { subscription: settings.name, error });
    }
    this.#trying = undefined;
    if (this.isMissing) this.#host.tryAgain(false);
    else if (!this.#isWanted) void this.#end();
  }

  async #begin(keeper: LeaseKeeper): Promise<void> {
    this.#keeper = keeper;
    const worker = this.#parts.newWorker(this.#parts, keeper, (isTaken) => this.#lost(isTaken));
    this.#worker = worker;
    try {
      await worker.start();
    } catch (error) {
      this.#worker = undefined;
      throw error;
    }
    this.#pollLater();
  }

  /** @param isTaken Whether somebody else may have the lease; else we only begin anew. */
  #lost(isTaken: boolean): void {
    const { logger, settings } = this.#parts;
    if (isTaken) {
      this.#host.markShared();
      logger.warn('A lease was lost to another owner.', {
        subscription: settings.name,
        partition: this.partition,
      });
    }
    const worker = this.#worker;
    this.#worker = undefined;
    this.#cancelPoll?.();
    if (worker !== undefined) void this.#recover(worker);
  }

  #end(): Promise<void> {
    if (this.#worker === undefined) return this.#ending ?? Promise.resolve();
    this.#ending ??= this.#parts.activity.during(this.#giveBack(this.#worker));
    return this.#ending;
  }

  async #giveBack(worker: Worker): Promise<void> {
    const { settings, logger } = this.#parts;
    this.#cancelPoll?.();
    await this.#patiently((patience) => worker.stop(patience));
    this.#worker = undefined;
    await this.#release().catch((error: unknown) => {
      logger.warn('A lease could not be given back; it ends by itself.', {
        subscription: settings.name,
        error,
      });
    });
    this.#ending = undefined;
    void this.#recover(worker);
  }

  /** Others who look for it may hold its row just then: the store then waits, and gives up. */
  async #release(attempts = releaseAttempts): Promise<void> {
    try {
      await this.#keeper?.release();
    } catch (error) {
      if (attempts === 1) throw error;
      await this.#release(attempts - 1);
    }
  }

  /** Waits for the handlers of a worker that has ended; one that hangs is waited for so long. */
  async #recover(worker: Worker): Promise<void> {
    this.#isRecovering = true;
    await this.#patiently((patience) => Promise.race([worker.handlers.idle(), patience]));
    this.#isRecovering = false;
    if (this.isMissing && this.#trying === undefined) this.#host.tryAgain(true);
  }

  async #patiently(work: (patience: Promise<void>) => Promise<void>): Promise<void> {
    const { clock, graceMs } = this.#parts;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = scheduleAfter(clock, graceMs, resolve);
    await work(promise);
    cancel();
  }

  #pollLater(): void {
    if (this.#isClosed || !this.#host.isShared || this.#worker === undefined) return;
    const { clock, random, activity } = this.#parts;
    this.#cancelPoll?.();
    this.#cancelPoll = scheduleAfter(
      clock,
      jitteredMs(this.#pollMs, random()),
      () => void activity.during(this.#poll()),
    );
  }

  /** Looks for what others have committed, and keeps the lease while there is nothing to do. */
  async #poll(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const { logger, settings } = this.#parts;
    const { readPosition } = worker.status();
    const isQuiet = readPosition === this.#lastRead;
    this.#lastRead = readPosition;
    this.#pollMs = isQuiet ? Math.min(this.#pollMs * 2, longestPollMs) : shortestPollMs;
    try {
      if (await worker.hold()) worker.wake();
      await this.#lookAtParking(worker);
    } catch (error) {
      logger.warn('A lease could not be renewed.', { subscription: settings.name, error });
    }
    this.#pollLater();
  }

  async #lookAtParking(worker: Worker): Promise<void> {
    const nowMs = passedMs(this.#parts.clock);
    if (worker.status().parkedLanes === 0 || nowMs - this.#parkingSeenMs < parkingMs) return;
    this.#parkingSeenMs = nowMs;
    await worker.refreshParked(parkingPages);
  }
}
