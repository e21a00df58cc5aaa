import type { OrderEvent } from '../../order/envelope.ts';
import type { FeedEntry, OrderKey, ParkedEvent } from '../../store/store.ts';
import { onAbort } from '../abort.ts';
import { Activity } from '../activity.ts';
import { laneKey } from '../keys.ts';
import type { ExecuteResult } from '../results.ts';
import { scheduleRetry } from './backoff.ts';
import { Checkpointer } from './checkpointer.ts';
import { type EventLog, eventLog } from './event-log.ts';
import { Lane, type LaneHost, type LaneItem, laneItem } from './lane.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { ParkedWatch, parkedIn } from './parked-lanes.ts';
import type { ConsumerParts } from './parts.ts';
import { Progress } from './progress.ts';
import type { Slots } from './slots.ts';
import type { Worker, WorkerEnded } from './worker.ts';

/** Events of a partition that are read but not finished, at most: what bounds the memory. */
const windowSize = 1000;
const pageSize = 256;

/**
 * The worker of a subscription: reads the feed, spreads the events over the lanes of their orders,
 * and moves the checkpoint.
 */
export class Tenure implements LaneHost, Worker {
  readonly slots: Slots;
  readonly work = new Activity();
  readonly handlers = new Activity();
  isStopping = false;
  isLost = false;
  readonly #parts: ConsumerParts;
  readonly #keeper: LeaseKeeper;
  readonly #onEnded: WorkerEnded;
  readonly #lanes = new Map<string, Lane>();
  readonly #progress: Progress;
  readonly #checkpointer: Checkpointer;
  readonly #abort = new AbortController();
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
    this.#onEnded = onEnded;
    this.log = eventLog(parts);
    this.#watch = new ParkedWatch(parts);
    this.#progress = new Progress(keeper.lease.position);
    this.#checkpointer = new Checkpointer(parts, keeper, () => this.lose());
  }

  get position(): number {
    return this.#progress.done;
  }

  get readPosition(): number {
    return this.#progress.read;
  }

  get parkedCount(): number {
    return this.#parkedLanes().length;
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
    this.#abort.abort();
  }

  /** Another owner has the lease: what is in hand is its business now. */
  lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.isStopping = true;
    this.#cancelWaits();
    this.#checkpointer.stop();
    this.#abort.abort();
    this.#onEnded(true);
  }

  async refreshParked(limit: number): Promise<void> {
    const lanes = this.#parkedLanes().map(({ key }) => key);
    for (const key of await this.#watch.freed(lanes, limit)) {
      const lane = this.#laneOf(key, true);
      if (lane.isParked) lane.drain();
    }
  }

  retry(key: OrderKey): void {
    this.#laneOf(key, true).drain();
  }

  hold(): Promise<boolean> {
    return this.#keeper.hold().then((isOurs) => {
      if (!isOurs) this.lose();
      return isOurs && !this.isLost;
    });
  }

  /** Ends with the handler, or with the tenure: a handler that hangs must not hold up `close`. */
  handle(event: OrderEvent, attempt: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#abort;
      signal.throwIfAborted();
      const unlisten = onAbort(signal, () => reject(signal.reason));
      this.handlers.during(this.#call(event, attempt)).then(resolve, reject).finally(unlisten);
    });
  }

  /** Asynchronous also when the handler throws at once. */
  async #call(event: OrderEvent, attempt: number): Promise<unknown> {
    const { handler } = this.#parts.settings;
    const { tenantId } = event;
    return handler(event as never, { attempt, signal: this.#abort.signal, tenantId });
  }

  execute(command: unknown, event: OrderEvent, index: number): Promise<ExecuteResult> {
    const { execute, settings } = this.#parts;
    return execute(command, event, `${settings.name}/${event.id}/${index}`);
  }

  async park({ position, event, attempts }: LaneItem, error: string | null): Promise<boolean> {
    const { store, settings, clock, counters } = this.#parts;
    const { lease } = this.#keeper;
    const isOurs = await store.subscriptions.park(lease, {
      subscription: settings.name,
      partition: lease.partition,
      position,
      event,
      error,
      attempts,
      parkedAt: clock.now(),
    });
    if (isOurs) counters.eventsParked += 1;
    else this.lose();
    return isOurs;
  }

  parked(key: OrderKey, limit: number): Promise<readonly ParkedEvent[]> {
    const { store, settings } = this.#parts;
    return store.subscriptions.parked(settings.name, limit, key);
  }

  async unpark({ event }: LaneItem): Promise<void> {
    const { store, settings } = this.#parts;
    await store.subscriptions.unpark(settings.name, event.id);
  }

  handled(item: LaneItem): void {
    this.#parts.counters.eventsHandled += 1;
    this.finished(item);
  }

  finished({ position, isFromParking }: LaneItem): void {
    if (isFromParking) return;
    this.#progress.finish(position);
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

  emptied(lane: Lane): void {
    this.#lanes.delete(laneKey(lane.key.tenantId, lane.key.orderId));
  }

  countRejected(): void {
    this.#parts.counters.handlerCommandsRejected += 1;
  }

  #parkedLanes(): readonly Lane[] {
    return [...this.#lanes.values()].filter(({ isParked }) => isParked);
  }

  /** Makes lanes of the orders that are parked; those whose head only waited go on. */
  async #learnParked(): Promise<void> {
    for (const { key, isFree } of await parkedIn(this.#parts, this.#keeper.lease.partition)) {
      const lane = this.#laneOf(key, true);
      if (isFree) lane.drain();
    }
  }

  #cancelWaits(): void {
    this.#cancelReadAgain?.();
    for (const lane of this.#lanes.values()) lane.stop();
  }

  #laneOf({ tenantId, orderId }: OrderKey, isParked: boolean): Lane {
    const name = laneKey(tenantId, orderId);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = new Lane(this, { tenantId, orderId }, isParked);
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #read(): void {
    if (this.#isReading || this.isStopping || !this.#isStarted) return;
    this.#isReading = true;
    void this.#parts.activity.during(this.work.during(this.#readAll()));
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#hasNews && !this.isStopping) {
        const room = windowSize - this.#progress.unfinishedCount;
        if (room <= 0) break;
        await this.#readPage(Math.min(room, pageSize));
      }
    } catch (error) {
      this.#hasNews = true;
      this.#readAgainLater(error);
    }
    this.#isReading = false;
  }

  async #readPage(limit: number): Promise<void> {
    this.#hasNews = false;
    const { partition } = this.#keeper.lease;
    const entries = await this.#parts.store.feed(partition, this.#progress.read, limit);
    if (entries.length === limit) this.#hasNews = true;
    for (const entry of entries) this.#take(entry);
    this.#checkpointer.note(this.#progress.done, false);
    this.#parts.onProgress();
  }

  #take({ position, event }: FeedEntry): void {
    const isWanted = this.#parts.matches(event.type);
    this.#progress.advance(position, isWanted);
    if (isWanted) this.#laneOf(event, false).push(laneItem(position, event, false));
  }

  #readAgainLater(error: unknown): void {
    const { clock, logger, settings } = this.#parts;
    logger.warn('The feed could not be read.', { subscription: settings.name, error });
    if (this.isStopping) return;
    const at = clock.now() + settings.retry.initialDelayMs;
    this.#cancelReadAgain = clock.schedule(at, () => this.#read());
  }
}
