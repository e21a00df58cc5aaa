import { OrderchartError } from '../../errors.ts';
import type { OrderStore } from '../../store/store.ts';
import type { Activity } from './activity.ts';
import { type Clock, scheduleAfter } from './clock.ts';
import { guardedStore } from './guarded-store.ts';
import type { Logger } from './logger.ts';

/** After the store could not be asked for the number of its history. */
const retryDelayMs = 1000;

/**
 * Forgets what was read from the store, and ends what goes on from there.
 *
 * @param ready Resolves when it may begin anew.
 */
export type BeginAnew = (ready: Promise<void>) => void;

/**
 * What the engine does when the store says that it does not hold any more what it held: a backup
 * was put back, or a standby took over that did not have everything. Everything that was read is
 * forgotten at once. Nothing begins anew before the number of the history is above the one that was
 * known, because messages carry it, and their consumers order by it.
 */
export class HistoryWatch {
  readonly #store: OrderStore;
  /** The machine's own: the store's is one of the things that are in doubt. */
  readonly #clock: Clock;
  readonly #logger: Logger;
  #activity: Activity | undefined;
  #beginAnew: BeginAnew | undefined;
  #changes = 0;
  #known = 0;
  #resetting: Promise<void> | undefined;
  #isClosed = false;
  #unwatch: (() => void) | undefined;
  #wake: (() => void) | undefined;

  constructor(store: OrderStore, clock: Clock, logger: Logger) {
    this.#store = guardedStore(store, (error) => this.noticed(error));
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The store, as the engine is to use it: whoever is told that its history changed tells this. */
  get store(): OrderStore {
    return this.#store;
  }

  /** How often it has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** What the engine does about it. */
  follow(activity: Activity, beginAnew: BeginAnew): void {
    this.#activity = activity;
    this.#beginAnew = beginAnew;
    this.#unwatch = this.#store.watchHistory?.((error) => this.noticed(error));
  }

  /** A lease was taken in this history, which another engine may have numbered anew. */
  saw(history: number): void {
    if (this.#known > 0 && history !== this.#known) this.noticed(renumbered(history));
    this.#known = Math.max(this.#known, history);
  }

  /** The store has said so, to one of many who may all hear the same. */
  noticed(error: unknown): void {
    const activity = this.#activity;
    if (this.#resetting !== undefined || this.#isClosed || activity === undefined) return;
    this.#changes += 1;
    this.#logger.error(
      'The history of the store has changed; everything begins anew with what it has now.',
      { history: this.#known, error },
    );
    this.#resetting = activity.during(this.#renumber());
    this.#beginAnew?.(this.#resetting);
  }

  /** A new number although nothing was noticed: every engine that knows the store begins anew. */
  async raise(): Promise<number> {
    const { name, raiseHistory } = this.#store;
    if (raiseHistory === undefined) throw noHistories(name);
    return raiseHistory(await raiseHistory(0));
  }

  /** Waits for nothing any more. */
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
      const raised = (await this.#store.raiseHistory?.(this.#known)) ?? 0;
      this.#known = Math.max(this.#known, raised);
      return true;
    } catch (error) {
      this.#logger.warn('The number of the history could not be raised; it is tried again.', {
        error,
      });
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
    'The store gives leases in another history than it did before.',
    { details: { history } },
  );
}

function noHistories(store: string): OrderchartError {
  return new OrderchartError(
    'invalidArgument',
    `The store '${store}' does not number its histories (its features do not say 'failover'), so ` +
      'there is no number to raise. Consumers that remember versions must be told to forget them.',
    { details: { store } },
  );
}
