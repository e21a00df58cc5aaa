import { storeClosed } from './failure.ts';

/**
 * The calls of the port in progress. A call that began before `close` runs to its end, however many
 * statements it takes; a later one is refused.
 */
export class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #isOpen = false;

  open(): void {
    this.#isOpen = true;
  }

  /** Refuses further calls, and resolves when the last one has ended. */
  async close(): Promise<void> {
    this.#isOpen = false;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Runs `call`; rejects with `storeClosed` when the store is not open. */
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
