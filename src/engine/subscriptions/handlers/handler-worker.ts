import { isOrderchartError } from '../../../errors.ts';
import type { OrderEvent } from '../../../order/envelope.ts';
import type { FeedEntry, OrderKey, ParkedEvent } from '../../../store/store.ts';
import type { ExecuteResult } from '../../contract/results.ts';
import { Activity } from '../../kernel/activity.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { scheduleAfter } from '../../kernel/clock.ts';
import { pageBytes } from '../../kernel/event-pages.ts';
import { eventBytes } from '../../kernel/sizes.ts';
import type { Slots } from '../../kernel/slots.ts';
import { type EventLog, eventLog } from '../event-log.ts';
import { ParkedWatch, parkedPages } from '../parked-lanes.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import type { Worker, WorkerEnded } from '../worker.ts';
import { Checkpointer } from './checkpointer.ts';
import { HandlerCalls } from './handler-calls.ts';
import { Lane } from './lane.ts';
import type { LaneHost } from './lane-host.ts';
import { type LaneItem, laneItem } from './lane-item.ts';
import { Lanes } from './lanes.ts';
import { LookAhead, type LookAheadHost } from './look-ahead.ts';
import { type ParkingHost, ParkingPlace } from './parking-place.ts';
import { Progress } from './progress.ts';

const pageSize = 256;

/**
 * The worker of a subscription: reads the feed, spreads the events over the lanes of their orders,
 * and moves the checkpoint.
 */
export class HandlerWorker implements LaneHost<Lane>, LookAheadHost, ParkingHost, Worker {
  readonly slots: Slots;
  readonly work = new Activity();
  isStopping = false;
  isLost = false;
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onEnded: WorkerEnded;
  readonly #lanes = new Lanes((key, isParked) => new Lane(this, key, isParked));
  readonly #progress: Progress;
  readonly #checkpointer: Checkpointer;
  readonly #lookAhead: LookAhead;
  readonly #parking: ParkingPlace;
  readonly #calls: HandlerCalls;
  readonly log: EventLog;
  readonly #watch: ParkedWatch;
  #hasNews = false;
  #isStarted = false;
  #isReading = false;
  #cancelReadAgain: (() => void) | undefined;

  constructor(parts: ConsumerParts, keeper: LeaseKeeper, onEnded: WorkerEnded) {
    this.slots = parts.slots;
    this.#parts = parts;
    this.#keeper = keeper;
    this.#calls = new HandlerCalls(parts.settings.handler, keeper.lease.history);
    this.#onEnded = onEnded;
    this.log = eventLog(parts);
    this.#watch = new ParkedWatch(parts, keeper.lease.partition);
    this.#progress = new Progress(keeper.lease.position);
    this.#parking = new ParkingPlace(parts, keeper, this);
    this.#lookAhead = new LookAhead(parts, keeper.lease.partition, this);
    this.#checkpointer = new Checkpointer(parts, keeper, () => this.lose());
  }

  get handlers(): Activity {
    return this.#calls.running;
  }

  get position(): number {
    return this.#progress.done;
  }

  get readPosition(): number {
    return this.#progress.read;
  }

  get parkedCount(): number {
    return this.#lanes.parked.length;
  }

  get asideCount(): number {
    return this.#lanes.parked.filter(({ isAside }) => isAside).length;
  }

  get handledCount(): number {
    return this.#parts.outlook.handled;
  }

  get unfinished(): number {
    return this.#progress.unfinishedCount;
  }

  async start(): Promise<void> {
    await this.#learnParked();
    // Not before: an event whose lane is parked would overtake what is in the parking lot.
    this.#isStarted = true;
    this.wake();
  }

  wake(): void {
    this.#hasNews = true;
    this.#read();
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.isStopping = true;
    this.#cancelWaits();
    await Promise.race([this.work.idle(), patience]);
    if (!this.isLost) await this.#checkpointer.close(this.#progress.done);
    this.isLost = true;
    this.#calls.abort();
  }

  abandon(): void {
    this.lose(false);
  }

  /** @param isTaken Whether another owner has the lease: what is in hand is its business now. */
  lose(isTaken = true): void {
    if (this.isLost) return;
    const wasStopping = this.isStopping;
    this.isLost = true;
    this.isStopping = true;
    this.#cancelWaits();
    this.#checkpointer.stop();
    this.#calls.abort();
    if (isTaken || !wasStopping) this.#onEnded(isTaken);
  }

  async refreshParked(pageLimit: number): Promise<void> {
    this.#lanes.drain(await this.#watch.freed(this.#lanes.parkedKeys, pageLimit));
  }

  retry(key?: OrderKey): void {
    this.#lanes.drain(key === undefined ? this.#lanes.parkedKeys : [key]);
  }

  hold(): Promise<boolean> {
    return this.#keeper.hold().then((isOurs) => {
      if (!isOurs) this.lose();
      return isOurs && !this.isLost;
    });
  }

  handle(event: OrderEvent, attempt: number): Promise<unknown> {
    return this.#calls.handle(event, attempt);
  }

  execute(command: unknown, event: OrderEvent, index: number): Promise<ExecuteResult> {
    const { execute, settings } = this.#parts;
    return execute(command, event, `${settings.name}/${event.id}/${index}`);
  }

  park(item: LaneItem, error: string | null, isAside: boolean): Promise<boolean> {
    return this.#parking.park(item, error, isAside);
  }

  putAside(lanes: readonly Lane[]): Promise<boolean> {
    return this.#parking.putAside(lanes);
  }

  parked(key: OrderKey, limit: number): Promise<readonly ParkedEvent[]> {
    const { store, settings } = this.#parts;
    return store.subscriptions.parked(settings.name, limit, key, pageBytes);
  }

  async unpark({ event }: LaneItem): Promise<void> {
    const { subscriptions } = this.#parts.store;
    if (!(await this.#keeper.write((lease) => subscriptions.unpark(lease, event.id)))) this.lose();
  }

  handled(item: LaneItem): void {
    this.#parts.counters.eventsHandled += 1;
    this.#parts.outlook.handled += 1;
    this.finished(item);
  }

  finished(item: LaneItem): void {
    if (item.isFromParking) return;
    if (item.isAhead) {
      this.#lookAhead.handled(item);
      return;
    }
    this.#progress.finish(item.position);
    this.#checkpointer.note(this.#progress.done, true);
    this.#parts.onProgress();
    // Reading stopped when the window was full; the last one out opens it again.
    if (this.#hasNews) this.#read();
  }

  later(attempts: number, callback: () => void): () => void {
    const { settings, counters } = this.#parts;
    counters.handlerRetries += 1;
    return scheduleRetry(this.#parts, settings.retry, attempts, callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    return scheduleAfter(this.#parts.clock, delayMs, callback);
  }

  failed(item: LaneItem): boolean {
    return this.#lookAhead.failed(item);
  }

  waits(): void {
    if (this.#hasNews) this.#read();
  }

  get isStuck(): boolean {
    if (this.isStopping || this.#progress.capacity > 0) return false;
    return this.#lanes.failingCount >= this.unfinished;
  }

  hasLane(key: OrderKey): boolean {
    return this.#lanes.get(key) !== undefined;
  }

  try(item: LaneItem): void {
    this.#lanes.of(item.event, false).push(item);
  }

  retryWaiting(): void {
    this.#lanes.retryWaiting();
  }

  emptied(lane: Lane): void {
    this.#lanes.remove(lane);
  }

  countRejected(): void {
    this.#parts.counters.handlerCommandsRejected += 1;
  }

  async #learnParked(): Promise<void> {
    for await (const page of parkedPages(this.#parts, this.#keeper.lease.partition)) {
      this.#lanes.learn(page, this.#parts.clock.now());
      if (!(await this.hold())) return;
    }
  }

  #cancelWaits(): void {
    this.#lookAhead.stop();
    this.#cancelReadAgain?.();
    this.#lanes.stopWaits();
  }

  #read(): void {
    if (this.#isReading || this.isStopping || !this.#isStarted) return;
    this.#isReading = true;
    void this.#parts.activity.during(this.work.during(this.#readAll()));
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#hasNews && !this.isStopping) {
        const { capacity } = this.#progress;
        if (capacity === 0) {
          if (await this.#parking.makeRoom(this.#lanes.all)) continue;
          break;
        }
        this.#lookAhead.stop();
        await this.#readPage(Math.min(capacity, pageSize));
      }
    } catch (error) {
      this.#hasNews = true;
      this.#readAgainLater(error);
    }
    this.#isReading = false;
    if (this.isStuck) this.#lookAhead.start();
  }

  async #readPage(limit: number): Promise<void> {
    this.#hasNews = false;
    const page = await this.#keeper.read(this.#parts.store, this.readPosition, limit);
    this.#hasNews ||= page.hasMore;
    for (const entry of page.entries) this.#take(entry);
    this.#checkpointer.note(this.#progress.done, false);
    this.#parts.onProgress();
  }

  #take({ position, event }: FeedEntry): void {
    const ahead = this.#lookAhead.reached(position);
    const isUnfinished = ahead !== true && this.#parts.matches(event.type);
    this.#progress.advance(position, isUnfinished ? eventBytes(event) : undefined);
    if (isUnfinished && ahead === false)
      this.#lanes.of(event, false).push(laneItem(position, event));
  }
  #readAgainLater(error: unknown): void {
    const { clock, logger, settings } = this.#parts;
    logger.warn('The feed could not be read.', { subscription: settings.name, error });
    if (isOrderchartError(error, 'historyChanged')) this.abandon();
    if (this.isStopping) return;
    const { initialDelayMs } = settings.retry;
    this.#cancelReadAgain = scheduleAfter(clock, initialDelayMs, () => this.#read());
  }
}
