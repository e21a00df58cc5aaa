import { Batch } from './batch.ts';
import { RedisDelivery, type Settlement } from './delivery.ts';
import { fromFields } from './entry.ts';
import { closed } from './errors.ts';
import type { Entry, Group } from './group.ts';

/** This many nacked entries may wait for their delay. More reduce the room for deliveries. */
const maximumWaiting = 1_000;
/** The longest delay of a timer in Node. */
const longestMs = 2 ** 31 - 1;

export interface InFlightOptions {
  readonly stream: string;
  readonly maximumInFlight: number;
  readonly deliver: (delivery: RedisDelivery) => void;
  readonly onError: (error: unknown) => void;
  /** Called when there is room again, or entries can be claimed. */
  readonly onChange: (isClaimable: boolean) => void;
}

/** The entries of this consumer: in flight, or nacked and waiting for their delay. */
export class InFlight implements Settlement {
  readonly #group: Group;
  readonly #options: InFlightOptions;
  readonly #delivered = new Map<string, RedisDelivery>();
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #acks: Batch<string>;
  #isClosed = false;
  /** The number of acks that the server has not answered yet. */
  #acking = 0;

  constructor(group: Group, options: InFlightOptions) {
    this.#group = group;
    this.#options = options;
    this.#acks = new Batch((places) => group.ack(places));
  }

  /** How many more entries may be taken. */
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

  /** Prevents other consumers from claiming the entries. */
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
      // Redis has no delayed delivery, so the entry waits here. If the process dies, another claims
      // it.
      const timer = setTimeout(() => void this.#ripen(place), Math.min(delayMs, longestMs));
      this.#waiting.set(place, timer);
      this.#options.onChange(false);
    } else {
      await this.#release(place);
    }
  }

  /** Releases all entries. */
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
      // The entry is no longer kept, so it can be claimed after `claimAfterMs`.
      this.#options.onError(error);
    }
  }

  async #release(place: string): Promise<void> {
    await this.#group.release([place]);
    this.#options.onChange(true);
  }
}
