import { scheduleAfter } from '../../kernel/clock.ts';
import type { ConsumerParts } from '../parts.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';

/** How many positions the checkpoint may be behind because of skipped events. */
const positionsBehind = 256;
const skippedDelayMs = 5000;

/**
 * The position of a projection. The position of projected events is written in their transaction;
 * after skipped events it is written separately from time to time, and never during a transaction,
 * whose checkpoint it could overwrite with an older one.
 */
export class ProjectionPlace {
  /** The last position that was read. */
  read: number;
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #onDue: () => void;
  #position: number;
  #written: number;
  #isDue = false;
  #cancel: (() => void) | undefined;

  /** @param onDue Called when it is time to write; `isDue` is true from then on. */
  constructor(parts: ConsumerParts, lease: WorkerLease, onDue: () => void) {
    this.#parts = parts;
    this.#lease = lease;
    this.#onDue = onDue;
    this.#position = lease.current.position;
    this.#written = this.#position;
    this.read = this.#position;
  }

  get position(): number {
    return this.#position;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** Notes that everything up to here is projected, and that the checkpoint is written. */
  projected(position: number): void {
    this.#position = position;
    this.#written = position;
    this.#parts.onProgress();
  }

  /** Notes that everything up to here is of other types. */
  skipped(position: number): void {
    this.#position = position;
    this.#isDue ||= position - this.#written >= positionsBehind;
    this.#parts.onProgress();
  }

  /** Called when the worker has nothing to do. The position is written after a while. */
  rest(): void {
    if (this.#position === this.#written || this.#cancel !== undefined) return;
    this.#cancel = scheduleAfter(this.#parts.clock, skippedDelayMs, () => {
      this.#cancel = undefined;
      this.#isDue = true;
      this.#onDue();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Writes the position, unless it is written already; never rejects. */
  async write(): Promise<void> {
    const position = this.#position;
    this.#isDue = false;
    if (position === this.#written) return;
    if (await this.#lease.checkpoint(position)) this.#written = position;
  }
}
