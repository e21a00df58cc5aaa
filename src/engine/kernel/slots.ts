import type { Activity } from './activity.ts';

/** Work that occupies a slot while it runs, and never rejects. */
export interface Runner {
  run(): Promise<void>;
}

/** While both queues wait, every fourth free slot goes to a retry. */
const turnsPerRetry = 4;

/**
 * Limits the concurrent work; the rest queues. Retries have their own queue and never occupy
 * all slots: thousands of orders whose handlers time out would otherwise starve the healthy ones.
 */
export class Slots {
  readonly #limit: number;
  readonly #retryLimit: number;
  readonly #activity: Activity;
  #fresh: Runner[] = [];
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
    return this.#fresh.length + this.#retries.length > 0;
  }

  /** @param isRetry Whether the work failed before. */
  request(runner: Runner, isRetry = false): void {
    (isRetry ? this.#retries : this.#fresh).push(runner);
    this.#fill();
  }

  #fill(): void {
    while (this.#running < this.#limit) {
      const isRetry = this.#isRetrysTurn();
      const next = (isRetry ? this.#retries : this.#fresh).shift();
      if (next === undefined) return;
      void this.#run(next, isRetry);
    }
  }

  #isRetrysTurn(): boolean {
    if (this.#retries.length === 0 || this.#retrying >= this.#retryLimit) return false;
    if (this.#fresh.length === 0) return true;
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
