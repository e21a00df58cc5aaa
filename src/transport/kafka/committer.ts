import type { KafkaConsumer } from './client.ts';

/** Commits offsets in sequential requests. Offsets added during a request go into the next one. */
export class Committer {
  readonly #consumer: KafkaConsumer;
  #next = new Map<number, bigint>();
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(consumer: KafkaConsumer) {
    this.#consumer = consumer;
  }

  /** Resolves when this offset of the partition, or a later one, was committed. */
  commit(partition: number, offset: bigint): Promise<void> {
    this.#next.set(partition, offset);
    this.#waiting ??= this.#afterRunning();
    return this.#waiting;
  }

  /** Resolves when no commit is in flight, whether they succeeded or not. */
  async settled(): Promise<void> {
    while (this.#waiting !== undefined) await this.#waiting.catch(() => undefined);
    await this.#running.catch(() => undefined);
  }

  async #afterRunning(): Promise<void> {
    // Its callers handle the outcome.
    await this.#running.catch(() => undefined);
    const offsets = this.#next;
    this.#next = new Map();
    this.#waiting = undefined;
    this.#running = this.#consumer.commit(offsets);
    await this.#running;
  }
}
