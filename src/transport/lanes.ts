/**
 * Hands out what a broker without an idea of keys gave us: of one key one item at a time, oldest
 * first, so that order holds through redelivery as well. What is to be done again keeps its place
 * in front of the later ones of its key. It holds what was added and is not done, nothing else.
 */
export class Lanes<Item> {
  readonly #lanes = new Map<string | symbol, LaneEntry<Item>[]>();
  readonly #waiting = new Map<LaneEntry<Item>, NodeJS.Timeout>();
  readonly #hand: (entry: LaneEntry<Item>) => void;
  #isStopped = false;

  /** @param hand Takes an entry whose turn it is; it is in hand until `done` or `again`. */
  constructor(hand: (entry: LaneEntry<Item>) => void) {
    this.#hand = hand;
  }

  /** Takes an item in. One with an empty key waits for no other. */
  add(key: string, item: Item): void {
    const entry: LaneEntry<Item> = { lane: key === '' ? Symbol('no key') : key, item, retries: 0 };
    const lane = this.#lanes.get(entry.lane);
    if (lane !== undefined) {
      lane.push(entry);
      return;
    }
    this.#lanes.set(entry.lane, [entry]);
    this.#handOut(entry);
  }

  /** It needs not be handed out again; the next one of its key is. */
  done(entry: LaneEntry<Item>): void {
    const lane = this.#lanes.get(entry.lane);
    if (lane === undefined || lane[0] !== entry) return;
    lane.shift();
    const next = lane[0];
    if (next === undefined) this.#lanes.delete(entry.lane);
    else this.#handOut(next);
  }

  /** Hands it out again after the delay, ahead of the later ones of its key. */
  again(entry: LaneEntry<Item>, delayMs: number): void {
    if (this.#isStopped || this.#lanes.get(entry.lane)?.[0] !== entry) return;
    entry.retries += 1;
    const timer = setTimeout(
      () => {
        this.#waiting.delete(entry);
        this.#handOut(entry);
      },
      Math.min(delayMs, longestDelayMs),
    );
    this.#waiting.set(entry, timer);
  }

  /** Hands out nothing more. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  /** Forgets everything: the broker will give it again. */
  clear(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#lanes.clear();
  }

  #handOut(entry: LaneEntry<Item>): void {
    if (!this.#isStopped) this.#hand(entry);
  }
}

/** One item on its way. */
export interface LaneEntry<Item> {
  readonly lane: string | symbol;
  readonly item: Item;
  /** How often it was to be handed out again. */
  retries: number;
}

/** What a timer of Node can wait; beyond that it would fire at once. */
const longestDelayMs = 2 ** 31 - 1;
