import { isOrderchartError } from '../../errors.ts';
import type { OrderEvent } from '../../order/envelope.ts';
import type { OrderKey, ParkedEvent } from '../../store/store.ts';
import type { Activity } from '../activity.ts';
import type { ExecuteResult } from '../results.ts';
import { isPermanentHandlerError } from './permanent-error.ts';
import type { Runner, Slots } from './slots.ts';

/** One event on its way through a handler. */
export interface LaneItem {
  readonly position: number;
  readonly event: OrderEvent;
  /** Whether it comes from the parking lot: its position is behind the checkpoint already. */
  readonly isFromParking: boolean;
  attempts: number;
  /** What the handler returned, once it did; executing it may take further attempts. */
  commands: readonly unknown[] | undefined;
  nextCommand: number;
  /** Why the handler gave up for good; parking it may take further attempts. */
  refusal: string | undefined;
}

export function laneItem(position: number, event: OrderEvent, isFromParking: boolean): LaneItem {
  return {
    position,
    event,
    isFromParking,
    attempts: 0,
    commands: undefined,
    nextCommand: 0,
    refusal: undefined,
  };
}

/** What a lane needs of the one who leads it. */
export interface LaneHost {
  readonly slots: Slots;
  /** Counts the lanes that are running. */
  readonly work: Activity;
  /** No new event is begun: closing, or the lease is lost. */
  readonly isStopping: boolean;
  /** Nothing may be written any more: another owner has the lease. */
  readonly isLost: boolean;
  /** Makes sure of the lease; false when it is lost. */
  hold(): Promise<boolean>;
  handle(event: OrderEvent, attempt: number): Promise<unknown>;
  execute(command: unknown, event: OrderEvent, index: number): Promise<ExecuteResult>;
  /** False when the lease is lost. */
  park(item: LaneItem, error: string | null): Promise<boolean>;
  parked(key: OrderKey, limit: number): Promise<readonly ParkedEvent[]>;
  unpark(item: LaneItem): Promise<void>;
  /** The handler is through with it. */
  handled(item: LaneItem): void;
  /** It is done with: handled, or parked. */
  finished(item: LaneItem): void;
  /** Calls back after the delay for so many attempts; gives the function that takes it back. */
  later(attempts: number, callback: () => void): () => void;
  /** The lane has nothing to do and nothing parked. */
  emptied(lane: Lane): void;
  log(level: 'warn' | 'error', message: string, item: LaneItem, error: unknown): void;
  countRejected(): void;
}

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
  readonly #host: LaneHost;
  #items: LaneItem[] = [];
  #isDraining = false;
  #state: 'resting' | 'queued' | 'running' | 'waiting' = 'resting';
  #cancelWait: (() => void) | undefined;

  constructor(host: LaneHost, key: OrderKey, isParked: boolean) {
    this.#host = host;
    this.key = key;
    this.isParked = isParked;
  }

  push(item: LaneItem): void {
    this.#items.push(item);
    this.#request();
  }

  /** Takes the parked events back and tries them again. */
  drain(): void {
    this.#isDraining = true;
    this.stop();
    if (this.#state === 'waiting') this.#state = 'resting';
    this.#request();
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
    if (this.#isWaiting()) return;
    this.#state = 'resting';
    if (host.isStopping) return;
    if (goesOn || this.#items.length > 0 || this.#isDraining) this.#request();
    else if (!this.isParked) host.emptied(this);
  }

  #isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  #request(): void {
    if (this.#state !== 'resting') return;
    this.#state = 'queued';
    this.#host.slots.request(this);
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
      if (!this.#host.isStopping) this.#wait(item, error);
      return false;
    }
  }

  /** Puts parked events in front, or ends the draining when none are left. */
  async #takeBack(): Promise<void> {
    const parked = await this.#host.parked(this.key, parkedPageSize);
    const items = parked.map(({ position, event }) => laneItem(position, event, true));
    this.#items = [...items, ...this.#items];
    this.#isDraining = items.length > 0;
    this.isParked = false;
  }

  /** False when the lease is lost. Throws what may pass. */
  async #handle(item: LaneItem): Promise<boolean> {
    const host = this.#host;
    if (!(await host.hold())) return false;
    if (this.isParked) return this.#parkBehind(item);
    if (item.refusal === undefined) {
      item.attempts += 1;
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
    if (!(await this.#host.park(item, reason))) return false;
    this.isParked = true;
    this.#isDraining = false;
    // The rest that came from the parking lot is still in there.
    const waiting = this.#items.filter((other) => other === item || !other.isFromParking);
    this.#items = waiting;
    this.#host.finished(item);
    return true;
  }

  async #parkBehind(item: LaneItem): Promise<boolean> {
    // After a crash, or a rewinding, the event that the others wait behind comes again. It keeps
    // its error, or the lane would be taken for one whose head has been dealt with.
    const [head] = await this.#host.parked(this.key, 1);
    const isHead = head?.event.id === item.event.id;
    if (!isHead && !(await this.#host.park(item, null))) return false;
    this.#host.finished(item);
    return true;
  }

  #wait(item: LaneItem | undefined, error: unknown): void {
    const attempts = item?.attempts ?? 1;
    if (item !== undefined) this.#host.log('warn', 'An event is tried again later.', item, error);
    this.#state = 'waiting';
    this.#cancelWait = this.#host.later(Math.max(1, attempts), () => {
      this.#cancelWait = undefined;
      this.#state = 'resting';
      this.#request();
    });
  }
}

function commandsOf(answer: unknown): readonly unknown[] {
  if (answer === undefined || answer === null) return [];
  return Array.isArray(answer) ? answer : [answer];
}

/** A returned command that is not one will not become one by trying again. */
export function isForGood(error: unknown): boolean {
  return isPermanentHandlerError(error) || isOrderchartError(error, 'invalidCommand');
}

/** What is stored as the reason: short, and text that every store can hold. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, 500).toWellFormed().replaceAll('\0', '');
}
