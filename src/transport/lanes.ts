/** An item in a lane. */
export interface LaneEntry<Item> {
  readonly item: Item;
  readonly lane: string | symbol;
  /** How often the item was returned for another delivery. */
  retries: number;
}

/**
 * Bounds the items in flight (delivered and not yet settled) over all connections of a consumer,
 * including items of a connection that is gone.
 */
export class Capacity {
  readonly #waiting = new Set<() => void>();
  #free: number;
  #leaving = 0;
  #isAdmitting = false;

  constructor(maximumInFlight: number) {
    this.#free = maximumInFlight;
  }

  /** Calls `go` as soon as there is room, in the order of the calls. */
  enter(go: () => void): void {
    this.#waiting.add(go);
    this.#admit();
  }

  /** Cancels `enter`: `go` is not called. */
  withdraw(go: () => void): void {
    this.#waiting.delete(go);
  }

  /**
   * Frees room in the next turn of the event loop. A delivery is in flight until its `ack` has
   * resolved, so freeing it immediately would exceed the maximum by one.
   */
  leave(): void {
    this.#leaving += 1;
    if (this.#leaving > 1) return;
    setImmediate(() => {
      this.#free += this.#leaving;
      this.#leaving = 0;
      this.#admit();
    });
  }

  /** A loop, because `go` may call this method, and deep recursion would overflow the stack. */
  #admit(): void {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    try {
      for (const go of this.#waiting) {
        if (this.#free === 0) return;
        this.#free -= 1;
        this.#waiting.delete(go);
        go();
      }
    } finally {
      this.#isAdmitting = false;
    }
  }
}

/** The longest delay of a timer in Node. A longer one would fire immediately. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * Delivers the items of one connection to a broker that does not know keys: one item per key at a
 * time, oldest first, so that the order holds through redelivery too. An item that is delivered
 * again keeps its place before the later ones of its key. Holds the items that were added and are
 * not done.
 */
export class Lanes<Item> {
  readonly #lanes = new Map<string | symbol, LaneEntry<Item>[]>();
  readonly #inFlight = new Set<LaneEntry<Item>>();
  readonly #asking = new Set<() => void>();
  readonly #timers = new Map<LaneEntry<Item>, NodeJS.Timeout>();
  readonly #capacity: Capacity;
  readonly #deliver: (entry: LaneEntry<Item>) => void;
  #isStopped = false;

  /** @param deliver Delivers an entry whose turn it is. It is in flight until `done` or `again`. */
  constructor(capacity: Capacity, deliver: (entry: LaneEntry<Item>) => void) {
    this.#capacity = capacity;
    this.#deliver = deliver;
  }

  /** Adds an item. An item with an empty key waits for no other. */
  add(key: string, item: Item): void {
    const entry: LaneEntry<Item> = { item, lane: key === '' ? Symbol('no key') : key, retries: 0 };
    const lane = this.#lanes.get(entry.lane);
    if (lane !== undefined) {
      lane.push(entry);
      return;
    }
    this.#lanes.set(entry.lane, [entry]);
    this.#handOut(entry);
  }

  /** Completes an entry in flight, and delivers the next one of its key. */
  done(entry: LaneEntry<Item>): void {
    this.#leave(entry);
    const lane = this.#lanes.get(entry.lane);
    if (lane?.[0] !== entry) return;
    lane.shift();
    const next = lane[0];
    if (next === undefined) this.#lanes.delete(entry.lane);
    else this.#handOut(next);
  }

  /** Delivers an entry in flight again after the delay, ahead of the later ones of its key. */
  again(entry: LaneEntry<Item>, delayMs: number): void {
    this.#leave(entry);
    if (this.#isStopped || !this.#isFirst(entry)) return;
    entry.retries += 1;
    const timer = setTimeout(
      () => {
        this.#timers.delete(entry);
        this.#handOut(entry);
      },
      delayMs > 0 ? Math.min(delayMs, longestDelayMs) : 0,
    );
    this.#timers.set(entry, timer);
  }

  /** Stops delivering. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const go of this.#asking) this.#capacity.withdraw(go);
    this.#asking.clear();
  }

  /** Drops the entries that are not in flight. The broker delivers them again. */
  clear(): void {
    this.stop();
    this.#lanes.clear();
  }

  #handOut(entry: LaneEntry<Item>): void {
    if (this.#isStopped) return;
    const go = (): void => {
      this.#asking.delete(go);
      this.#inFlight.add(entry);
      this.#deliver(entry);
    };
    this.#asking.add(go);
    this.#capacity.enter(go);
  }

  #leave(entry: LaneEntry<Item>): void {
    if (this.#inFlight.delete(entry)) this.#capacity.leave();
  }

  #isFirst(entry: LaneEntry<Item>): boolean {
    return this.#lanes.get(entry.lane)?.[0] === entry;
  }
}
