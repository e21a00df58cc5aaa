import type { Activity } from '../activity.ts';

/** Something that runs for a while in a slot, and never rejects. */
export interface Runner {
  run(): Promise<void>;
}

/** So many may run at once; the others wait in line. */
export class Slots {
  readonly #limit: number;
  readonly #activity: Activity;
  #line: Runner[] = [];
  #running = 0;

  constructor(limit: number, activity: Activity) {
    this.#limit = limit;
    this.#activity = activity;
  }

  get running(): number {
    return this.#running;
  }

  get hasLine(): boolean {
    return this.#line.length > 0;
  }

  request(runner: Runner): void {
    if (this.#running < this.#limit) void this.#run(runner);
    else this.#line.push(runner);
  }

  async #run(runner: Runner): Promise<void> {
    this.#running += 1;
    this.#activity.begin();
    try {
      await runner.run();
    } finally {
      this.#running -= 1;
      const next = this.#line.shift();
      if (next !== undefined) void this.#run(next);
      this.#activity.end();
    }
  }
}
