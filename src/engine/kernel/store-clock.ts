import type { Timestamp } from '../../order/values.ts';
import type { OrderStore } from '../../store/store.ts';
import { type Clock, type SteadyClock, scheduleAfter } from './clock.ts';
import type { Logger } from './logger.ts';

/** How often the two clocks are compared. */
const compareEveryMs = 60_000;
/** The round trips per comparison. The shortest counts, because its error is the smallest. */
const roundTrips = 3;
/** From this difference on the host is warned, and a jump of its clock is noticed. */
const remarkableMs = 1000;

/** The difference between the engine's clock and the store's. */
interface Difference {
  readonly byMs: number;
  /** The largest possible error of `byMs`. */
  readonly errorMs: number;
}

interface Appointment {
  readonly at: Timestamp;
  readonly callback: () => void;
  cancel: () => void;
}

/**
 * The host's clock, corrected to the store's: so processes on machines whose clocks are minutes
 * apart agree on when a deadline is due, when a lease expires and when an event was recorded.
 *
 * Between two comparisons it follows the host's steady clock, where there is one, so setting the
 * time of day makes nothing early.
 */
export class StoreClock implements Clock {
  readonly #read: () => Promise<Timestamp>;
  readonly #host: Clock;
  readonly #logger: Logger;
  readonly #appointments = new Set<Appointment>();
  readonly #hostStart: Timestamp;
  readonly #steadyStartMs: number;
  #correctionMs = 0;
  /** How far the host's clock had been set away from its steady one at the last comparison. */
  #setByMs = 0;
  #loggedOffsetMs = 0;
  #isStopped = false;
  #comparing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;

  private constructor(read: () => Promise<Timestamp>, host: Clock, logger: Logger) {
    this.#read = read;
    this.#host = host;
    this.#logger = logger;
    this.#hostStart = host.now();
    this.#steadyStartMs = host.steady?.elapsedMs() ?? 0;
  }

  /** Compares for the first time. Resolves to `undefined` when the store has no clock. */
  static async start(
    store: OrderStore,
    host: Clock,
    logger: Logger,
  ): Promise<StoreClock | undefined> {
    if (store.now === undefined) return undefined;
    const clock = new StoreClock(store.now.bind(store), host, logger);
    clock.#correct(await clock.#difference());
    clock.#compareLater();
    return clock;
  }

  now(): Timestamp {
    const unsetNow = this.#unsetNow();
    const setByMs = this.#host.now() - unsetNow;
    if (Math.abs(setByMs - this.#setByMs) >= remarkableMs) void this.#compareNow();
    return unsetNow + this.#correctionMs;
  }

  schedule(at: Timestamp, callback: () => void): () => void {
    const appointment: Appointment = { at, callback, cancel: () => {} };
    this.#appointments.add(appointment);
    this.#wait(appointment);
    return () => {
      this.#appointments.delete(appointment);
      appointment.cancel();
    };
  }

  /** Elapsed time is the same for both clocks. */
  get steady(): SteadyClock | undefined {
    return this.#host.steady;
  }

  /**
   * Compares immediately, because the store may be on another machine now. Never rejects. A comparison
   * in progress does not count, because it may have asked the previous machine.
   */
  async compare(): Promise<void> {
    await this.#comparing;
    await this.#compareNow();
  }

  /** Ends the comparisons. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** The time of the host's clock if it had never been set. */
  #unsetNow(): Timestamp {
    const { steady } = this.#host;
    if (steady === undefined) return this.#host.now();
    return Math.floor(this.#hostStart + steady.elapsedMs() - this.#steadyStartMs);
  }

  #wait(appointment: Appointment): void {
    const remainingMs = appointment.at - this.now();
    appointment.cancel = this.#host.schedule(this.#host.now() + remainingMs, () => {
      // Early when the host's clock was set forward.
      if (this.now() < appointment.at) {
        this.#wait(appointment);
        return;
      }
      this.#appointments.delete(appointment);
      appointment.callback();
    });
  }

  #compareLater(): void {
    if (this.#isStopped) return;
    this.#cancel?.();
    this.#cancel = scheduleAfter(this.#host, compareEveryMs, () => void this.#compareNow());
  }

  #compareNow(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    this.#comparing ??= this.#compare();
    return this.#comparing;
  }

  async #compare(): Promise<void> {
    try {
      this.#correct(await this.#difference());
    } catch (error) {
      if (!this.#isStopped)
        this.#logger.warn('Could not read the clock of the store; keeping the last correction.', {
          error,
        });
      // The jump counts as noticed, so that now() does not ask for a comparison at every call.
      this.#setByMs = this.#host.now() - this.#unsetNow();
    }
    this.#comparing = undefined;
    this.#compareLater();
  }

  async #difference(): Promise<Difference> {
    const differences: Difference[] = [];
    for (let trip = 0; trip < roundTrips; trip += 1) differences.push(await this.#ask());
    return differences.reduce((best, other) => (other.errorMs < best.errorMs ? other : best));
  }

  async #ask(): Promise<Difference> {
    const askedAt = this.#unsetNow() + this.#correctionMs;
    const storeNow = await this.#read();
    const answeredAt = this.#unsetNow() + this.#correctionMs;
    // The store read its clock somewhere in between; the middle is the best guess.
    const byMs = Math.round(storeNow - (askedAt + answeredAt) / 2);
    return { byMs, errorMs: (answeredAt - askedAt) / 2 };
  }

  /** Ignores a difference within the error of measurement, so that time does not jump about. */
  #correct({ byMs, errorMs }: Difference): void {
    if (Math.abs(byMs) > errorMs) this.#correctionMs += byMs;
    this.#setByMs = this.#host.now() - this.#unsetNow();
    for (const appointment of this.#appointments) {
      appointment.cancel();
      this.#wait(appointment);
    }
    this.#log(this.#correctionMs - this.#setByMs);
  }

  #log(offsetMs: number): void {
    if (Math.abs(offsetMs - this.#loggedOffsetMs) < remarkableMs) return;
    this.#loggedOffsetMs = offsetMs;
    this.#logger.warn(
      'The clock of this host differs from the clock of the store; correcting it.',
      {
        offsetMs,
      },
    );
  }
}
