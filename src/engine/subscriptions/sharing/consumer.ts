import { isOrderchartError } from '../../../errors.ts';
import type { OrderKey } from '../../../store/store.ts';
import { jitteredMs } from '../../kernel/backoff.ts';
import { passedMs, scheduleAfter } from '../../kernel/clock.ts';
import type { ConsumerParts } from '../parts.ts';
import type { Worker } from '../worker.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** The pauses between two reads of a feed that others write to, which grow while it is quiet. */
const shortestPollMs = 25;
const longestPollMs = 1000;
/** How often it is checked whether parked events were retried or skipped by another process. */
const parkingMs = 5000;
const parkingPages = 1;
/** A lease that cannot be released keeps the partition from all other processes until it expires. */
const releaseAttempts = 3;

/** The subscription, as the consumers of its partitions see it. */
export interface ConsumerHost {
  /** Whether other processes may write to the feed, or want the lease. */
  readonly isShared: boolean;
  /** Another process has the lease. */
  markShared(): void;
  /** Whether another process has upgraded the subscription to other event types. */
  isSuperseded(): Promise<boolean>;
  /** The partition is assigned to this process but not worked on: tries again soon, or later. */
  tryAgain(isSoon: boolean): void;
}

/**
 * One partition of a subscription in this process: acquires the lease when the partition is
 * assigned to this process, works while it has the lease, and releases it when the partition is
 * assigned to another one.
 *
 * The feed is polled, and an idle lease renewed, only when the store is shared. Otherwise this
 * process's own commits wake it, and an idle lease may expire until there is something to do.
 */
export class Consumer {
  readonly partition: number;
  readonly #parts: ConsumerParts;
  readonly #host: ConsumerHost;
  readonly #startPosition: number;
  #worker: Worker | undefined;
  #keeper: LeaseKeeper | undefined;
  /** A keeper whose history has changed, so that `acquire` must not pass its lease as `known`. */
  #outdated: LeaseKeeper | undefined;
  #lastRead = -1;
  #isWanted = false;
  #isClosed = false;
  #trying: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  /** Handlers of the previous lease are running: a new worker would overtake them. */
  #isRecovering = false;
  /** How many calls keep it from acquiring the lease. */
  #pauses = 0;
  #pollMs = shortestPollMs;
  #cancelPoll: (() => void) | undefined;
  #parkedRefreshedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ConsumerParts, host: ConsumerHost, partition: number, startPosition: number) {
    this.partition = partition;
    this.#parts = parts;
    this.#host = host;
    this.#startPosition = startPosition;
  }

  get worker(): Worker | undefined {
    return this.#worker;
  }

  /** Whether the partition is assigned to this process but not worked on. */
  get isMissing(): boolean {
    return this.#isWanted && !this.#isClosed && this.#worker === undefined;
  }

  /**
   * Assigns the partition to this process, or takes it away. Assigned: tries to acquire the lease,
   * once. Otherwise: finishes the events in flight and releases the lease.
   */
  want(isWanted: boolean): Promise<void> {
    this.#isWanted = isWanted;
    if (this.#isClosed || this.#pauses > 0 || this.#ending !== undefined) return Promise.resolve();
    if (!isWanted) return this.#end();
    if (this.#worker !== undefined || this.#isRecovering) return Promise.resolve();
    this.#trying ??= this.#parts.activity.during(this.#try());
    return this.#trying;
  }

  /** The feed may have new events. */
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

  /** Releases the lease while `work` moves the checkpoint. */
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

  /** Ends the worker immediately; a new one begins at the store's checkpoint when that is `ready`. */
  async reset(ready: Promise<void>): Promise<void> {
    this.#pauses += 1;
    this.#worker?.abandon();
    await this.#trying;
    this.#worker?.abandon();
    await ready;
    this.#outdated = this.#keeper;
    this.#pauses -= 1;
    if (this.#isWanted) await this.want(true);
  }

  /** Finishes the events in flight, and releases the lease permanently. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelPoll?.();
    await this.#trying;
    await this.#end();
  }

  /** Ends a `close` that takes too long: aborts the handlers, and writes nothing more. */
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
        known: this.#keeper === this.#outdated ? undefined : this.#keeper?.lease,
      });
      if (keeper === undefined) this.#host.markShared();
      // Checked after acquiring: an upgrade revokes only the leases that were acquired before it.
      const isSuperseded = await this.#host.isSuperseded();
      if (isSuperseded) await keeper?.release();
      else if (keeper !== undefined) await this.#begin(keeper);
    } catch (error) {
      if (isOrderchartError(error, 'historyChanged')) this.#outdated = this.#keeper;
      logger.warn('A lease could not be acquired; trying again.', { error });
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

  /** @param isTaken Whether another owner may have the lease; otherwise a new worker begins. */
  #lost(isTaken: boolean): void {
    if (isTaken) {
      this.#host.markShared();
      this.#parts.logger.warn(
        'A lease was lost to another owner; no longer working on its partition.',
        { partition: this.partition },
      );
    }
    const worker = this.#worker;
    this.#worker = undefined;
    this.#cancelPoll?.();
    if (worker !== undefined) void this.#recover(worker);
  }

  #end(): Promise<void> {
    if (this.#worker === undefined) return this.#ending ?? Promise.resolve();
    this.#ending ??= this.#parts.activity.during(this.#release(this.#worker));
    return this.#ending;
  }

  async #release(worker: Worker): Promise<void> {
    const { logger } = this.#parts;
    this.#cancelPoll?.();
    await this.#patiently((patience) => worker.stop(patience));
    this.#worker = undefined;
    await this.#releaseLease().catch((error: unknown) => {
      logger.warn('A lease could not be released; it expires.', { error });
    });
    this.#ending = undefined;
    void this.#recover(worker);
  }

  /** Repeats a release that failed, as when another process that tries to acquire locks the row. */
  async #releaseLease(attempts = releaseAttempts): Promise<void> {
    try {
      await this.#keeper?.release();
    } catch (error) {
      if (attempts === 1) throw error;
      await this.#releaseLease(attempts - 1);
    }
  }

  /** Waits for the handlers of a worker that has ended, at most for the grace period. */
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

  /** Looks for events that others committed, and renews the lease while there is nothing to do. */
  async #poll(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const { readPosition } = worker.status();
    const isQuiet = readPosition === this.#lastRead;
    this.#lastRead = readPosition;
    this.#pollMs = isQuiet ? Math.min(this.#pollMs * 2, longestPollMs) : shortestPollMs;
    try {
      if (await worker.hold()) worker.wake();
      await this.#refreshParked(worker);
    } catch (error) {
      this.#parts.logger.warn('A lease could not be renewed; trying again.', { error });
    }
    this.#pollLater();
  }

  async #refreshParked(worker: Worker): Promise<void> {
    const nowMs = passedMs(this.#parts.clock);
    if (worker.status().parkedLanes === 0 || nowMs - this.#parkedRefreshedMs < parkingMs) return;
    this.#parkedRefreshedMs = nowMs;
    await worker.refreshParked(parkingPages);
  }
}
