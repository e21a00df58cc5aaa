import type { FeedEntry, OrderKey, ParkedEvent } from '../../store/store.ts';
import { Activity } from '../activity.ts';
import { scheduleRetry } from './backoff.ts';
import { type EventLog, eventLog } from './event-log.ts';
import { isForGood, reasonOf } from './lane.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { ParkedOrders } from './parked-orders.ts';
import type { ConsumerParts } from './parts.ts';
import { ProjectionPlace } from './projection-place.ts';
import { type Project, ProjectionTransactions } from './projection-transactions.ts';
import type { Worker, WorkerEnded } from './worker.ts';

/**
 * The worker of a projection: a page of events in one transaction with the checkpoint, in their
 * order, one page after the other. So the host's read model has every event exactly once.
 *
 * What goes wrong in a page undoes all of it. Then the events before the one that failed are
 * projected without it, and it is tried again alone; when its handler refuses it for good it is
 * parked in the transaction that passes over it.
 */
export class ProjectionWorker implements Worker {
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onEnded: WorkerEnded;
  readonly #pageSize: number;
  readonly #transactions: ProjectionTransactions;
  readonly #place: ProjectionPlace;
  readonly #parked: ParkedOrders;
  readonly #work = new Activity();
  readonly #log: EventLog;
  /** Read and not projected yet. */
  #page: readonly FeedEntry[] = [];
  /** So many of the page are tried together: those before the one that failed. */
  #together = Number.POSITIVE_INFINITY;
  /** How often the first of the page has failed alone. */
  #failures = 0;
  #hasNews = false;
  #isStarted = false;
  #isRunning = false;
  #isStopping = false;
  #isOver = false;
  #cancelWait: (() => void) | undefined;

  constructor(
    parts: ConsumerParts,
    keeper: LeaseKeeper,
    onEnded: WorkerEnded,
    project: Project,
    pageSize: number,
  ) {
    this.#parts = parts;
    this.#keeper = keeper;
    this.#onEnded = onEnded;
    this.#pageSize = pageSize;
    this.#log = eventLog(parts);
    this.#transactions = new ProjectionTransactions(parts, keeper.lease, project);
    this.#parked = new ParkedOrders(parts, keeper.lease.partition);
    this.#place = new ProjectionPlace(parts, keeper, () => this.#run());
  }

  get handlers(): Activity {
    return this.#transactions.handlers;
  }

  get position(): number {
    return this.#place.position;
  }

  get readPosition(): number {
    return this.#place.read;
  }

  get unfinished(): number {
    return this.#page.length;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  async start(): Promise<void> {
    await this.#parked.learn();
    this.#isStarted = true;
    this.wake();
  }

  wake(): void {
    this.#hasNews = true;
    this.#run();
  }

  async hold(): Promise<boolean> {
    // Renewing would wait for the transaction under way, and while it is nobody can take the lease.
    if (!this.#transactions.isOpen && !(await this.#keeper.hold())) this.#end(true);
    return !this.#isOver;
  }

  retry(key: OrderKey): void {
    this.#parked.retry(key);
    this.#run();
  }

  async refreshParked(limit: number): Promise<void> {
    await this.#parked.refresh(limit);
    this.#run();
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.#isStopping = true;
    this.#cancelWaits();
    await Promise.race([this.#work.idle(), patience]);
    this.#transactions.abort();
    await this.#work.idle();
    if (!this.#isOver) await this.#place.write();
    this.#isOver = true;
  }

  /** @param isTaken Whether another owner may have the lease. */
  #end(isTaken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const wasStopping = this.#isStopping;
    this.#isStopping = true;
    this.#cancelWaits();
    this.#transactions.abort();
    if (!wasStopping) this.#onEnded(isTaken);
  }

  #cancelWaits(): void {
    this.#cancelWait?.();
    this.#place.stop();
  }

  #run(): void {
    const isAtRest = !this.#isRunning && this.#cancelWait === undefined;
    if (!isAtRest || this.#isStopping || !this.#isStarted) return;
    this.#isRunning = true;
    this.#parts.slots.request({ run: () => this.#work.during(this.#goOn()) });
  }

  async #goOn(): Promise<void> {
    let goesOn = true;
    try {
      while (goesOn && !this.#isStopping) {
        goesOn = await this.#step();
        if (this.#parts.slots.hasLine) break;
      }
    } catch (error) {
      const { logger, settings } = this.#parts;
      logger.warn('The feed could not be read.', { subscription: settings.name, error });
      goesOn = false;
      this.#hasNews = true;
      this.#wait();
    }
    this.#isRunning = false;
    if (this.#isStopping) return;
    // Others wanted the slot: they go first.
    if (goesOn) this.#run();
    else this.#place.rest();
  }

  /** Does one thing; false when there is nothing to do, or it has to wait. */
  async #step(): Promise<boolean> {
    if (this.#place.isDue && !(await this.#place.write())) this.#end(true);
    const lane = this.#parked.next;
    if (lane !== undefined) return this.#drain(lane);
    if (this.#page.length > 0) return this.#projectPage();
    if (!this.#hasNews) return false;
    await this.#readPage();
    return true;
  }

  async #readPage(): Promise<void> {
    this.#hasNews = false;
    const { store, matches } = this.#parts;
    const { partition } = this.#keeper.lease;
    const entries = await store.feed(partition, this.#place.read, this.#pageSize);
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#hasNews = entries.length === this.#pageSize;
    this.#place.read = last.position;
    // Events that are of no interest cost no transaction.
    if (entries.some(({ event }) => matches(event.type))) this.#page = entries;
    else this.#place.passedOver(last.position);
  }

  async #projectPage(): Promise<boolean> {
    const part = this.#page.slice(0, this.#together);
    // Before: within the transaction it would take another connection, and there may be none.
    const parkedIds = await this.#parked.headsOf(part.map(({ event }) => event));
    let failed = 0;
    const outcome = await this.#transact(async (transaction) => {
      for (const [index, entry] of part.entries()) {
        failed = index;
        // After a crash, or a rewinding, the one that the others wait behind comes again.
        if (!parkedIds.has(entry.event.id)) await this.#apply(entry, transaction);
      }
      // What fails from here on may be any one's doing: halves are tried, down to one alone.
      failed = Math.floor(part.length / 2);
      return part.at(-1)?.position ?? this.#place.position;
    });
    if (outcome === 'done') return this.#passed(part);
    if (outcome === 'ended') return false;
    const [first] = part;
    // Those before the one that failed go first, without it; then it is tried alone.
    this.#together = Math.max(1, failed);
    return failed > 0 || first === undefined ? true : this.#failed(first, outcome.error);
  }

  #passed(part: readonly FeedEntry[]): boolean {
    const { counters, matches } = this.#parts;
    this.#page = this.#page.slice(part.length);
    this.#together = Number.POSITIVE_INFINITY;
    this.#failures = 0;
    counters.eventsHandled += part.filter(
      ({ event }) => matches(event.type) && !this.#parked.has(event),
    ).length;
    this.#place.projected(part.at(-1)?.position ?? this.#place.position);
    return true;
  }

  /** One event, alone: parked in the transaction that passes over it, or tried again later. */
  async #failed({ position, event }: FeedEntry, error: unknown): Promise<boolean> {
    this.#failures += 1;
    const attempts = this.#failures;
    if (!isForGood(error)) {
      this.#log('warn', 'An event is tried again later.', { event, attempts }, error);
      this.#parts.counters.handlerRetries += 1;
      this.#wait();
      return false;
    }
    this.#log('error', 'An event is parked.', { event, attempts }, error);
    const parked = { position, event, error: reasonOf(error), attempts };
    const outcome = await this.#transact(async (transaction) => {
      await this.#transactions.park(parked, transaction);
      return position;
    });
    if (outcome !== 'done') {
      this.#wait();
      return false;
    }
    this.#parked.add(event);
    return this.#passed([{ partition: this.#keeper.lease.partition, position, event }]);
  }

  async #apply({ position, event }: FeedEntry, transaction: unknown): Promise<void> {
    if (!this.#parts.matches(event.type)) return;
    if (!this.#parked.has(event)) {
      await this.#transactions.handle(event, transaction, this.#failures + 1);
      return;
    }
    await this.#transactions.park({ position, event, error: null, attempts: 0 }, transaction);
  }

  /** The next of a parked order's events; when there is none left, the order is free. */
  async #drain(lane: OrderKey): Promise<boolean> {
    const head = await this.#parked.headOf(lane);
    if (head === undefined) {
      this.#parked.free(lane);
      return true;
    }
    const { event } = head;
    const attempts = head.attempts + 1;
    const outcome = await this.#transact(async (transaction) => {
      const { store, settings } = this.#parts;
      await this.#transactions.handle(event, transaction, attempts);
      await store.subscriptions.unpark(settings.name, event.id, transaction);
      return this.#place.position;
    });
    if (outcome === 'done') this.#parts.counters.eventsHandled += 1;
    if (outcome === 'done' || outcome === 'ended') return outcome === 'done';
    return this.#drainFailed({ ...head, attempts }, outcome.error);
  }

  /** It stays parked, whatever it was; the order is tried again when somebody asks for it. */
  async #drainFailed(head: ParkedEvent, error: unknown): Promise<boolean> {
    this.#parked.giveUp(head.event);
    this.#log('error', 'An event is parked.', head, error);
    const outcome = await this.#transact(async (transaction) => {
      await this.#transactions.park({ ...head, error: reasonOf(error) }, transaction);
      return this.#place.position;
    });
    return outcome !== 'ended';
  }

  /**
   * Runs `work` in a transaction; gives what it threw, if it did. When the store fails nobody
   * knows what was written: the next worker begins at the checkpoint as it then is.
   */
  async #transact(
    work: (transaction: unknown) => Promise<number>,
  ): Promise<'done' | 'ended' | { readonly error: unknown }> {
    if (!(await this.hold())) return 'ended';
    const outcome = await this.#transactions.run(work);
    if (outcome === 'refused' || outcome === 'doubtful') {
      this.#end(outcome === 'refused');
      return 'ended';
    }
    return outcome !== 'done' && this.#isStopping ? 'ended' : outcome;
  }

  #wait(): void {
    if (this.#isStopping) return;
    const { retry } = this.#parts.settings;
    this.#cancelWait = scheduleRetry(this.#parts, retry, Math.max(1, this.#failures), () => {
      this.#cancelWait = undefined;
      this.#run();
    });
  }
}
