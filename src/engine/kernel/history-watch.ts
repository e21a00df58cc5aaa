import { OrderchartError } from '../../errors.ts';
import type { OrderStore } from '../../store/store.ts';
import type { Activity } from './activity.ts';
import { type Clock, scheduleAfter } from './clock.ts';
import { guardedStore } from './guarded-store.ts';
import type { Logger } from './logger.ts';

/** The pause after the number of the history could not be raised. */
const retryDelayMs = 1000;

/**
 * Forgets all data read from the store, and ends the work that is based on it.
 *
 * @param ready Resolves when that work may start again.
 */
type StartOver = (ready: Promise<void>) => void;

/**
 * Handles a change of the store's history: a backup was restored, or a standby without the last
 * commits took over. The engine forgets everything it read immediately. It starts over only when
 * the number of the history is above the last known one, because messages carry the number and
 * their consumers order by it.
 */
export class HistoryWatch {
  readonly #store: OrderStore;
  /** The machine's own, because the store's is in doubt. */
  readonly #clock: Clock;
  readonly #logger: Logger;
  #activity: Activity | undefined;
  #startOver: StartOver | undefined;
  #changes = 0;
  #knownHistory = 0;
  #resetting: Promise<void> | undefined;
  #isClosed = false;
  #unwatch: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(store: OrderStore, clock: Clock, logger: Logger) {
    this.#store = guardedStore(store, (error) => this.changed(error));
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The store for the engine: an error `historyChanged` of any call is reported here. */
  get store(): OrderStore {
    return this.#store;
  }

  /** How often the history has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Starts to react to changes. */
  follow(activity: Activity, startOver: StartOver): void {
    this.#activity = activity;
    this.#startOver = startOver;
    this.#unwatch = this.#store.watchHistory?.((error) => this.changed(error));
  }

  /** Compares the history in which a lease was taken: another engine may have raised the number. */
  saw(history: number): void {
    if (this.#knownHistory > 0 && history !== this.#knownHistory) this.changed(renumbered(history));
    this.#knownHistory = Math.max(this.#knownHistory, history);
  }

  /** Starts over. Many calls may report the same change; only the first one counts. */
  changed(error: unknown): void {
    const activity = this.#activity;
    if (this.#resetting !== undefined || this.#isClosed || activity === undefined) return;
    this.#changes += 1;
    this.#logger.error('The history of the store changed; starting over from its present state.', {
      history: this.#knownHistory,
      error,
    });
    this.#resetting = activity.during(this.#renumber());
    this.#startOver?.(this.#resetting);
  }

  /** Raises the number although no change was noticed, so that every engine of the store starts over. */
  async raise(): Promise<number> {
    const { name, raiseHistory } = this.#store;
    if (raiseHistory === undefined) throw noHistoryNumber(name);
    return raiseHistory(await raiseHistory(0));
  }

  /** Ends every wait. */
  close(): void {
    this.#isClosed = true;
    this.#unwatch?.();
    this.#wake?.();
  }

  async #renumber(): Promise<void> {
    while (!this.#isClosed && !(await this.#isRaised())) await this.#pause();
    this.#resetting = undefined;
  }

  async #isRaised(): Promise<boolean> {
    try {
      const raised = (await this.#store.raiseHistory?.(this.#knownHistory)) ?? 0;
      this.#knownHistory = Math.max(this.#knownHistory, raised);
      return true;
    } catch (error) {
      this.#logger.warn('Could not raise the number of the history; retrying.', { error });
      return this.#isClosed;
    }
  }

  #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = scheduleAfter(this.#clock, retryDelayMs, resolve);
    this.#wake = () => {
      cancel();
      resolve();
    };
    return promise;
  }
}

function renumbered(history: number): OrderchartError {
  return new OrderchartError(
    'historyChanged',
    'The store now grants leases in another history than before.',
    { details: { history } },
  );
}

function noHistoryNumber(store: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `The store '${store}' does not number its history (its features lack 'failover'), so there is ` +
      'no number to raise. Make consumers that remember versions forget them instead.',
    { details: { store } },
  );
}
