/** Lets only so many things run at once; the others wait in line. */
export class Slots {
  readonly #size: number;
  #used = 0;
  readonly #line: (() => void)[] = [];
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#used >= this.#size) await new Promise<void>((resolve) => this.#line.push(resolve));
    else this.#used += 1;
    try {
      return await work();
    } finally {
      this.#free();
    }
  }

  /** Hands the slot on, so that nobody who comes now is served before who waits. */
  #free(): void {
    const next = this.#line.shift();
    if (next !== undefined) {
      next();
      return;
    }
    this.#used -= 1;
    if (this.#used > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.#used === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }
}
