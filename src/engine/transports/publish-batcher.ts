import type { PublishResult, TransportMessage } from '../../transport/transport.ts';
import type { GuardedTransport } from './guarded-transport.ts';

/** A batch ends with the message that reaches this size. */
const batchBytes = 1_000_000;

/** A message that waits for its batch. */
interface Waiting {
  readonly message: TransportMessage;
  /** Aborted when this process may no longer publish it, because another one will. */
  readonly signal: AbortSignal;
  readonly resolve: (result: PublishResult) => void;
}

/**
 * Gathers the messages of concurrent lanes into one call of the transport: during a call the next
 * batch gathers, and is sent when the call has ended or the batch is full. A lone message does not
 * wait. Bounded, because every lane waits for its result.
 */
export class PublishBatcher {
  readonly #transport: GuardedTransport;
  readonly #maximumBatchSize: number;
  #gathered: Waiting[] = [];
  #calls = 0;
  #isSendDue = false;

  constructor(transport: GuardedTransport, maximumBatchSize: number) {
    this.#transport = transport;
    this.#maximumBatchSize = maximumBatchSize;
  }

  publish(message: TransportMessage, signal: AbortSignal): Promise<PublishResult> {
    return new Promise((resolve) => {
      this.#gathered.push({ message, signal, resolve });
      this.#sendSoon();
    });
  }

  /** Sends at the end of this turn of the event loop, so that the lanes of a page share a batch. */
  #sendSoon(): void {
    if (this.#isSendDue) return;
    this.#isSendDue = true;
    setImmediate(() => {
      this.#isSendDue = false;
      this.#sendAll();
    });
  }

  #sendAll(): void {
    this.#dropAborted();
    while (this.#gathered.length >= this.#maximumBatchSize || this.#calls === 0) {
      const batch = this.#take();
      if (batch.length === 0) return;
      void this.#send(batch);
    }
  }

  /** Drops messages of orders that another process owns by now: it may have published later events. */
  #dropAborted(): void {
    this.#gathered = this.#gathered.filter(({ signal, resolve }) => {
      if (signal.aborted) resolve({ status: 'failed', error: signal.reason });
      return !signal.aborted;
    });
  }

  /** Takes the oldest messages, no key twice, up to the limits of a batch; at least one. */
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
    // The guarded transport returns one result for each message.
    for (const [at, { resolve }] of batch.entries()) resolve(results[at] as PublishResult);
    if (this.#gathered.length > 0) this.#sendSoon();
  }
}
