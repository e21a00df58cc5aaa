import { SoonestTimer } from '../../kernel/soonest-timer.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';

/** How far the checkpoint may be behind before it is written without waiting. */
const positionsBehind = 256;
/** How long an event that was handled may be missing from the checkpoint. */
const handledDelayMs = 1000;
/** And one that was passed over: reading it again costs little, but others wait for us to arrive. */
const passedOverDelayMs = 5000;

/**
 * Writes the checkpoint of one partition now and then: a write per event would cost more than
 * most handlers. What is lost in a crash is handled once more, at most so much of it.
 */
export class Checkpointer {
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onLost: () => void;
  #written: number;
  #position: number;
  #writing: Promise<void> | undefined;
  readonly #next: SoonestTimer;
  #isStopped = false;

  constructor(parts: ConsumerParts, keeper: LeaseKeeper, onLost: () => void) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#onLost = onLost;
    this.#written = keeper.lease.position;
    this.#position = this.#written;
    this.#next = new SoonestTimer(parts.clock, () => this.#write());
  }

  /**
   * Everything up to `position` is done.
   *
   * @param wasHandled Whether a handler has worked for it. Events that were passed over may be
   * read again for little, so they wait longer for company.
   */
  note(position: number, wasHandled: boolean): void {
    this.#position = position;
    if (this.#isStopped || position === this.#written) return;
    if (position - this.#written >= positionsBehind) this.#write();
    else this.#next.set(wasHandled ? handledDelayMs : passedOverDelayMs);
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
    const { store, logger, settings } = this.#parts;
    const position = this.#position;
    try {
      const isOurs =
        (await this.#keeper.hold()) &&
        (await this.#keeper.write((lease) => store.subscriptions.checkpoint(lease, position)));
      if (isOurs) this.#written = position;
      else this.#onLost();
    } catch (error) {
      logger.warn('A checkpoint could not be written.', { subscription: settings.name, error });
    }
    this.#writing = undefined;
    if (!this.#isStopped && this.#position !== this.#written) this.#next.set(handledDelayMs);
  }
}
