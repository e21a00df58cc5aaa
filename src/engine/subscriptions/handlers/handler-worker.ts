import { isOrderchartError } from '../../../errors.ts';
import type { FeedEntry, OrderKey } from '../../../store/store.ts';
import type { Activity } from '../../kernel/activity.ts';
import { scheduleAfter } from '../../kernel/clock.ts';
import { eventBytes } from '../../kernel/sizes.ts';
import { HandlerCalls } from '../handler-calls.ts';
import { ParkedWatch, parkedPages } from '../parked-lanes.ts';
import type { ConsumerParts } from '../parts.ts';
import type { LeaseKeeper } from '../sharing/lease-keeper.ts';
import { WorkerLease } from '../sharing/worker-lease.ts';
import type { Worker, WorkerEnded, WorkerStatus } from '../worker.ts';
import { Checkpointer } from './checkpointer.ts';
import { EventAttempts } from './event-attempts.ts';
import { Lane, type LaneOwner } from './lane.ts';
import { type LaneItem, laneItem } from './lane-item.ts';
import { Lanes } from './lanes.ts';
import { LookAhead } from './look-ahead.ts';
import { ParkingPlace } from './parking-place.ts';
import { Progress } from './progress.ts';

const pageSize = 256;

/**
 * The worker of a subscription: reads the feed, distributes the events to the lanes of their
 * orders, and moves the checkpoint.
 *
 * An event takes one direction: the worker pushes it into a lane, the lane has it attempted or
 * parked, and reports back that it is finished. The lease, shared by all, tells when to stop.
 */
export class HandlerWorker implements Worker, LaneOwner {
  readonly lease: WorkerLease;
  readonly lanes: Lanes;
  readonly lookAhead: LookAhead;
  readonly #parts: ConsumerParts;
  readonly #onEnded: WorkerEnded;
  readonly #calls: HandlerCalls;
  readonly #progress: Progress;
  readonly #checkpointer: Checkpointer;
  readonly #parking: ParkingPlace;
  readonly #watch: ParkedWatch;
  #hasNews = false;
  #isStarted = false;
  #isReading = false;
  #cancelReadAgain: (() => void) | undefined;

  constructor(parts: ConsumerParts, keeper: LeaseKeeper, onEnded: WorkerEnded) {
    const { partition, position, history } = keeper.lease;
    const lease = new WorkerLease(parts, keeper, (...how) => this.#end(...how));
    const parking = new ParkingPlace(parts, lease, (item) => this.finished(item));
    this.#parts = parts;
    this.#onEnded = onEnded;
    this.lease = lease;
    this.#parking = parking;
    this.#calls = new HandlerCalls(parts.settings.handler, history);
    const attempts = new EventAttempts(parts, lease, this.#calls);
    const shared = { parts, lease, attempts, parking, owner: this };
    this.lanes = new Lanes((key, isParked) => new Lane(shared, key, isParked));
    this.#progress = new Progress(position);
    this.lookAhead = new LookAhead(parts, lease, this.#progress, this.lanes);
    this.#checkpointer = new Checkpointer(parts, lease);
    this.#watch = new ParkedWatch(parts, partition);
  }

  get handlers(): Activity {
    return this.#calls.running;
  }

  get position(): number {
    return this.#progress.done;
  }

  status(): WorkerStatus {
    const { done: position, read: readPosition, unfinishedCount: unfinished } = this.#progress;
    const { parked, asideCount: asideLanes } = this.lanes;
    return { position, readPosition, unfinished, parkedLanes: parked.length, asideLanes };
  }

  async start(): Promise<void> {
    for await (const page of parkedPages(this.#parts, this.lease.current.partition)) {
      this.lanes.learn(page, this.#parts.clock.now());
      if (!(await this.hold())) break;
    }
    // Not earlier: an event of a parked lane would overtake the events in the parking lot.
    this.#isStarted = true;
    this.wake();
  }

  wake(): void {
    this.#hasNews = true;
    this.#read();
  }

  hold(): Promise<boolean> {
    return this.lease.hold();
  }

  async stop(patience: Promise<void>): Promise<void> {
    this.#cancelWaits();
    await this.lease.stop(patience);
    if (!this.lease.isOver) await this.#checkpointer.close(this.#progress.done);
    this.lease.close();
    this.#calls.abort();
  }

  abandon(): void {
    this.lease.end(false);
  }

  async refreshParked(pageLimit: number): Promise<void> {
    this.lanes.drain(await this.#watch.freed(this.lanes.parkedKeys, pageLimit));
  }

  retry(key?: OrderKey): void {
    this.lanes.drain(key === undefined ? this.lanes.parkedKeys : [key]);
  }

  finished(item: LaneItem): void {
    if (item.isFromParking) return;
    if (item.isAhead) {
      this.lookAhead.handled(item);
      return;
    }
    this.#progress.finish(item.position);
    this.#checkpointer.note(this.#progress.done, true);
    this.#parts.onProgress();
    // Reading stopped when the window was full; a finished event makes it possible again.
    if (this.#hasNews) this.#read();
  }

  failed(item: LaneItem): boolean {
    return this.lookAhead.failed(item);
  }

  rested(lane: Lane): void {
    if (!lane.isWaiting) this.lanes.remove(lane);
    // The lane may be the last one that a full window waited for.
    else if (this.#hasNews) this.#read();
  }

  #end(isTaken: boolean, wasStopping: boolean): void {
    this.#cancelWaits();
    this.#checkpointer.stop();
    this.#calls.abort();
    if (isTaken || !wasStopping) this.#onEnded(isTaken);
  }

  #cancelWaits(): void {
    this.lookAhead.stop();
    this.#cancelReadAgain?.();
    this.lanes.stopWaits();
  }

  #read(): void {
    if (this.#isReading || this.lease.isStopping || !this.#isStarted) return;
    this.#isReading = true;
    void this.#parts.activity.during(this.lease.work.during(this.#readAll()));
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#hasNews && !this.lease.isStopping) {
        const { capacity } = this.#progress;
        if (capacity === 0) {
          if (await this.#parking.freeCapacity(this.lanes, this.lookAhead.isStuck)) continue;
          break;
        }
        this.lookAhead.stop();
        await this.#readPage(Math.min(capacity, pageSize));
      }
    } catch (error) {
      this.#hasNews = true;
      this.#readAgainLater(error);
    }
    this.#isReading = false;
    this.lookAhead.start();
  }

  async #readPage(limit: number): Promise<void> {
    this.#hasNews = false;
    const page = await this.lease.read(this.#progress.read, limit);
    this.#hasNews ||= page.hasMore;
    for (const entry of page.entries) this.#take(entry);
    this.#checkpointer.note(this.#progress.done, false);
    this.#parts.onProgress();
  }

  #take({ position, event }: FeedEntry): void {
    const ahead = this.lookAhead.reached(position);
    const isUnfinished = ahead !== true && this.#parts.matches(event.type);
    this.#progress.advance(position, isUnfinished ? eventBytes(event) : undefined);
    if (isUnfinished && ahead === false)
      this.lanes.of(event, false).push(laneItem(position, event));
  }

  #readAgainLater(error: unknown): void {
    const { clock, logger, settings } = this.#parts;
    logger.warn('The feed could not be read; trying again.', { error });
    if (isOrderchartError(error, 'historyChanged')) this.abandon();
    if (this.lease.isStopping) return;
    const { initialDelayMs } = settings.retry;
    this.#cancelReadAgain = scheduleAfter(clock, initialDelayMs, () => this.#read());
  }
}
