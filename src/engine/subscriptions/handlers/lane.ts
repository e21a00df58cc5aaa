import { isOrderchartError } from '../../../errors.ts';
import type { OrderKey } from '../../../store/store.ts';
import type { Runner } from '../../kernel/slots.ts';
import { isForGood, reasonOf } from '../handler-failure.ts';
import type { LaneHost } from './lane-host.ts';
import { commandsOf, type LaneItem, laneItem } from './lane-item.ts';

/** How many parked events are taken back at once. */
const parkedPageSize = 64;

/**
 * The events of one order for one subscription: one at a time, in the order of their versions.
 * While the lane is parked, what comes is parked behind; a lane that drains takes its parked
 * events back, oldest first, before it goes on with the new ones.
 */
export class Lane implements Runner {
  readonly key: OrderKey;
  isParked: boolean;
  readonly #host: LaneHost<Lane>;
  #items: LaneItem[] = [];
  #isDraining = false;
  /** Frozen: its events are being put aside. */
  #state: 'resting' | 'queued' | 'running' | 'waiting' | 'frozen' = 'resting';
  #isAside = false;
  /** Above 0 when the run that ends is to be followed by a wait. */
  #failedAttempts = 0;
  #cancelWait: (() => void) | undefined;

  constructor(host: LaneHost<Lane>, key: OrderKey, isParked: boolean) {
    this.#host = host;
    this.key = key;
    this.isParked = isParked;
  }

  get items(): readonly LaneItem[] {
    return this.#items;
  }

  /** Whether it is parked until it is tried again by itself. */
  get isAside(): boolean {
    return this.#isAside;
  }

  /** Whether its first event has failed, and so all of its events wait. */
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

  /** Does not wait any longer. */
  retryNow(): void {
    this.stop();
    if (this.#state === 'waiting') this.#state = 'resting';
    this.#request();
  }

  /** Does nothing until it is put aside, or thawed. */
  freeze(): void {
    this.stop();
    this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#state = 'resting';
    if (this.#items.length > 0) this.#request();
  }

  /** The store has these events, and what comes is kept behind them, until the delay has passed. */
  rest(delayMs: number, kept: ReadonlySet<LaneItem> = new Set()): void {
    // What came while they were written is parked behind them in its turn.
    this.#items = this.#items.filter((item) => !kept.has(item));
    this.isParked = true;
    this.#isAside = true;
    this.#isDraining = false;
    this.#cancelWait = this.#host.after(delayMs, () => this.drain());
    this.thaw();
  }

  /** Takes back what waits for its next attempt. */
  stop(): void {
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  /** Runs until it rests, waits, or others want the slot. */
  async run(): Promise<void> {
    this.#state = 'running';
    await this.#host.work.during(this.#work());
  }

  async #work(): Promise<void> {
    const host = this.#host;
    let goesOn = true;
    while (goesOn && !host.isStopping) {
      goesOn = await this.#step();
      if (goesOn && host.slots.hasLine) break;
    }
    if (this.#failedAttempts > 0) {
      this.#wait();
      host.waits();
      return;
    }
    this.#state = 'resting';
    if (host.isStopping) return;
    if (goesOn || this.#items.length > 0 || this.#isDraining) this.#request();
    else if (!this.isParked) host.emptied(this);
  }

  #request(): void {
    if (this.#state !== 'resting') return;
    this.#state = 'queued';
    this.#host.slots.request(this, this.#isDraining || (this.#items[0]?.attempts ?? 0) > 0);
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
      if (!this.#host.isStopping) await this.#failed(item, error);
      return false;
    }
  }

  async #failed(item: LaneItem | undefined, error: unknown): Promise<void> {
    const host = this.#host;
    if (item === undefined) {
      this.#failedAttempts = 1;
      return;
    }
    host.log('warn', 'An event is tried again later.', item, error);
    item.failure = reasonOf(error);
    if (!host.failed(item)) this.#items = this.#items.filter((other) => other !== item);
    // It was kept in the store already, and so was what came behind it: it goes back.
    else if (!(item.isFromParking && (await host.putAside([this])))) {
      this.#failedAttempts = Math.max(1, item.attempts);
    }
  }

  /** Puts parked events in front, or ends the draining when none are left. */
  async #takeBack(): Promise<void> {
    const parked = await this.#host.parked(this.key, parkedPageSize);
    const items = parked.map(({ position, event, requeues, attempts }) =>
      laneItem(position, event, { isFromParking: true, requeues, attempts }),
    );
    this.#items = [...items, ...this.#items];
    this.#isDraining = items.length > 0;
    this.isParked = false;
    this.#isAside = false;
  }

  /** False when the lease is lost. Throws what may pass. */
  async #handle(item: LaneItem): Promise<boolean> {
    const host = this.#host;
    if (!(await host.hold())) return false;
    if (this.isParked) return this.#parkBehind(item);
    if (item.refusal === undefined) {
      item.attempts += 1;
      item.handledBefore = host.handledCount;
      await this.#attempt(item);
      if (host.isLost) return false;
    }
    if (item.refusal !== undefined) return this.#park(item, item.refusal);
    if (item.isFromParking) await host.unpark(item);
    host.handled(item);
    return true;
  }

  /** Calls the handler, then executes what it returned. A refusal for good is noted in the item. */
  async #attempt(item: LaneItem): Promise<void> {
    try {
      item.commands ??= commandsOf(await this.#host.handle(item.event, item.attempts));
      await this.#execute(item, item.commands);
    } catch (error) {
      if (this.#host.isLost || !isForGood(error)) throw error;
      item.refusal = reasonOf(error);
      this.#host.log('error', 'An event is parked.', item, error);
    }
  }

  async #execute(item: LaneItem, commands: readonly unknown[]): Promise<void> {
    // The handler may have taken longer than the lease lasts.
    if (commands.length > 0 && !(await this.#host.hold())) return;
    for (; item.nextCommand < commands.length; item.nextCommand += 1) {
      if (this.#host.isLost) return;
      const index = item.nextCommand;
      try {
        const result = await this.#host.execute(commands[index], item.event, index);
        if (result.status === 'rejected') {
          this.#host.countRejected();
          this.#host.log('warn', 'A returned command was rejected.', item, result.rejection);
        }
      } catch (error) {
        // A handler that was told the event twice returned something else the second time. The
        // first answer was executed, and once is what was promised.
        if (!isOrderchartError(error, 'idempotencyMismatch')) throw error;
        this.#host.log('warn', 'A returned command was executed before, differently.', item, error);
      }
    }
  }

  async #park(item: LaneItem, reason: string): Promise<boolean> {
    if (!(await this.#host.park(item, reason, false))) return false;
    this.isParked = true;
    this.#isDraining = false;
    // The rest that came from the parking lot is still in there.
    const waiting = this.#items.filter((other) => other === item || !other.isFromParking);
    this.#items = waiting;
    this.#host.finished(item);
    if (item.isFromParking) await this.#followWish(item);
    return true;
  }

  /** Somebody asked again while it was tried: parking it has covered that up, so it is read back. */
  async #followWish(item: LaneItem): Promise<void> {
    const [head] = await this.#host.parked(this.key, 1);
    if (head?.event.id === item.event.id && head.requeues > item.requeues) this.#isDraining = true;
  }

  async #parkBehind(item: LaneItem): Promise<boolean> {
    // After a crash, or a rewinding, the event that the others wait behind comes again. It keeps
    // its error, or the lane would be taken for one whose head has been dealt with.
    const [head] = await this.#host.parked(this.key, 1);
    const isHead = head?.event.id === item.event.id;
    if (!isHead && !(await this.#host.park(item, null, this.#isAside))) return false;
    this.#host.finished(item);
    return true;
  }

  #wait(): void {
    const attempts = this.#failedAttempts;
    this.#failedAttempts = 0;
    this.#state = 'waiting';
    this.#cancelWait = this.#host.later(attempts, () => {
      this.#cancelWait = undefined;
      this.#state = 'resting';
      this.#request();
    });
  }
}
