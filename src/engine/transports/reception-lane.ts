import type { MessageWork } from './message-work.ts';

/** What a lane needs of the reception. */
export interface ReceptionLaneHost {
  /** Nothing new is begun. */
  readonly isStopping: boolean;
  /** Calls back after the delay for so many attempts; gives the function that takes it back. */
  later(attempts: number, callback: () => void): () => void;
  /** It is dealt with. */
  done(work: MessageWork): void;
  /** Runs what the lane does until it rests or waits. */
  run(running: Promise<void>): void;
  /** The lane has nothing to do. */
  emptied(lane: ReceptionLane): void;
}

/**
 * The messages of one key in hand: one at a time, in the order in which they came. When the first
 * one fails in a way that may pass, all wait, so that none overtakes it.
 */
export class ReceptionLane {
  readonly key: string;
  readonly #host: ReceptionLaneHost;
  readonly #works: MessageWork[] = [];
  #isRunning = false;
  #cancelWait: (() => void) | undefined;

  constructor(host: ReceptionLaneHost, key: string) {
    this.#host = host;
    this.key = key;
  }

  get isWaiting(): boolean {
    return this.#cancelWait !== undefined;
  }

  push(work: MessageWork): void {
    this.#works.push(work);
    this.#start();
  }

  /** Takes back what waits for its next attempt. */
  stop(): void {
    this.#cancelWait?.();
  }

  #start(): void {
    if (this.#isRunning || this.#cancelWait !== undefined || this.#host.isStopping) return;
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
  }

  /** False when it has to wait. */
  async #attempt(work: MessageWork): Promise<boolean> {
    try {
      await work.attempt();
    } catch (error) {
      if (!this.#host.isStopping) this.#wait(work, error);
      return false;
    }
    this.#host.done(work);
    return true;
  }

  #wait(work: MessageWork, error: unknown): void {
    work.log('warn', 'A message is tried again later.', error);
    this.#cancelWait = this.#host.later(work.attempts, () => {
      this.#cancelWait = undefined;
      this.#start();
    });
  }
}
