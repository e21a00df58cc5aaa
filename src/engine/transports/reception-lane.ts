import type { Clock } from '../kernel/clock.ts';
import { Stopwatch } from '../kernel/clock.ts';
import type { MessageWork } from './message-work.ts';

/** What a lane needs of the reception. */
export interface ReceptionLaneHost {
  readonly clock: Clock;
  /** Nothing new is begun. */
  readonly isStopping: boolean;
  /** How long a message has to wait for an earlier one of its key that was put aside; 0 if for none. */
  waitMs(work: MessageWork): number;
  /** How long to wait after so many attempts. */
  retryMs(attempts: number): number;
  /** Calls back after the delay; gives the function that takes it back. */
  after(delayMs: number, callback: () => void): () => void;
  /** An attempt has failed and is repeated. */
  failed(work: MessageWork): void;
  /** It is dealt with. */
  done(work: MessageWork): void;
  /** Runs what the lane does until it rests or waits. */
  run(running: Promise<void>): void;
  /** The lane waits. */
  waits(): void;
  /** The lane has nothing to do. */
  emptied(lane: ReceptionLane): void;
}

interface Wait {
  readonly delayMs: number;
  readonly watch: Stopwatch;
  readonly cancel: () => void;
}

/**
 * The messages of one key in hand: one at a time, in the order in which they came. When the first
 * one fails in a way that may pass, all wait, so that none overtakes it.
 */
export class ReceptionLane {
  readonly key: string;
  readonly #host: ReceptionLaneHost;
  #works: MessageWork[] = [];
  #isRunning = false;
  #wait: Wait | undefined;

  constructor(host: ReceptionLaneHost, key: string) {
    this.#host = host;
    this.key = key;
  }

  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  get size(): number {
    return this.#works.length;
  }

  /** How much longer it waits. */
  get remainingMs(): number {
    if (this.#wait === undefined) return 0;
    return Math.max(1, this.#wait.delayMs - this.#wait.watch.elapsedMs);
  }

  /** One that comes again goes before those that came after it when it came first. */
  push(work: MessageWork): void {
    const first = this.#isRunning ? 1 : 0;
    const behind = this.#works.findIndex((other, at) => at >= first && other.place > work.place);
    this.#works.splice(behind < 0 ? this.#works.length : behind, 0, work);
    // What the lane waits for may be this message.
    if (behind === 0) this.stop();
    this.#start();
  }

  /** Takes back what waits for its next attempt. */
  stop(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
  }

  /** Lets go of all of its messages, and is empty; for a lane that waits. */
  release(): readonly MessageWork[] {
    this.stop();
    const works = this.#works;
    this.#works = [];
    this.#host.emptied(this);
    return works;
  }

  /** Its messages, in order. */
  get works(): readonly MessageWork[] {
    return this.#works;
  }

  #start(): void {
    if (this.#isRunning || this.isWaiting || this.#host.isStopping) return;
    this.#isRunning = true;
    this.#host.run(this.#run());
  }

  async #run(): Promise<void> {
    let work = this.#works[0];
    while (work !== undefined && !this.#host.isStopping) {
      if (!(await this.#attempt(work))) break;
      this.#works.shift();
      work = this.#works[0];
    }
    this.#isRunning = false;
    if (this.#works.length === 0) this.#host.emptied(this);
    else if (this.isWaiting) this.#host.waits();
  }

  /** False when it has to wait. */
  async #attempt(work: MessageWork): Promise<boolean> {
    const { progress } = work;
    const behindMs = this.#host.waitMs(work);
    if (behindMs > 0) {
      progress.waits += 1;
      // Longer from time to time: there may be thousands that wait for one.
      this.#waitFor(Math.max(behindMs, this.#host.retryMs(progress.waits)));
      return false;
    }
    try {
      await work.attempt();
    } catch (error) {
      if (!this.#host.isStopping) this.#failed(work, error);
      return false;
    }
    this.#host.done(work);
    return true;
  }

  #failed(work: MessageWork, error: unknown): void {
    work.log('warn', 'A message is tried again later.', error);
    this.#host.failed(work);
    this.#waitFor(this.#host.retryMs(work.progress.attempts));
  }

  #waitFor(delayMs: number): void {
    const cancel = this.#host.after(delayMs, () => {
      this.#wait = undefined;
      this.#start();
    });
    this.#wait = { delayMs, watch: new Stopwatch(this.#host.clock), cancel };
  }
}
