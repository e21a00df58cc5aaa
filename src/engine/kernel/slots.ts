import type { Activity } from './activity.ts';

/** Something that runs for a while in a slot, and never rejects. */
export interface Runner {
  run(): Promise<void>;
}

/** Of the slots that are given away while both lines wait, one in so many goes to a retry. */
const turnsPerRetry = 4;

/**
 * So many may run at once; the others wait in line. What failed before waits in a line of its own,
 * and never takes all of the slots: thousands of orders whose handlers time out would otherwise
 * keep those that work from being handled at all.
 */
export class Slots {
  readonly #limit: number;
  readonly #retryLimit: number;
  readonly #activity: Activity;
  #line: Runner[] = [];
  #retries: Runner[] = [];
  #running = 0;
  #retrying = 0;
  #turn = 0;

  constructor(limit: number, activity: Activity) {
    this.#limit = limit;
    this.#retryLimit = Math.max(1, limit - Math.max(1, Math.floor(limit / 4)));
    this.#activity = activity;
  }

  get running(): number {
    return this.#running;
  }

  get hasLine(): boolean {
    return this.#line.length + this.#retries.length > 0;
  }

  /** @param isRetry Whether it failed before. */
  request(runner: Runner, isRetry = false): void {
    (isRetry ? this.#retries : this.#line).push(runner);
    this.#fill();
  }

  #fill(): void {
    while (this.#running < this.#limit) {
      const isRetry = this.#isRetrysTurn();
      const next = (isRetry ? this.#retries : this.#line).shift();
      if (next === undefined) return;
      void this.#run(next, isRetry);
    }
  }

  #isRetrysTurn(): boolean {
    if (this.#retries.length === 0 || this.#retrying >= this.#retryLimit) return false;
    if (this.#line.length === 0) return true;
    this.#turn = (this.#turn + 1) % turnsPerRetry;
    return this.#turn === 0;
  }

  async #run(runner: Runner, isRetry: boolean): Promise<void> {
    this.#running += 1;
    if (isRetry) this.#retrying += 1;
    this.#activity.begin();
    try {
      await runner.run();
    } finally {
      this.#running -= 1;
      if (isRetry) this.#retrying -= 1;
      this.#fill();
      this.#activity.end();
    }
  }
}
