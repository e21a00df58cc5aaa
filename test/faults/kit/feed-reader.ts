import { setTimeout as delay } from 'node:timers/promises';
import type { OrderEvent, OrderStore } from '../../../src/index.ts';

/**
 * A reader of the whole feed that knows nothing but the port: asks for what comes after the last
 * position, again and again, and notes what ought not to be.
 */
export class FeedReader {
  readonly events: OrderEvent[] = [];
  readonly losses: string[] = [];
  readonly #name: string;
  readonly #store: OrderStore;
  /** When it met each cause, by `performance.now()`. */
  readonly #metAt = new Map<string, number>();
  readonly #versions = new Map<string, number>();
  readonly #reading: Promise<void>;
  #isEnded = false;

  constructor(name: string, store: OrderStore) {
    this.#name = name;
    this.#store = store;
    this.#reading = this.#read();
  }

  /** Whether it has met the event of this cause. */
  has(causationId: string): boolean {
    return this.#metAt.has(causationId);
  }

  /** When that was, by `performance.now()`. */
  metAt(causationId: string): number | undefined {
    return this.#metAt.get(causationId);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { partitions } = this.#store.features;
    const positions = Array.from({ length: partitions }, () => 0);
    while (!this.#isEnded) {
      const pages = positions.map((after, partition) => this.#store.feed(partition, after, 50));
      for (const entry of (await Promise.all(pages)).flat()) {
        const due = (positions[entry.partition] ?? 0) + 1;
        if (entry.position !== due) {
          this.#lose(`position ${entry.position} came where ${due} was due`);
        }
        positions[entry.partition] = entry.position;
        this.#take(entry.event);
      }
      await delay(5);
    }
  }

  #take(event: OrderEvent): void {
    const { orderId, version, causationId } = event;
    const due = (this.#versions.get(orderId) ?? 0) + 1;
    if (version !== due) this.#lose(`version ${version} of ${orderId} came where ${due} was due`);
    if (this.#metAt.has(causationId ?? '')) this.#lose(`${causationId} came twice`);
    this.#versions.set(orderId, version);
    this.#metAt.set(causationId ?? '', performance.now());
    this.events.push(event);
  }

  #lose(text: string): void {
    this.losses.push(`reader ${this.#name}: ${text}`);
  }
}
