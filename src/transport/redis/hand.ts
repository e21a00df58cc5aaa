import { Batch } from './batch.ts';
import { RedisDelivery, type Settlement } from './delivery.ts';
import { fromFields } from './entry.ts';
import { closed } from './errors.ts';
import type { Entry, Group } from './group.ts';

/** So many nacked entries may wait for their time; more take room from what may be in hand. */
const maximumWaiting = 1_000;
/** The longest time of a timer of Node. */
const longestMs = 2 ** 31 - 1;

export interface HandOptions {
  readonly stream: string;
  readonly maximumInFlight: number;
  readonly deliver: (delivery: RedisDelivery) => void;
  readonly onError: (error: unknown) => void;
  /** There is room again, or something to be claimed. */
  readonly onChange: (isClaimable: boolean) => void;
}

/** What is ours: delivered and not answered, or nacked and waiting for its time. */
export class Hand implements Settlement {
  readonly #group: Group;
  readonly #options: HandOptions;
  readonly #delivered = new Map<string, RedisDelivery>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #acks: Batch<string>;
  #isClosed = false;
  /** Acked, and the server has not answered yet. */
  #acking = 0;

  constructor(group: Group, options: HandOptions) {
    this.#group = group;
    this.#options = options;
    this.#acks = new Batch((places) => group.ack(places));
  }

  /** How many more may be taken. */
  get room(): number {
    const excess = Math.max(0, this.#waiting.size - maximumWaiting);
    return this.#options.maximumInFlight - this.#delivered.size - this.#acking - excess;
  }

  has(place: string): boolean {
    return this.#delivered.has(place) || this.#waiting.has(place);
  }

  take({ place, fields }: Entry, attempt: number): void {
    const message = fromFields(fields, `${this.#options.stream}-${place}`);
    const delivery = new RedisDelivery(message, attempt, place, this);
    this.#delivered.set(place, delivery);
    this.#options.deliver(delivery);
  }

  /** Keeps all of it ours. */
  keep(): Promise<void> {
    return this.#group.setIdle([...this.#delivered.keys(), ...this.#waiting.keys()], 0);
  }

  async ack(place: string): Promise<void> {
    if (this.#isClosed) throw closed();
    this.#delivered.delete(place);
    this.#acking += 1;
    try {
      await this.#acks.add(place);
    } finally {
      this.#acking -= 1;
      this.#options.onChange(false);
    }
  }

  async nack(place: string, delayMs: number): Promise<void> {
    if (this.#isClosed) throw closed();
    this.#delivered.delete(place);
    if (delayMs > 0) {
      // The server knows no later, so we keep it that long, and it goes to another if we die.
      const timer = setTimeout(() => void this.#ripen(place), Math.min(delayMs, longestMs));
      this.#waiting.set(place, timer);
      this.#options.onChange(false);
    } else {
      await this.#release(place);
    }
  }

  /** Gives everything back. */
  async close(): Promise<void> {
    const places = [...this.#delivered.keys(), ...this.#waiting.keys()];
    this.#isClosed = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#delivered.clear();
    this.#waiting.clear();
    await this.#group.release(places);
  }

  async #ripen(place: string): Promise<void> {
    this.#waiting.delete(place);
    try {
      await this.#release(place);
    } catch (error) {
      // It is kept no longer, so it can be claimed before long.
      this.#options.onError(error);
    }
  }

  async #release(place: string): Promise<void> {
    await this.#group.release([place]);
    this.#options.onChange(true);
  }
}
