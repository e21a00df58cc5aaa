import type { Lease } from '../../../store/store.ts';
import { Activity } from '../../kernel/activity.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from './lease-keeper.ts';

/**
 * The lease as a worker and its parts use it. A part that finds it lost ends the worker through
 * this class, so that no part needs to know the worker.
 */
export class WorkerLease {
  /** Counts the work in progress under the lease. */
  readonly work = new Activity();
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onEnd: (isTaken: boolean, wasStopping: boolean) => void;
  #isStopping = false;
  #isOver = false;

  /** @param onEnd Called once, when the lease turns out to be lost or the worker is abandoned. */
  constructor(
    parts: ConsumerParts,
    keeper: LeaseKeeper,
    onEnd: (isTaken: boolean, wasStopping: boolean) => void,
  ) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#onEnd = onEnd;
  }

  /** Whether no new work may begin: the worker is stopping, or the lease is over. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether nothing may be written: another owner may have the lease. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The lease as the store last reported it. */
  get current(): Lease {
    return this.#keeper.lease;
  }

  /** Renews the lease if it is due; false when it is over. */
  async hold(): Promise<boolean> {
    if (!(await this.#keeper.hold())) this.end(true);
    return !this.#isOver;
  }

  /** Reads the page of the feed after a position. */
  read(after: number, limit: number): ReturnType<LeaseKeeper['read']> {
    return this.#keeper.read(this.#parts.store, after, limit);
  }

  /** Writes under the lease; false when it is lost. */
  async write(work: (lease: Lease) => Promise<Lease | undefined>): Promise<boolean> {
    const isOurs = await this.#keeper.write(work);
    if (!isOurs) this.end(true);
    return isOurs;
  }

  /**
   * Writes the checkpoint. False when it was not written, because the lease is over or the store
   * failed, which is logged; never rejects.
   */
  async checkpoint(position: number): Promise<boolean> {
    const { store, logger } = this.#parts;
    try {
      if (!(await this.hold())) return false;
      return await this.write((lease) => store.subscriptions.checkpoint(lease, position));
    } catch (error) {
      logger.warn('A checkpoint could not be written; trying again.', { error });
      return false;
    }
  }

  /** Starts no new work, and waits for work in progress, at most until `patience` resolves. */
  async stop(patience: Promise<void>): Promise<void> {
    this.#isStopping = true;
    await Promise.race([this.work.idle(), patience]);
  }

  /** Prevents further writes, after the last write of a worker that stopped. */
  close(): void {
    this.#isOver = true;
  }

  /** @param isTaken Whether another owner may have the lease; otherwise this process still has it. */
  end(isTaken: boolean): void {
    if (this.#isOver) return;
    const wasStopping = this.#isStopping;
    this.#isStopping = true;
    this.#isOver = true;
    this.#onEnd(isTaken, wasStopping);
  }
}
