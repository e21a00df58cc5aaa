import type { OrderKey, ParkedEvent } from '../../../store/store.ts';
import { retryDelayMs } from '../../kernel/backoff.ts';
import { type EventLog, eventLog } from '../event-log.ts';
import { isForGood, reasonOf } from '../handler-failure.ts';
import type { ConsumerParts } from '../parts.ts';
import type { ParkedOrders } from './parked-orders.ts';
import type { ProjectionTransactions } from './projection-transactions.ts';

/** Tries the parked orders of a projection again: each event in a transaction of its own. */
export class ProjectionDrain {
  readonly #parts: ConsumerParts;
  readonly #parked: ParkedOrders;
  readonly #transactions: ProjectionTransactions;
  readonly #log: EventLog;

  constructor(parts: ConsumerParts, parked: ParkedOrders, transactions: ProjectionTransactions) {
    this.#parts = parts;
    this.#parked = parked;
    this.#transactions = transactions;
    this.#log = eventLog(parts);
  }

  /**
   * Tries the next of a parked order's events; when there is none left, the order is free. False
   * when the worker has ended.
   */
  async next(lane: OrderKey): Promise<boolean> {
    const head = await this.#parked.headOf(lane);
    if (head === undefined) {
      this.#parked.free(lane);
      return true;
    }
    const { event } = head;
    const attempts = head.attempts + 1;
    const { counters } = this.#parts;
    const outcome = await this.#transactions.transactHere(async (transaction) => {
      await this.#transactions.handle(event, transaction, attempts);
      await this.#transactions.unpark(event.id, transaction);
    });
    if (outcome === 'done') counters.eventsHandled += 1;
    if (outcome === 'done' || outcome === 'ended') return outcome === 'done';
    return this.#failed({ ...head, attempts }, outcome.error);
  }

  /** It stays parked: until somebody asks for its order, or, when it may pass, for a while. */
  async #failed(head: ParkedEvent, error: unknown): Promise<boolean> {
    const { clock, counters, random, settings } = this.#parts;
    let retryAt: number | null = null;
    if (isForGood(error)) {
      this.#parked.giveUp(head.event);
      this.#log('error', 'An event is parked.', head, error);
    } else {
      const delayMs = retryDelayMs(settings.retry, head.attempts, random());
      retryAt = clock.now() + delayMs;
      this.#parked.rest(head.event, delayMs);
      this.#log('warn', 'An event is tried again later.', head, error);
      counters.handlerRetries += 1;
    }
    const goesOn = await this.#transactions.parkAgain({ ...head, error: reasonOf(error), retryAt });
    if (!goesOn) return false;
    counters[retryAt === null ? 'eventsParked' : 'eventsPutAside'] += 1;
    await this.#parked.followWish(head);
    return true;
  }
}
