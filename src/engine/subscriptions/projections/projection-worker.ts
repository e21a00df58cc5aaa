import { isOrderchartError } from '../../../errors.ts';
import type { FeedEntry, OrderKey } from '../../../store/store.ts';
import type { Activity } from '../../kernel/activity.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { eventLog } from '../event-log.ts';
import { HandlerCalls } from '../handler-calls.ts';
import type { ConsumerParts } from '../parts.ts';
import { isPermanent, reasonOf } from '../permanent-error.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import { WorkerLease } from '../sharing/worker-lease.ts';
import type { Worker, WorkerEnded, WorkerStatus } from '../worker.ts';
import { ParkedOrders } from './parked-orders.ts';
import { ProjectionDrain } from './projection-drain.ts';
import { ProjectionEvents } from './projection-events.ts';
import { ProjectionPlace } from './projection-place.ts';
import { ProjectionSearch } from './projection-search.ts';
import { type Project, ProjectionTransactions } from './projection-transactions.ts';

/**
 * The worker of a projection: projects a page of events in one transaction with the checkpoint, in
 * order, one page after the other. So the host's read model has every event exactly once.
 *
 * A failure rolls the whole page back. Then the events before the one that failed are projected
 * without it, and it is tried again alone. In the transaction that moves past it, it is parked when
 * its handler refuses it permanently, and put aside when its order alone fails.
 */
export class ProjectionWorker implements Worker {
  readonly #parts: ConsumerParts;
  readonly #lease: WorkerLease;
  readonly #calls: HandlerCalls;
  readonly #pageSize: number;
  readonly #transactions: ProjectionTransactions;
  readonly #place: ProjectionPlace;
  readonly #parked: ParkedOrders;
  readonly #drain: ProjectionDrain;
  readonly #search: ProjectionSearch;
  readonly #events: ProjectionEvents;
  /** Read and not projected yet. */
  #page: readonly FeedEntry[] = [];
  /** How many of the page are tried together: those before the one that failed. */
  #together = Number.POSITIVE_INFINITY;
  /** How often the first of the page has failed alone. */
  #failures = 0;
  #hasNews = false;
  #isDrainsTurn = false;
  #isStarted = false;
  #isRunning = false;
  #cancelWait: (() => void) | undefined;

  constructor(
    parts: ConsumerParts,
    keeper: LeaseKeeper,
    onEnded: WorkerEnded,
    project: Project,
    pageSize: number,
  ) {
    const { partition, history } = keeper.lease;
    const lease = new WorkerLease(parts, keeper, (isTaken, wasStopping) => {
      this.#cancelWaits();
      this.#calls.abort();
      if (!wasStopping) onEnded(isTaken);
    });
    this.#parts = parts;
    this.#lease = lease;
    this.#pageSize = pageSize;
    this.#calls = new HandlerCalls(parts.settings.handler, history);
    this.#parked = new ParkedOrders(parts, partition, () => this.#run());
    this.#place = new ProjectionPlace(parts, lease, () => this.#run());
    const transactions = new ProjectionTransactions(
      ...([parts, lease, this.#calls, project, this.#place] as const),
    );
    this.#transactions = transactions;
    this.#drain = new ProjectionDrain(parts, this.#parked, transactions);
    this.#search = new ProjectionSearch(parts, lease, this.#parked, transactions);
    this.#events = new ProjectionEvents(parts, this.#parked, this.#search, transactions);
  }

  get handlers(): Activity {
    return this.#calls.running;
  }

  get position(): number {
    return this.#place.position;
  }

  status(): WorkerStatus {
    return {
      position: this.#place.position,
      readPosition: this.#place.read,
      unfinished: this.#page.length,
      parkedLanes: this.#parked.size,
      asideLanes: this.#parked.asideCount,
    };
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
    // Renewing would wait for the transaction in progress, during which no one can take the lease.
    return this.#transactions.isOpen ? !this.#lease.isOver : this.#lease.hold();
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
    this.#cancelWaits();
    await this.#lease.stop(patience);
    this.#calls.abort();
    await this.#lease.work.idle();
    if (!this.#lease.isOver) await this.#place.write();
    this.#lease.close();
  }

  abandon(): void {
    this.#lease.end(false);
  }

  #cancelWaits(): void {
    this.#cancelWait?.();
    this.#place.stop();
    this.#parked.stop();
  }

  #run(): void {
    if (this.#isRunning || this.#lease.isStopping || !this.#isStarted) return;
    this.#isRunning = true;
    this.#parts.slots.request({ run: () => this.#lease.work.during(this.#goOn()) });
  }

  async #goOn(): Promise<void> {
    let goesOn = true;
    try {
      while (goesOn && !this.#lease.isStopping) {
        goesOn = await this.#step();
        if (this.#parts.slots.hasLine) break;
      }
    } catch (error) {
      this.#parts.logger.warn('The feed could not be read; trying again.', { error });
      goesOn = false;
      this.#hasNews = true;
      if (isOrderchartError(error, 'historyChanged')) this.abandon();
      this.#wait();
    }
    this.#isRunning = false;
    if (this.#lease.isStopping) return;
    // Others wait for the slot: they go first.
    if (goesOn) this.#run();
    else this.#place.rest();
  }

  /** Does one thing; false when there is nothing to do, or it has to wait. */
  async #step(): Promise<boolean> {
    if (this.#place.isDue) await this.#place.write();
    const lane = this.#parked.next;
    // In turns, so that ten thousand failing orders do not keep the pages waiting.
    this.#isDrainsTurn = lane !== undefined && !this.#isDrainsTurn;
    if (lane !== undefined && this.#isDrainsTurn) return this.#drain.next(lane);
    return (await this.#stepForward()) || lane !== undefined;
  }

  async #stepForward(): Promise<boolean> {
    if (this.#search.isInProgress) return this.#lookFurther();
    if (this.#cancelWait !== undefined) return false;
    if (this.#page.length > 0) return this.#projectPage();
    if (!this.#hasNews) return false;
    await this.#readPage();
    return true;
  }

  async #readPage(): Promise<void> {
    this.#hasNews = false;
    const { matches } = this.#parts;
    const page = await this.#lease.read(this.#place.read, this.#pageSize);
    const last = page.entries.at(-1);
    if (last === undefined) return;
    this.#hasNews = page.hasMore;
    this.#place.read = last.position;
    // Events of other types need no transaction.
    if (page.entries.some(({ event }) => matches(event.type))) this.#page = page.entries;
    else this.#place.skipped(last.position);
  }

  async #projectPage(): Promise<boolean> {
    const part = this.#page.slice(0, this.#together);
    // Read before the transaction: in it, this would need a second connection of the pool.
    const parkedIds = await this.#parked.headsOf(part.map(({ event }) => event));
    let failed = 0;
    const outcome = await this.#transactions.transact(async (transaction) => {
      for (const [index, entry] of part.entries()) {
        failed = index;
        // After a crash or a rewind, the event that blocks the others is read again.
        if (parkedIds.has(entry.event.id)) continue;
        await this.#events.apply(entry, this.#failures + 1, transaction);
      }
      // From here on, any event may be the cause of a failure: halves are tried, down to one event.
      failed = Math.floor(part.length / 2);
      return part.at(-1)?.position ?? this.#place.position;
    });
    if (outcome === 'done') return this.#passed(part);
    if (outcome === 'ended') return false;
    // The events before the one that failed go first; then it is tried alone.
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

  /** Parks an event that failed alone and moves past it, or tries it again later. */
  async #failed(first: FeedEntry, error: unknown): Promise<boolean> {
    const { position, event } = first;
    const attempts = ++this.#failures;
    const log = eventLog(this.#parts);
    if (!isPermanent(error)) {
      log('warn', 'An event failed; it is tried again later.', { event, attempts }, error);
      this.#parts.counters.handlerRetries += 1;
      // The next attempt may succeed, but once orders fail alone here, the others do not wait for it.
      if (attempts > 1 || this.#parked.asideCount > 0) this.#search.begin(first, error, attempts);
      else this.#wait();
      return true;
    }
    log('error', 'An event failed permanently and is parked.', { event, attempts }, error);
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

  /** Tries the events behind one that fails, to see whether they fail as well. */
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
    if (this.#lease.isStopping) return;
    const { retry } = this.#parts.settings;
    this.#cancelWait?.();
    this.#cancelWait = scheduleRetry(this.#parts, retry, Math.max(1, this.#failures), () => {
      this.#cancelWait = undefined;
      this.#run();
    });
  }
}
