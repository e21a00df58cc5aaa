import { isOrderchartError } from '../../../errors.ts';
import type { FeedEntry, OrderKey } from '../../../store/store.ts';
import { Activity } from '../../kernel/activity.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { type EventLog, eventLog } from '../event-log.ts';
import { isForGood, reasonOf } from '../handler-failure.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import type { Worker, WorkerEnded } from '../worker.ts';
import { ParkedOrders } from './parked-orders.ts';
import { ProjectionDrain } from './projection-drain.ts';
import { ProjectionEvents } from './projection-events.ts';
import { ProjectionPlace } from './projection-place.ts';
import { ProjectionSearch } from './projection-search.ts';
import {
  type Project,
  ProjectionTransactions,
  type TransactionHost,
} from './projection-transactions.ts';

/**
 * The worker of a projection: a page of events in one transaction with the checkpoint, in their
 * order, one page after the other. So the host's read model has every event exactly once.
 *
 * What goes wrong in a page undoes all of it. Then the events before the one that failed are
 * projected without it, and it is tried again alone. In the transaction that passes over it, it is
 * parked when its handler refuses it for good, and put aside when it alone fails for now.
 */
export class ProjectionWorker implements Worker, TransactionHost {
  isStopping = false;
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onEnded: WorkerEnded;
  readonly #pageSize: number;
  readonly #transactions: ProjectionTransactions;
  readonly #place: ProjectionPlace;
  readonly #parked: ParkedOrders;
  readonly #drain: ProjectionDrain;
  readonly #search: ProjectionSearch;
  readonly #events: ProjectionEvents;
  readonly #work = new Activity();
  readonly #log: EventLog;
  /** Read and not projected yet. */
  #page: readonly FeedEntry[] = [];
  /** So many of the page are tried together: those before the one that failed. */
  #together = Number.POSITIVE_INFINITY;
  /** How often the first of the page has failed alone. */
  #failures = 0;
  #hasNews = false;
  #isDrainsTurn = false;
  #isStarted = false;
  #isRunning = false;
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
    this.#transactions = new ProjectionTransactions(parts, keeper, project, this);
    this.#parked = new ParkedOrders(parts, keeper.lease.partition, () => this.#run());
    this.#place = new ProjectionPlace(parts, keeper, () => this.#run());
    this.#drain = new ProjectionDrain(parts, this.#parked, this.#transactions);
    this.#search = new ProjectionSearch(parts, keeper, this.#parked, this.#transactions);
    this.#events = new ProjectionEvents(parts, this.#parked, this.#search, this.#transactions);
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

  get asideCount(): number {
    return this.#parked.asideCount;
  }

  async start(): Promise<void> {
    await this.#parked.learn(() => this.hold());
    this.#isStarted = true;
    this.wake();
  }

  wake(): void {
    this.#hasNews = true;
    if (this.#isStarted) this.#search.goOn();
    this.#run();
  }

  async hold(): Promise<boolean> {
    // Renewing would wait for the transaction under way, and while it is nobody can take the lease.
    if (!this.#transactions.isOpen && !(await this.#keeper.hold())) this.end(true);
    return !this.#isOver;
  }

  retry(key?: OrderKey): void {
    if (key === undefined) this.#parked.retryAll();
    else this.#parked.retry(key);
    this.#run();
  }

  async refreshParked(pageLimit: number): Promise<void> {
    await this.#parked.refresh(pageLimit);
    this.#run();
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.isStopping = true;
    this.#cancelWaits();
    await Promise.race([this.#work.idle(), patience]);
    this.#transactions.abort();
    await this.#work.idle();
    if (!this.#isOver) await this.#place.write();
    this.#isOver = true;
  }

  abandon(): void {
    this.end(false);
  }

  /** @param isTaken Whether another owner may have the lease. */
  end(isTaken: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const wasStopping = this.isStopping;
    this.isStopping = true;
    this.#cancelWaits();
    this.#transactions.abort();
    if (!wasStopping) this.#onEnded(isTaken);
  }

  #cancelWaits(): void {
    this.#cancelWait?.();
    this.#place.stop();
    this.#parked.stop();
  }

  #run(): void {
    if (this.#isRunning || this.isStopping || !this.#isStarted) return;
    this.#isRunning = true;
    this.#parts.slots.request({ run: () => this.#work.during(this.#goOn()) });
  }

  async #goOn(): Promise<void> {
    let goesOn = true;
    try {
      while (goesOn && !this.isStopping) {
        goesOn = await this.#step();
        if (this.#parts.slots.hasLine) break;
      }
    } catch (error) {
      const { logger, settings } = this.#parts;
      logger.warn('The feed could not be read.', { subscription: settings.name, error });
      goesOn = false;
      this.#hasNews = true;
      if (isOrderchartError(error, 'historyChanged')) this.abandon();
      this.#wait();
    }
    this.#isRunning = false;
    if (this.isStopping) return;
    // Others wanted the slot: they go first.
    if (goesOn) this.#run();
    else this.#place.rest();
  }

  /** Does one thing; false when there is nothing to do, or it has to wait. */
  async #step(): Promise<boolean> {
    if (this.#place.isDue && !(await this.#place.write())) this.end(true);
    const lane = this.#parked.next;
    // In turns: ten thousand orders that fail again and again must not keep pages from going on.
    this.#isDrainsTurn = lane !== undefined && !this.#isDrainsTurn;
    if (lane !== undefined && this.#isDrainsTurn) return this.#drain.next(lane);
    return (await this.#stepForward()) || lane !== undefined;
  }

  async #stepForward(): Promise<boolean> {
    if (this.#search.isUnderWay) return this.#lookFurther();
    if (this.#cancelWait !== undefined) return false;
    if (this.#page.length > 0) return this.#projectPage();
    if (!this.#hasNews) return false;
    await this.#readPage();
    return true;
  }

  async #readPage(): Promise<void> {
    this.#hasNews = false;
    const { store, matches } = this.#parts;
    const page = await this.#keeper.read(store, this.#place.read, this.#pageSize);
    const last = page.entries.at(-1);
    if (last === undefined) return;
    this.#hasNews = page.hasMore;
    this.#place.read = last.position;
    // Events that are of no interest cost no transaction.
    if (page.entries.some(({ event }) => matches(event.type))) this.#page = page.entries;
    else this.#place.passedOver(last.position);
  }

  async #projectPage(): Promise<boolean> {
    const part = this.#page.slice(0, this.#together);
    // Before: within the transaction it would take another connection, and there may be none.
    const parkedIds = await this.#parked.headsOf(part.map(({ event }) => event));
    let failed = 0;
    const outcome = await this.#transactions.transact(async (transaction) => {
      for (const [index, entry] of part.entries()) {
        failed = index;
        // After a crash, or a rewinding, the one that the others wait behind comes again.
        if (parkedIds.has(entry.event.id)) continue;
        await this.#events.apply(entry, this.#failures + 1, transaction);
      }
      // What fails from here on may be any one's doing: halves are tried, down to one alone.
      failed = Math.floor(part.length / 2);
      return part.at(-1)?.position ?? this.#place.position;
    });
    if (outcome === 'done') return this.#passed(part);
    if (outcome === 'ended') return false;
    // Those before the one that failed go first, without it; then it is tried alone.
    const [first] = part;
    this.#together = Math.max(1, failed);
    return failed > 0 || first === undefined ? true : this.#failed(first, outcome.error);
  }

  #passed(part: readonly FeedEntry[]): boolean {
    this.#page = this.#page.slice(part.length);
    this.#together = Number.POSITIVE_INFINITY;
    this.#failures = 0;
    this.#events.passed(part);
    this.#place.projected(part.at(-1)?.position ?? this.#place.position);
    return true;
  }

  /** One event, alone: parked in the transaction that passes over it, or tried again later. */
  async #failed(first: FeedEntry, error: unknown): Promise<boolean> {
    const { position, event } = first;
    const attempts = ++this.#failures;
    if (!isForGood(error)) {
      this.#log('warn', 'An event is tried again later.', { event, attempts }, error);
      this.#parts.counters.handlerRetries += 1;
      // It may pass at once; but when orders fail alone here, nobody waits for one more of them.
      if (attempts > 1 || this.#parked.asideCount > 0) this.#search.begin(first, error, attempts);
      else this.#wait();
      return true;
    }
    this.#log('error', 'An event is parked.', { event, attempts }, error);
    const parked = { position, event, error: reasonOf(error), attempts };
    const outcome = await this.#transactions.transact(async (transaction) => {
      await this.#transactions.park(parked, transaction);
      return position;
    });
    if (outcome === 'done') {
      this.#parked.add(event);
      return this.#passed([first]);
    }
    this.#wait();
    return false;
  }

  /** Whether the events behind one that fails for now fail as well. */
  async #lookFurther(): Promise<boolean> {
    const result = await this.#search.next();
    if (result === 'found') {
      this.#cancelWait?.();
      this.#cancelWait = undefined;
      this.#together = Number.POSITIVE_INFINITY;
    }
    if (result === 'nothing' && this.#cancelWait === undefined) this.#wait();
    return result !== 'ended';
  }

  #wait(): void {
    if (this.isStopping) return;
    const { retry } = this.#parts.settings;
    this.#cancelWait?.();
    this.#cancelWait = scheduleRetry(this.#parts, retry, Math.max(1, this.#failures), () => {
      this.#cancelWait = undefined;
      this.#run();
    });
  }
}
