import { isOrderchartError, OrderchartError } from '../../../errors.ts';
import type { OrderEvent } from '../../../order/envelope.ts';
import type { ParkedEvent, SubscriptionStore } from '../../../store/store.ts';
import type { HandlerCalls } from '../handler-calls.ts';
import type { ConsumerParts } from '../parts.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import type { ProjectionPlace } from './projection-place.ts';

/** The method of a store that has transactions. */
export type Project = NonNullable<SubscriptionStore['project']>;

/**
 * How a transaction ended. `ended`: the worker is over or stopping. `error`: it was thrown in the
 * transaction, or by the store instead of committing, for example for a constraint that is checked
 * at the end, or a failed statement whose error the handler swallowed; everything is rolled back then.
 */
export type TransactionEnd = 'done' | 'ended' | { readonly error: unknown };

/** An event to park, and its position in the feed. */
type ParkedPlace = Pick<ParkedEvent, 'position' | 'event' | 'error' | 'attempts'> &
  Partial<Pick<ParkedEvent, 'retryAt' | 'requeues'>>;

/** The transactions of a projection, which include its checkpoint. */
export class ProjectionTransactions {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #calls: HandlerCalls;
  readonly #project: Project;
  readonly #place: ProjectionPlace;
  #isOpen = false;

  constructor(
    parts: ConsumerParts,
    lease: WorkerLease,
    calls: HandlerCalls,
    project: Project,
    place: ProjectionPlace,
  ) {
    this.#parts = parts;
    this.#lease = lease;
    this.#calls = calls;
    this.#project = project;
    this.#place = place;
  }

  /** Whether one is in progress: it locks the row of the lease, so no one can take or renew it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Runs `work` in a transaction that also writes the checkpoint that `work` returns. When the
   * outcome is unknown, the worker ends, and the next one begins at the checkpoint as it then is.
   */
  async transact(work: (transaction: unknown) => Promise<number>): Promise<TransactionEnd> {
    if (!(await this.#lease.hold())) return 'ended';
    let thrown: { readonly error: unknown } | undefined;
    this.#isOpen = true;
    try {
      const isOurs = await this.#lease.write((lease) =>
        this.#project(lease, (transaction) =>
          work(transaction).catch((error: unknown) => {
            thrown = { error };
            throw error;
          }),
        ),
      );
      return isOurs ? 'done' : 'ended';
    } catch (error) {
      return this.#failed(error, thrown);
    } finally {
      this.#isOpen = false;
    }
  }

  /** Like `transact`, without moving the checkpoint. */
  transactHere(work: (transaction: unknown) => Promise<void>): Promise<TransactionEnd> {
    return this.transact(async (transaction) => {
      await work(transaction);
      return this.#place.position;
    });
  }

  /** Handles an event before its turn, and rolls it back; `done` when the handler succeeded. */
  async tryOut(event: OrderEvent): Promise<TransactionEnd> {
    let isTaken = false;
    const end = await this.transactHere(async (transaction) => {
      await this.handle(event, transaction, 1);
      isTaken = true;
      throw new Error('The event was handled for a trial; its transaction is rolled back.');
    });
    return isTaken && end !== 'ended' ? 'done' : end;
  }

  handle(event: OrderEvent, transaction: unknown, attempt: number): Promise<unknown> {
    return this.#calls.handle(event, attempt, { transaction });
  }

  async park(place: ParkedPlace, transaction: unknown): Promise<void> {
    const { subscriptions } = this.#parts.store;
    const entries = [this.#entry(place)];
    const isOurs = await subscriptions.park(this.#lease.current, entries, transaction);
    if (isOurs === undefined) throw lostWithin();
  }

  /** Parks an event again, without a transaction. False when the worker has ended. */
  async parkAgain(place: ParkedPlace): Promise<boolean> {
    const { store, logger } = this.#parts;
    try {
      if (!(await this.#lease.hold())) return false;
      const entries = [this.#entry(place)];
      return await this.#lease.write((lease) => store.subscriptions.park(lease, entries));
    } catch (error) {
      // The event is still parked, with an older count of attempts.
      logger.warn('Events could not be put aside; trying again.', { error });
      return true;
    }
  }

  async unpark(eventId: string, transaction: unknown): Promise<void> {
    const { subscriptions } = this.#parts.store;
    const isOurs = await subscriptions.unpark(this.#lease.current, eventId, transaction);
    if (isOurs === undefined) throw lostWithin();
  }

  #failed(error: unknown, thrown: { readonly error: unknown } | undefined): TransactionEnd {
    if (!isOrderchartError(error, 'historyChanged')) {
      const failure = thrown ?? (isRolledBack(error) ? { error } : undefined);
      if (failure !== undefined) return this.#lease.isStopping ? 'ended' : failure;
      this.#parts.logger.warn(
        'A projection could not be written; it continues at its checkpoint.',
        { error },
      );
    }
    this.#lease.end(false);
    return 'ended';
  }

  #entry({ position, event, error, attempts, retryAt = null, requeues = 0 }: ParkedPlace) {
    const { settings, clock } = this.#parts;
    const { partition } = this.#lease.current;
    const place = { subscription: settings.name, partition, position, event };
    return { ...place, error, attempts, retryAt, requeues, parkedAt: clock.now() };
  }
}

function lostWithin(): OrderchartError {
  return new OrderchartError(
    'storeUnavailable',
    'The lease was lost during its transaction, which is rolled back; its next owner continues.',
  );
}

/** Whether the store says that it rolled the transaction back; other errors leave that open. */
function isRolledBack(error: unknown): boolean {
  return isOrderchartError(error) && !isOrderchartError(error, 'outcomeUnknown');
}
