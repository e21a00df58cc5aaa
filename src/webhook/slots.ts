/** Runs at most `limit` pieces of work at the same time. The others wait in line. */
export class Limit {
  readonly #limit: number;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  async during<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#running < this.#limit) this.#running += 1;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await work();
    } finally {
      // The next in line takes over the slot, so that a newcomer cannot overtake it.
      const next = this.#line.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/**
 * Limits the work of all names together, and that of each name. A name takes a place in the common
 * line for as many pieces of work as it may run, so a slow endpoint does not block the others.
 */
export class Slots {
  readonly #all: Limit;
  readonly #limitPerName: number;
  readonly #byName = new Map<string, Limit>();

  constructor(limit: number, limitPerName: number) {
    this.#all = new Limit(limit);
    this.#limitPerName = limitPerName;
  }

  async during<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const own = this.#byName.get(name) ?? new Limit(this.#limitPerName);
    this.#byName.set(name, own);
    try {
      return await own.during(() => this.#all.during(work));
    } finally {
      if (own.isIdle) this.#byName.delete(name);
    }
  }
}
