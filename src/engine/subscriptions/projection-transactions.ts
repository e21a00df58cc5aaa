import { isOrderchartError, OrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { Lease, ParkedEvent, SubscriptionStore } from '../../store/store.ts';
import { onAbort } from '../abort.ts';
import { Activity } from '../activity.ts';
import type { ConsumerParts } from './parts.ts';

/** The method of a store that has transactions. */
export type Project = NonNullable<SubscriptionStore['project']>;

/**
 * How a transaction ended. `refused`: the lease is another's. `doubtful`: nobody knows whether it
 * was committed. An error is what `work` threw, or what the store said to a transaction that did
 * not hold, be it for a statement whose failure the handler swallowed, or a constraint that is
 * checked at the end; all is rolled back then.
 */
export type TransactionOutcome = 'done' | 'refused' | 'doubtful' | { readonly error: unknown };

/** What a projection does in the transactions that have its checkpoint in them. */
export class ProjectionTransactions {
  /** Calls of the host's handler that have not ended. */
  readonly handlers = new Activity();
  readonly #parts: ConsumerParts;
  readonly #lease: Lease;
  readonly #project: Project;
  readonly #abort = new AbortController();
  #isOpen = false;

  constructor(parts: ConsumerParts, lease: Lease, project: Project) {
    this.#parts = parts;
    this.#lease = lease;
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

  /** Runs `work` in a transaction, and writes the checkpoint that it gives in there. */
  async run(work: (transaction: unknown) => Promise<number>): Promise<TransactionOutcome> {
    let thrown: { readonly error: unknown } | undefined;
    this.#isOpen = true;
    try {
      const isOurs = await this.#project(this.#lease, (transaction) =>
        work(transaction).catch((error: unknown) => {
          thrown = { error };
          throw error;
        }),
      );
      return isOurs ? 'done' : 'refused';
    } catch (error) {
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
    const context = { transaction, attempt, signal, tenantId };
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const unlisten = onAbort(signal, () => reject(signal.reason));
      const calling = (async () => handler(event as never, context))();
      this.handlers.during(calling).then(resolve, reject).finally(unlisten);
    });
  }

  async park(
    { position, event, error, attempts }: ParkedPlace,
    transaction: unknown,
  ): Promise<void> {
    const { store, settings, clock, counters } = this.#parts;
    const { partition } = this.#lease;
    const place = { subscription: settings.name, partition, position, event };
    const entry = { ...place, error, attempts, parkedAt: clock.now() };
    if (await store.subscriptions.park(this.#lease, entry, transaction)) counters.eventsParked += 1;
    else throw new OrderchartError('storeUnavailable', 'The lease was lost in its transaction.');
  }
}

/** An untyped error says nothing. */
function isUndone(error: unknown): boolean {
  return isOrderchartError(error) && !isOrderchartError(error, 'outcomeUnknown');
}

/** What is to be parked, and where it stands in the feed. */
type ParkedPlace = Pick<ParkedEvent, 'position' | 'event' | 'error' | 'attempts'>;
