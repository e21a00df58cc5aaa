import type { OrderKey } from '../../../store/store.ts';
import { scheduleRetry } from '../../kernel/backoff.ts';
import { scheduleAfter } from '../../kernel/clock.ts';
import type { Runner } from '../../kernel/slots.ts';
import { eventLog } from '../event-log.ts';
import { wasRequeued } from '../parked-lanes.ts';
import type { ConsumerParts } from '../parts.ts';
import { reasonOf } from '../permanent-error.ts';
import type { WorkerLease } from '../sharing/worker-lease.ts';
import type { EventAttempts } from './event-attempts.ts';
import { type LaneItem, laneItem } from './lane-item.ts';
import type { ParkingPlace } from './parking-place.ts';

/** How many parked events are read at once. */
const parkedPageSize = 64;

/** The dependencies that the lanes of a worker share. */
export interface LaneParts {
  readonly parts: ConsumerParts;
  readonly lease: WorkerLease;
  readonly attempts: Pick<EventAttempts, 'attempt'>;
  readonly parking: Pick<ParkingPlace, 'park' | 'putAside' | 'read' | 'unpark'>;
  readonly owner: LaneOwner;
}

/** The worker, as its lanes see it. */
export interface LaneOwner {
  /** An attempt failed. False when the event is not tried again, because it was not its turn. */
  failed(item: LaneItem): boolean;
  /** The event is handled or parked. */
  finished(item: LaneItem): void;
  /** The lane waits for its next attempt, or is empty with nothing parked. */
  rested(lane: Lane): void;
}

/**
 * The events of one order for one subscription: one at a time, in the order of their versions.
 * While the lane is parked, new events are parked behind the others; a lane that drains first
 * takes its parked events back, oldest first.
 */
export class Lane implements Runner {
  readonly key: OrderKey;
  isParked: boolean;
  readonly #shared: LaneParts;
  #items: LaneItem[] = [];
  #isDraining = false;
  /** Frozen: its events are being put aside. */
  #state: 'resting' | 'queued' | 'running' | 'waiting' | 'frozen' = 'resting';
  #isAside = false;
  /** Above 0 when the current run ends in a wait. */
  #failedAttempts = 0;
  #cancelWait: (() => void) | undefined;

  constructor(shared: LaneParts, key: OrderKey, isParked: boolean) {
    this.#shared = shared;
    this.key = key;
    this.isParked = isParked;
  }

  get items(): readonly LaneItem[] {
    return this.#items;
  }

  /** Whether it is parked and will be tried again automatically. */
  get isAside(): boolean {
    return this.#isAside;
  }

  /** Whether its first event failed, so that all of its events wait. */
  get isFailing(): boolean {
    const [head] = this.#items;
    return head !== undefined && head.failure !== null && !head.isAhead;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  push(item: LaneItem): void {
    this.#items.push(item);
    this.#request();
  }

  /** Takes the parked events back and tries them again. */
  drain(): void {
    this.#isDraining = true;
    this.retryNow();
  }

  /** Ends the wait for the next attempt. */
  retryNow(): void {
    this.stop();
    if (this.#state === 'waiting') this.#state = 'resting';
    this.#request();
  }

  /** Lets it do nothing until it is put aside, or thawed. */
  freeze(): void {
    this.stop();
    this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'resting';
    if (this.#items.length > 0) this.#request();
  }

  /** The store has the `kept` events now; new ones are parked behind them until the delay is over. */
  rest(delayMs: number, kept: ReadonlySet<LaneItem> = new Set()): void {
    // Events that arrived during the write are not in the store yet, and are parked behind them later.
    this.#items = this.#items.filter((item) => !kept.has(item));
    this.isParked = true;
    this.#isAside = true;
    this.#isDraining = false;
    this.#cancelWait = scheduleAfter(this.#shared.parts.clock, delayMs, () => this.drain());
    this.thaw();
  }

  /** Cancels the next attempt. */
  stop(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  /** Runs until it rests, waits, or others want the slot. */
  async run(): Promise<void> {
    this.#state = 'running';
    await this.#shared.lease.work.during(this.#work());
  }

  async #work(): Promise<void> {
    const { parts, lease, owner } = this.#shared;
    let goesOn = true;
    while (goesOn && !lease.isStopping) {
      goesOn = await this.#step();
      if (goesOn && parts.slots.hasLine) break;
    }
    if (this.#failedAttempts > 0) {
      this.#wait();
      owner.rested(this);
      return;
    }
    this.#state = 'resting';
    if (lease.isStopping) return;
    if (goesOn || this.#items.length > 0 || this.#isDraining) this.#request();
    else if (!this.isParked) owner.rested(this);
  }

  #request(): void {
    if (this.#state !== 'resting') return;
    this.#state = 'queued';
    const isRetry = this.#isDraining || (this.#items[0]?.attempts ?? 0) > 0;
    this.#shared.parts.slots.request(this, isRetry);
  }

  /** Does one thing; false when there is nothing to do, or it has to wait. */
  async #step(): Promise<boolean> {
    let item: LaneItem | undefined;
    try {
      if (this.#isDraining && this.#items[0]?.isFromParking !== true) await this.#takeBack();
      item = this.#items[0];
      if (item === undefined) return false;
      const isDone = await this.#handle(item);
      if (isDone) this.#items.shift();
      return isDone;
    } catch (error) {
      if (!this.#shared.lease.isStopping) await this.#failed(item, error);
      return false;
    }
  }

  async #failed(item: LaneItem | undefined, error: unknown): Promise<void> {
    const { parts, owner, parking } = this.#shared;
    if (item === undefined) {
      this.#failedAttempts = 1;
      return;
    }
    eventLog(parts)('warn', 'An event failed; it is tried again later.', item, error);
    item.failure = reasonOf(error);
    if (!owner.failed(item)) this.#items = this.#items.filter((other) => other !== item);
    // An event from the parking lot, and those behind it, are still stored: put them aside again.
    else if (!(item.isFromParking && (await parking.putAside([this])))) {
      this.#failedAttempts = Math.max(1, item.attempts);
    }
  }

  /** Puts parked events in front, or ends the draining when none are left. */
  async #takeBack(): Promise<void> {
    const parked = await this.#shared.parking.read(this.key, parkedPageSize);
    const items = parked.map(({ position, event, requeues, attempts }) =>
      laneItem(position, event, { isFromParking: true, requeues, attempts }),
    );
    this.#items = [...items, ...this.#items];
    this.#isDraining = items.length > 0;
    this.isParked = false;
    this.#isAside = false;
  }

  /** Returns false when the lease is lost. Throws if another attempt may succeed. */
  async #handle(item: LaneItem): Promise<boolean> {
    const { parts, lease, attempts, parking, owner } = this.#shared;
    if (!(await lease.hold())) return false;
    if (this.isParked) return this.#parkBehind(item);
    if (item.refusal === undefined) {
      await attempts.attempt(item);
      if (lease.isOver) return false;
    }
    if (item.refusal !== undefined) return this.#park(item, item.refusal);
    if (item.isFromParking) await parking.unpark(item);
    parts.counters.eventsHandled += 1;
    parts.outlook.handled += 1;
    owner.finished(item);
    return true;
  }

  async #park(item: LaneItem, reason: string): Promise<boolean> {
    const { parking, owner } = this.#shared;
    if (!(await parking.park(item, reason, false))) return false;
    this.isParked = true;
    this.#isDraining = false;
    // The others that came from the parking lot are still in there.
    this.#items = this.#items.filter((other) => other === item || !other.isFromParking);
    owner.finished(item);
    if (item.isFromParking) {
      const [head] = await parking.read(this.key, 1);
      if (wasRequeued(head, item)) this.#isDraining = true;
    }
    return true;
  }

  async #parkBehind(item: LaneItem): Promise<boolean> {
    const { parking, owner } = this.#shared;
    // After a crash or a rewind, the event that blocks the others is read again. It keeps its error:
    // without one, the lane would look as if it could go on.
    const [head] = await parking.read(this.key, 1);
    const isHead = head?.event.id === item.event.id;
    if (!isHead && !(await parking.park(item, null, this.#isAside))) return false;
    owner.finished(item);
    return true;
  }

  #wait(): void {
    const { parts } = this.#shared;
    const attempts = this.#failedAttempts;
    this.#failedAttempts = 0;
    this.#state = 'waiting';
    parts.counters.handlerRetries += 1;
    this.#cancelWait = scheduleRetry(parts, parts.settings.retry, attempts, () => {
      this.#cancelWait = undefined;
      this.#state = 'resting';
      this.#request();
    });
  }
}
