import { storeClosed } from './failure.ts';

/**
 * The calls of the port that are under way. What was begun before `close` is finished, however many
 * statements it still takes; what comes later is refused.
 */
export class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
  }

  /** Refuses further calls; resolves when the last one has ended. */
  async close(): Promise<void> {
    this.#isOpen = false;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Rejects with `storeClosed` when the store is. */
  async run<Result>(call: () => Promise<Result>): Promise<Result> {
    if (!this.#isOpen) throw storeClosed();
    const running = call();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }
}
