import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import type { Acknowledgement } from './workload.ts';

/** Follows a file of deliveries while others write it. */
export class DeliveryTail {
  readonly #path: string;
  readonly #delivered = new Set<string>();
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** How many different events were delivered so far. */
  get count(): number {
    this.#read();
    return this.#delivered.size;
  }

  /** The answers of which an event was not delivered yet. */
  undelivered(answers: readonly Acknowledgement[]): readonly Acknowledgement[] {
    this.#read();
    // The versions of an order come in their sequence, so the last one is the last to come.
    return answers.filter(
      ({ orderId, version, eventCount }) =>
        eventCount > 0 && !this.#delivered.has(`${orderId} ${version}`),
    );
  }

  #read(): void {
    if (!existsSync(this.#path)) return;
    const file = openSync(this.#path, 'r');
    const buffer = Buffer.alloc(65_536);
    for (let count = -1; count !== 0; ) {
      count = readSync(file, buffer, 0, buffer.length, this.#offset);
      this.#offset += count;
      this.#take(buffer.toString('latin1', 0, count));
    }
    closeSync(file);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, , orderId, version] = line.split(' ');
      this.#delivered.add(`${orderId} ${version}`);
    }
  }
}
