import { SoonestTimer } from '../../kernel/soonest-timer.ts';
import type { ConsumerParts } from '../parts.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';

/** How many positions the checkpoint may be behind before it is written immediately. */
const positionsBehind = 256;
/** How long a handled event may be missing from the checkpoint. */
const handledDelayMs = 1000;
/** How long a skipped one may be: reading it again is cheap, but `caughtUp` elsewhere waits for it. */
const skippedDelayMs = 5000;

/**
 * Writes the checkpoint of one partition from time to time: a write per event would cost more than
 * most handlers. After a crash, events after the checkpoint are handled again.
 */
export class Checkpointer {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  #written: number;
  #position: number;
  #writing: Promise<void> | undefined;
  readonly #next: SoonestTimer;
  #isStopped = false;

  constructor(parts: ConsumerParts, lease: WorkerLease) {
    this.#parts = parts;
    this.#lease = lease;
    this.#written = lease.current.position;
    this.#position = this.#written;
    this.#next = new SoonestTimer(parts.clock, () => this.#write());
  }

  /**
   * Notes that everything up to `position` is done.
   *
   * @param wasHandled Whether a handler did work for it; skipped events may wait longer.
   */
  note(position: number, wasHandled: boolean): void {
    this.#position = position;
    if (this.#isStopped || position === this.#written) return;
    if (position - this.#written >= positionsBehind) this.#write();
    else this.#next.set(wasHandled ? handledDelayMs : skippedDelayMs);
  }

  /** Writes nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#next.clear();
  }

  /** Writes the last position, then nothing more. */
  async close(position: number): Promise<void> {
    this.stop();
    await this.#writing;
    this.#position = position;
    if (position !== this.#written) await this.#writeNow();
  }

  #write(): void {
    this.#next.clear();
    if (this.#isStopped || this.#writing !== undefined) return;
    this.#writing = this.#parts.activity.during(this.#writeNow());
  }

  async #writeNow(): Promise<void> {
    const position = this.#position;
    if (await this.#lease.checkpoint(position)) this.#written = position;
    this.#writing = undefined;
    if (!this.#isStopped && this.#position !== this.#written) this.#next.set(handledDelayMs);
  }
}
