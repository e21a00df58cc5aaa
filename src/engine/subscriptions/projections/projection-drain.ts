import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import { eventLog } from '../event-log.ts';
import type { ConsumerParts } from '../parts.ts';
import { isPermanent, reasonOf } from '../permanent-error.ts';
import type { ParkedOrders } from './parked-orders.ts';
import type { ProjectionTransactions } from './projection-transactions.ts';

/** Tries the parked orders of a projection again, each event in a transaction of its own. */
export class ProjectionDrain {
  readonly #parts: ConsumerParts;
  readonly #parked: ParkedOrders;
  readonly #transactions: ProjectionTransactions;

  constructor(parts: ConsumerParts, parked: ParkedOrders, transactions: ProjectionTransactions) {
    this.#parts = parts;
    this.#parked = parked;
    this.#transactions = transactions;
  }

  /**
   * Tries the next event of a parked order, or frees the order when none is left. False when the
   * worker has ended.
   */
  async next(lane: OrderKey): Promise<boolean> {
    const head = await this.#parked.headOf(lane);
    if (head === undefined) {
      this.#parked.free(lane);
      return true;
    }
    const { event } = head;
    const attempts = head.attempts + 1;
    const outcome = await this.#transactions.transactHere(async (transaction) => {
      await this.#transactions.handle(event, transaction, attempts);
      await this.#transactions.unpark(event.id, transaction);
    });
    if (outcome === 'done') this.#parts.counters.eventsHandled += 1;
    if (outcome === 'done' || outcome === 'ended') return outcome === 'done';
    return this.#failed({ ...head, attempts }, outcome.error);
  }

  /** Keeps an event parked: until a retry is requested or, unless it failed permanently, for a while. */
  async #failed(head: ParkedEvent, error: unknown): Promise<boolean> {
    const { clock, counters, random, settings } = this.#parts;
    const log = eventLog(this.#parts);
    let retryAt: number | null = null;
    if (isPermanent(error)) {
      this.#parked.giveUp(head.event);
      log('error', 'An event failed permanently and is parked.', head, error);
    } else {
      const delayMs = retryDelayMs(settings.retry, head.attempts, random());
      retryAt = clock.now() + delayMs;
      this.#parked.rest(head.event, delayMs);
      log('warn', 'An event failed; it is tried again later.', head, error);
      counters.handlerRetries += 1;
    }
    const goesOn = await this.#transactions.parkAgain({ ...head, error: reasonOf(error), retryAt });
    if (!goesOn) return false;
    counters[retryAt === null ? 'eventsParked' : 'eventsPutAside'] += 1;
    await this.#parked.honorRetry(head);
    return true;
  }
}
