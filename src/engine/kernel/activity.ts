/**
 * Counts the work in progress in the engine. Follow-up work is counted before the work that caused
 * it ends, so zero means that nothing more happens until a command arrives or the clock moves.
 */
export class Activity {
  #count = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (this.#count > 0 || this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Counts `work` until it settles. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.begin();
    try {
      return await work;
    } finally {
      this.end();
    }
  }

  /** Resolves when no work is in progress. */
  async idle(): Promise<void> {
    // A loop, because an earlier waiter may have started new work.
    while (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
