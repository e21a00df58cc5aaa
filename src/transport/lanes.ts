/** One item on its way. */
export interface LaneEntry<Item> {
  readonly item: Item;
  readonly lane: string | symbol;
  /** How often it was to be handed out again. */
  retries: number;
}

/**
 * Bounds what is in hand (handed out and not yet answered) over all connections of a consumer: what
 * came by a connection that is gone is in hand as well.
 */
export class Room {
  readonly #waiting = new Set<() => void>();
  #free: number;
  #leaving = 0;
  #isAdmitting = false;

  constructor(maximumInFlight: number) {
    this.#free = maximumInFlight;
  }

  /** Calls `go` as soon as there is room, in the order of asking. */
  enter(go: () => void): void {
    this.#waiting.add(go);
    this.#admit();
  }

  /** Somebody waits no more: `go` is not called. */
  withdraw(go: () => void): void {
    this.#waiting.delete(go);
  }

  /**
   * There is room in the next turn, not at once: who acks has the delivery in hand until `ack` has
   * resolved, and would have one too many meanwhile.
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

  /** Who leaves at once calls this from within: a loop, as calls that deep would fill the stack. */
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

/** What a timer of Node can wait; beyond that it would fire at once. */
const longestDelayMs = 2 ** 31 - 1;

/**
 * Hands out what a broker without an idea of keys gave us on one connection: of one key one item at
 * a time, oldest first, so that order holds through redelivery as well. What is to be done again
 * keeps its place in front of the later ones of its key. It holds what was added and is not done.
 */
export class Lanes<Item> {
  readonly #lanes = new Map<string | symbol, LaneEntry<Item>[]>();
  readonly #inHand = new Set<LaneEntry<Item>>();
  readonly #asking = new Set<() => void>();
  readonly #timers = new Map<LaneEntry<Item>, NodeJS.Timeout>();
  readonly #room: Room;
  readonly #hand: (entry: LaneEntry<Item>) => void;
  #isStopped = false;

  /** @param hand Takes an entry whose turn it is; it is in hand until `done` or `again`. */
  constructor(room: Room, hand: (entry: LaneEntry<Item>) => void) {
    this.#room = room;
    this.#hand = hand;
  }

  /** Takes an item in. One with an empty key waits for no other. */
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

  /** An entry in hand needs not be handed out again; the next one of its key is. */
  done(entry: LaneEntry<Item>): void {
    this.#leaveHand(entry);
    const lane = this.#lanes.get(entry.lane);
    if (lane?.[0] !== entry) return;
    lane.shift();
    const next = lane[0];
    if (next === undefined) this.#lanes.delete(entry.lane);
    else this.#handOut(next);
  }

  /** Hands out an entry that is in hand again after the delay, ahead of the later ones of its key. */
  again(entry: LaneEntry<Item>, delayMs: number): void {
    this.#leaveHand(entry);
    if (this.#isStopped || !this.#isFirst(entry)) return;
    entry.retries += 1;
    const timer = setTimeout(
      () => {
        this.#timers.delete(entry);
        this.#handOut(entry);
      },
      Math.min(Math.max(delayMs, 0), longestDelayMs),
    );
    this.#timers.set(entry, timer);
  }

  /** Hands out nothing more. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    for (const go of this.#asking) this.#room.withdraw(go);
    this.#asking.clear();
  }

  /** Forgets everything that is not in hand: the broker will give it again. */
  clear(): void {
    this.stop();
    this.#lanes.clear();
  }

  #handOut(entry: LaneEntry<Item>): void {
    if (this.#isStopped) return;
    const go = (): void => {
      this.#asking.delete(go);
      this.#inHand.add(entry);
      this.#hand(entry);
    };
    this.#asking.add(go);
    this.#room.enter(go);
  }

  #leaveHand(entry: LaneEntry<Item>): void {
    if (this.#inHand.delete(entry)) this.#room.leave();
  }

  #isFirst(entry: LaneEntry<Item>): boolean {
    return this.#lanes.get(entry.lane)?.[0] === entry;
  }
}
