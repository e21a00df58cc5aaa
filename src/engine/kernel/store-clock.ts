import type { Timestamp } from '../../order/values.ts';
import type { OrderStore } from '../../store/store.ts';
import { type Clock, type SteadyClock, scheduleAfter } from './clock.ts';
import type { Logger } from './logger.ts';

/** How often the two clocks are compared. */
const compareEveryMs = 60_000;
/** Of so many round trips the shortest counts: it leaves the least room for error. */
const roundTrips = 3;
/** From here on a host is told that its clock is wrong, and a jump of its clock is noticed. */
const remarkableMs = 1000;

/** How far our clock is from the store's. */
interface Difference {
  readonly byMs: number;
  /** The true difference is no further away than this. */
  readonly errorMs: number;
}

interface Appointment {
  readonly at: Timestamp;
  readonly callback: () => void;
  cancel: () => void;
}

/**
 * The host's clock, corrected to that of the store: processes on machines whose clocks are minutes
 * apart agree on when a deadline is due, when a lease has ended and when something was recorded.
 *
 * Between two comparisons it goes by the host's steady clock, where there is one, so a time of day
 * that is set meanwhile makes nothing early.
 */
export class StoreClock implements Clock {
  readonly #read: () => Promise<Timestamp>;
  readonly #host: Clock;
  readonly #logger: Logger;
  readonly #appointments = new Set<Appointment>();
  readonly #hostStart: Timestamp;
  readonly #steadyStartMs: number;
  #correctionMs = 0;
  /** How far the host's clock has gone away from its steady one, when last compared. */
  #setByMs = 0;
  #toldMs = 0;
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

  /** Compares for the first time. `undefined` when the store has no clock. */
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

  /** What passes is the same for both. */
  get steady(): SteadyClock | undefined {
    return this.#host.steady;
  }

  /**
   * Compares at once, because the store may be on another machine. Never rejects. A comparison that
   * is under way may have asked the machine before, so it does not count.
   */
  async compare(): Promise<void> {
    await this.#comparing;
    await this.#compareNow();
  }

  /** Compares no more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** What the host's clock would say if nobody had set it. */
  #unsetNow(): Timestamp {
    const { steady } = this.#host;
    if (steady === undefined) return this.#host.now();
    return Math.floor(this.#hostStart + steady.elapsedMs() - this.#steadyStartMs);
  }

  #wait(appointment: Appointment): void {
    const remainingMs = appointment.at - this.now();
    appointment.cancel = this.#host.schedule(this.#host.now() + remainingMs, () => {
      // The host's clock may have been set forward: it is not time yet.
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
        this.#logger.warn('The clock of the store could not be read.', { error });
      // Noticed, and enough of it: the next comparison comes in its time.
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
    // The store has looked somewhere on the way; the middle is the best guess.
    const byMs = Math.round(storeNow - (askedAt + answeredAt) / 2);
    return { byMs, errorMs: (answeredAt - askedAt) / 2 };
  }

  /** A difference within the error of measurement is none: time shall not jump about. */
  #correct({ byMs, errorMs }: Difference): void {
    if (Math.abs(byMs) > errorMs) this.#correctionMs += byMs;
    this.#setByMs = this.#host.now() - this.#unsetNow();
    for (const appointment of this.#appointments) {
      appointment.cancel();
      this.#wait(appointment);
    }
    this.#tell(this.#correctionMs - this.#setByMs);
  }

  #tell(offsetMs: number): void {
    if (Math.abs(offsetMs - this.#toldMs) < remarkableMs) return;
    this.#toldMs = offsetMs;
    this.#logger.warn('The clock of this host is not that of the store; it is corrected.', {
      offsetMs,
    });
  }
}
