import { OrderchartError } from '../../errors.ts';
import { snapshotOf } from '../snapshot.ts';
import type { ConsumeOptions, Consumption, Delivery } from '../transport.ts';
import type { Entry, InProcessQueue } from './queue.ts';

/** One consumer of a queue. */
export class InProcessConsumption implements Consumption {
  readonly #queue: InProcessQueue;
  readonly #options: ConsumeOptions;
  readonly #inFlight = new Set<Entry>();
  readonly #take = (): void => this.#takeOne();
  readonly #unlisten: () => void;

  constructor(queue: InProcessQueue, options: ConsumeOptions) {
    this.#queue = queue;
    this.#options = options;
    this.#unlisten = queue.listen(this.#take);
  }

  async stop(): Promise<void> {
    this.#unlisten();
  }

  async close(): Promise<void> {
    this.#unlisten();
    for (const entry of this.#inFlight) this.#queue.giveBack(entry);
    this.#inFlight.clear();
  }

  #takeOne(): void {
    if (this.#inFlight.size >= this.#options.maximumInFlight) return;
    const entry = this.#queue.take();
    if (entry === undefined) return;
    this.#inFlight.add(entry);
    this.#queue.yieldTurn(this.#take);
    this.#options.deliver(this.#deliveryOf(entry));
  }

  #deliveryOf(entry: Entry): Delivery {
    const attempt = entry.attempts;
    // The entry may have been delivered again after it was returned. Then this delivery is over.
    const settle = (done: () => void): void => {
      if (!this.#inFlight.has(entry) || entry.attempts !== attempt) throw notInFlight();
      this.#inFlight.delete(entry);
      done();
      this.#queue.announce();
    };
    return {
      // A copy, because the consumer may change the bytes and the message may be delivered again.
      message: snapshotOf(entry.message),
      attempt,
      ack: async () => settle(() => this.#queue.remove(entry)),
      nack: async (delayMs) => settle(() => this.#queue.giveBack(entry, delayMs)),
    };
  }
}

function notInFlight(): OrderchartError {
  return new OrderchartError(
    'transportClosed',
    'This delivery was already acked, nacked or returned. A delivery can be settled once.',
  );
}
