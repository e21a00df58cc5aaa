import type { KafkaConsumer } from './client.ts';

/** Commits offsets, one request after the other: whatever came meanwhile is the next one. */
export class Committer {
  readonly #consumer: KafkaConsumer;
  #next = new Map<number, bigint>();
  #running: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  constructor(consumer: KafkaConsumer) {
    this.#consumer = consumer;
  }

  /** Resolves when the group was told this offset of the partition, or a later one. */
  commit(partition: number, offset: bigint): Promise<void> {
    this.#next.set(partition, offset);
    this.#waiting ??= this.#afterRunning();
    return this.#waiting;
  }

  /** Resolves when nothing is under way any more, one way or the other. */
  async settled(): Promise<void> {
    while (this.#waiting !== undefined) await this.#waiting.catch(() => undefined);
    await this.#running.catch(() => undefined);
  }

  async #afterRunning(): Promise<void> {
    // Its outcome is the concern of those who asked for it.
    await this.#running.catch(() => undefined);
    const offsets = this.#next;
    this.#next = new Map();
    this.#waiting = undefined;
    this.#running = this.#consumer.commit(offsets);
    await this.#running;
  }
}
