import { isOrderchartError, OrderchartError } from '../../../errors.ts';
import type { OrderEvent } from '../../../order/envelope.ts';
import type { ParkedEvent, SubscriptionStore } from '../../../store/store.ts';
import { onAbort } from '../../kernel/abort.ts';
import { Activity } from '../../kernel/activity.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';

/** The method of a store that has transactions. */
export type Project = NonNullable<SubscriptionStore['project']>;

/**
 * How a transaction ended. `refused`: the lease is another's. `doubtful`: nobody knows whether it
 * was committed. An error is what `work` threw, or what the store said to a transaction that did
 * not hold, be it for a statement whose failure the handler swallowed, or a constraint that is
 * checked at the end; all is rolled back then.
 */
type TransactionOutcome = 'done' | 'refused' | 'doubtful' | { readonly error: unknown };

/** How a transaction ended: `ended` when the worker is over or stops; else what was thrown in it. */
export type TransactionEnd = 'done' | 'ended' | { readonly error: unknown };

/** What transactions need of the worker that they are for. */
export interface TransactionHost {
  readonly isStopping: boolean;
  /** Everything up to here is projected. */
  readonly position: number;
  /** False when the worker is over. */
  hold(): Promise<boolean>;
  /** @param isTaken Whether another owner may have the lease. */
  end(isTaken: boolean): void;
}

/** What a projection does in the transactions that have its checkpoint in them. */
export class ProjectionTransactions {
  /** Calls of the host's handler that have not ended. */
  readonly handlers = new Activity();
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #project: Project;
  readonly #host: TransactionHost;
  readonly #abort = new AbortController();
  #isOpen = false;

  constructor(parts: ConsumerParts, keeper: LeaseKeeper, project: Project, host: TransactionHost) {
    this.#host = host;
    this.#parts = parts;
    this.#keeper = keeper;
    this.#project = project;
  }

  /** Whether one is under way: it has the lease's row, which nobody can take or renew meanwhile. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Tells handlers that nobody waits for them any more, and rolls back what they are in. */
  abort(): void {
    this.#abort.abort();
  }

  /**
   * Runs `work` in a transaction, and writes the checkpoint that it gives in there. Gives what it
   * threw, if it did. When the store fails nobody knows what was written: the worker ends, and the
   * next one begins at the checkpoint as it then is.
   */
  async transact(work: (transaction: unknown) => Promise<number>): Promise<TransactionEnd> {
    const host = this.#host;
    if (!(await host.hold())) return 'ended';
    const outcome = await this.#run(work);
    if (outcome === 'refused' || outcome === 'doubtful') {
      host.end(outcome === 'refused');
      return 'ended';
    }
    return outcome !== 'done' && host.isStopping ? 'ended' : outcome;
  }

  /** The same, with the checkpoint where it is. */
  transactHere(work: (transaction: unknown) => Promise<void>): Promise<TransactionEnd> {
    return this.transact(async (transaction) => {
      await work(transaction);
      return this.#host.position;
    });
  }

  /** Handles an event before its turn, and undoes that; `done` when the handler took it. */
  async tryOut(event: OrderEvent): Promise<TransactionEnd> {
    let isTaken = false;
    const end = await this.transactHere(async (transaction) => {
      await this.handle(event, transaction, 1);
      isTaken = true;
      throw new Error('It was only tried out.');
    });
    return isTaken && end !== 'ended' ? 'done' : end;
  }

  async #run(work: (transaction: unknown) => Promise<number>): Promise<TransactionOutcome> {
    let thrown: { readonly error: unknown } | undefined;
    this.#isOpen = true;
    try {
      const isOurs = await this.#keeper.write((lease) =>
        this.#project(lease, (transaction) =>
          work(transaction).catch((error: unknown) => {
            thrown = { error };
            throw error;
          }),
        ),
      );
      return isOurs ? 'done' : 'refused';
    } catch (error) {
      if (isOrderchartError(error, 'historyChanged')) return 'doubtful';
      if (thrown !== undefined) return thrown;
      if (isUndone(error)) return { error };
      const { logger, settings } = this.#parts;
      logger.warn('A projection could not be written.', { subscription: settings.name, error });
      return 'doubtful';
    } finally {
      this.#isOpen = false;
    }
  }

  /** Ends with the handler, or with the abort: a handler that hangs must not hold up `close`. */
  handle(event: OrderEvent, transaction: unknown, attempt: number): Promise<unknown> {
    const { handler } = this.#parts.settings;
    const { tenantId } = event;
    const { signal } = this.#abort;
    const { history } = this.#keeper.lease;
    const context = { transaction, attempt, signal, tenantId, history };
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const unlisten = onAbort(signal, () => reject(signal.reason));
      const calling = (async () => handler(event as never, context))();
      this.handlers.during(calling).then(resolve, reject).finally(unlisten);
    });
  }

  async park(place: ParkedPlace, transaction: unknown): Promise<void> {
    const { subscriptions } = this.#parts.store;
    const { lease } = this.#keeper;
    const isOurs = await subscriptions.park(lease, [this.#entry(place)], transaction);
    if (isOurs === undefined) throw lostWithin();
  }

  /** Parks an event again, without a transaction. False when the worker has ended. */
  async parkAgain(place: ParkedPlace): Promise<boolean> {
    const { store, settings, logger } = this.#parts;
    const host = this.#host;
    try {
      if (!(await host.hold())) return false;
      const entry = this.#entry(place);
      const isOurs = await this.#keeper.write((lease) => store.subscriptions.park(lease, [entry]));
      if (!isOurs) host.end(true);
      return isOurs;
    } catch (error) {
      // It is there already, with an older count of attempts.
      logger.warn('Events could not be put aside.', { subscription: settings.name, error });
      return true;
    }
  }

  #entry({ position, event, error, attempts, retryAt = null, requeues = 0 }: ParkedPlace) {
    const { settings, clock } = this.#parts;
    const { partition } = this.#keeper.lease;
    const place = { subscription: settings.name, partition, position, event };
    return { ...place, error, attempts, retryAt, requeues, parkedAt: clock.now() };
  }

  async unpark(eventId: string, transaction: unknown): Promise<void> {
    const { subscriptions } = this.#parts.store;
    const isOurs = await subscriptions.unpark(this.#keeper.lease, eventId, transaction);
    if (isOurs === undefined) throw lostWithin();
  }
}

function lostWithin(): OrderchartError {
  return new OrderchartError('storeUnavailable', 'The lease was lost in its transaction.');
}

/** An untyped error says nothing. */
function isUndone(error: unknown): boolean {
  return isOrderchartError(error) && !isOrderchartError(error, 'outcomeUnknown');
}

/** What is to be parked, and where it stands in the feed. */
type ParkedPlace = Pick<ParkedEvent, 'position' | 'event' | 'error' | 'attempts'> &
  Partial<Pick<ParkedEvent, 'retryAt' | 'requeues'>>;
