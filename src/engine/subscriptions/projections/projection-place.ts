import { scheduleAfter } from '../../kernel/clock.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';

/** How far the checkpoint may be behind because of events that are of no interest. */
const positionsBehind = 256;
const passedOverDelayMs = 5000;

/**
 * Where a projection stands. What was projected is written with it; only events that were passed
 * over, because they are of no interest, are written now and then. Never at the same time as a
 * transaction: that one's checkpoint could be overwritten by an older one.
 */
export class ProjectionPlace {
  /** The last position that was read. */
  read: number;
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onDue: () => void;
  #position: number;
  #written: number;
  #isDue = false;
  #cancel: (() => void) | undefined;

  /** @param onDue Hears that it is time to write; `isDue` says so until then. */
  constructor(parts: ConsumerParts, keeper: LeaseKeeper, onDue: () => void) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#onDue = onDue;
    this.#position = keeper.lease.position;
    this.#written = this.#position;
    this.read = this.#position;
  }

  get position(): number {
    return this.#position;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** Everything up to here was projected, and that is written. */
  projected(position: number): void {
    this.#position = position;
    this.#written = position;
    this.#parts.onProgress();
  }

  /** Everything up to here is of no interest. */
  passedOver(position: number): void {
    this.#position = position;
    this.#isDue ||= position - this.#written >= positionsBehind;
    this.#parts.onProgress();
  }

  /** Nothing more is going on: what is not written yet will be. */
  rest(): void {
    if (this.#position === this.#written || this.#cancel !== undefined) return;
    const { clock } = this.#parts;
    this.#cancel = scheduleAfter(clock, passedOverDelayMs, () => {
      this.#cancel = undefined;
      this.#isDue = true;
      this.#onDue();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Writes the position if it is not. False when the lease is another's; never rejects. */
  async write(): Promise<boolean> {
    const { store, logger, settings } = this.#parts;
    const position = this.#position;
    this.#isDue = false;
    if (position === this.#written) return true;
    try {
      const isOurs =
        (await this.#keeper.hold()) &&
        (await this.#keeper.write((lease) => store.subscriptions.checkpoint(lease, position)));
      if (isOurs) this.#written = position;
      return isOurs;
    } catch (error) {
      logger.warn('A checkpoint could not be written.', { subscription: settings.name, error });
      return true;
    }
  }
}
