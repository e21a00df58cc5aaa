/**
 * Lets only so many things run at once, and only so many of one name; the others wait in line. Each
 * name has a line of its own, and the lines are served in turn: however many wait for one that is
 * slow, they hold up nobody else.
 */
export class Slots {
  readonly #size: number;
  readonly #sizePerName: number;
  readonly #used = new Map<string, number>();
  /** By name; whose turn is next stands first. */
  readonly #lines = new Map<string, (() => void)[]>();
  #usedInAll = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(size: number, sizePerName: number) {
    this.#size = size;
    this.#sizePerName = sizePerName;
  }

  async during<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    if (this.#isFree(name)) this.#take(name);
    else await this.#turn(name);
    try {
      return await work();
    } finally {
      this.#free(name);
    }
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.#usedInAll === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #usedBy(name: string): number {
    return this.#used.get(name) ?? 0;
  }

  #isFree(name: string): boolean {
    return this.#usedInAll < this.#size && this.#usedBy(name) < this.#sizePerName;
  }

  #take(name: string): void {
    this.#usedInAll += 1;
    this.#used.set(name, this.#usedBy(name) + 1);
  }

  #turn(name: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = this.#lines.get(name) ?? [];
    line.push(resolve);
    this.#lines.set(name, line);
    return promise;
  }

  /** Hands the slot on at once, so that nobody who comes now is served before who waits. */
  #free(name: string): void {
    this.#usedInAll -= 1;
    if (this.#usedBy(name) === 1) this.#used.delete(name);
    else this.#used.set(name, this.#usedBy(name) - 1);
    this.#serve();
    if (this.#usedInAll > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #serve(): void {
    for (const [name, line] of this.#lines) {
      if (!this.#isFree(name)) continue;
      this.#take(name);
      line.shift()?.();
      this.#lines.delete(name);
      if (line.length > 0) this.#lines.set(name, line);
      return;
    }
  }
}
