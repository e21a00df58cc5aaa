import type { PublishResult, TransportMessage } from '../../transport/transport.ts';
import type { GuardedTransport } from './guarded-transport.ts';

/** A call of the transport ends with the message that takes it to so many bytes. */
const batchBytes = 1_000_000;

/** One message that waits for its batch. */
interface Waiting {
  readonly message: TransportMessage;
  /** Aborted when this process may no longer publish it; another one will. */
  readonly signal: AbortSignal;
  readonly resolve: (result: PublishResult) => void;
}

/**
 * Gathers the messages of lanes that run at the same time into one call of the transport: while
 * one call is under way the next batch gathers, and leaves when the call has ended or the batch is
 * full. A lone message waits for nobody. Bounded, because every lane waits for its answer.
 */
export class PublishBatcher {
  readonly #transport: GuardedTransport;
  readonly #maximumBatchSize: number;
  #gathered: Waiting[] = [];
  #calls = 0;
  #isLeaving = false;

  constructor(transport: GuardedTransport, maximumBatchSize: number) {
    this.#transport = transport;
    this.#maximumBatchSize = maximumBatchSize;
  }

  publish(message: TransportMessage, signal: AbortSignal): Promise<PublishResult> {
    return new Promise((resolve) => {
      this.#gathered.push({ message, signal, resolve });
      this.#leaveSoon();
    });
  }

  /** At the end of this turn of the event loop: the lanes of one page, or of one answer, come together. */
  #leaveSoon(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    setImmediate(() => {
      this.#isLeaving = false;
      this.#leave();
    });
  }

  #leave(): void {
    this.#dropAborted();
    while (this.#gathered.length >= this.#maximumBatchSize || this.#calls === 0) {
      const batch = this.#take();
      if (batch.length === 0) return;
      void this.#send(batch);
    }
  }

  /** The order is another process's by now, which may have gone on with it already. */
  #dropAborted(): void {
    this.#gathered = this.#gathered.filter(({ signal, resolve }) => {
      if (signal.aborted) resolve({ status: 'failed', error: signal.reason });
      return !signal.aborted;
    });
  }

  /** The oldest messages, no key twice, and no more bytes than a call may have; one at least. */
  #take(): readonly Waiting[] {
    const keys = new Set<string>();
    const batch: Waiting[] = [];
    let bytes = 0;
    this.#gathered = this.#gathered.filter((waiting) => {
      const { key, body } = waiting.message;
      const isFull = batch.length === this.#maximumBatchSize || bytes >= batchBytes;
      if (isFull || keys.has(key)) return true;
      keys.add(key);
      bytes += body.byteLength;
      batch.push(waiting);
      return false;
    });
    return batch;
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    this.#calls += 1;
    const results = await this.#transport.publish(batch.map(({ message }) => message));
    this.#calls -= 1;
    // The guarded transport gives one result for each message.
    for (const [at, { resolve }] of batch.entries()) resolve(results[at] as PublishResult);
    if (this.#gathered.length > 0) this.#leaveSoon();
  }
}
