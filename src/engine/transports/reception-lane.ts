import type { Clock } from '../kernel/clock.ts';
import { Stopwatch } from '../kernel/clock.ts';
import type { MessageWork } from './message-work.ts';

/** The reception as its lanes see it. */
export interface ReceptionLaneHost {
  readonly clock: Clock;
  /** Whether the lane must not start anything. */
  readonly isStopping: boolean;
  /** Returns how long a message must wait for an earlier one of its key that was put aside, or 0. */
  waitMs(work: MessageWork): number;
  /** Returns the delay after a number of attempts. */
  retryMs(attempts: number): number;
  /** Calls back after the delay. Returns a function that cancels the call. */
  after(delayMs: number, callback: () => void): () => void;
  /** Called when an attempt has failed and will be repeated. */
  failed(work: MessageWork): void;
  /** Called when a message is done. */
  done(work: MessageWork): void;
  /** Counts the work of the lane until it rests or waits. */
  run(running: Promise<void>): void;
  /** Called when the lane waits. */
  waits(): void;
  /** Called when the lane has no messages. */
  emptied(lane: ReceptionLane): void;
}

interface Wait {
  readonly delayMs: number;
  readonly watch: Stopwatch;
  readonly cancel: () => void;
}

/**
 * The messages of one key in flight: processed one at a time, in the order of arrival. When the first
 * one has to be retried, all wait, so that none overtakes it.
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

  /** How much longer the lane waits, in milliseconds. */
  get remainingMs(): number {
    if (this.#wait === undefined) return 0;
    return Math.max(1, this.#wait.delayMs - this.#wait.watch.elapsedMs);
  }

  /** Adds a message. One that was put aside goes before those that first arrived after it. */
  push(work: MessageWork): void {
    const first = this.#isRunning ? 1 : 0;
    const behind = this.#works.findIndex((other, at) => at >= first && other.place > work.place);
    this.#works.splice(behind < 0 ? this.#works.length : behind, 0, work);
    // The lane may be waiting for this message.
    if (behind === 0) this.stop();
    this.#start();
  }

  /** Cancels the wait for the next attempt. */
  stop(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
  }

  /** Removes and returns all messages of a lane that waits. */
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

  /** Returns false when the lane has to wait. */
  async #attempt(work: MessageWork): Promise<boolean> {
    const { progress } = work;
    const behindMs = this.#host.waitMs(work);
    if (behindMs > 0) {
      progress.waits += 1;
      // With growing delays, because thousands may wait for one message.
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
    work.log('warn', 'A message failed; retrying later.', error);
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
