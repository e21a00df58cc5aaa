import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport.ts';
import { NatsConsumption } from './consumption.ts';
import { closed, refused } from './errors.ts';
import { Link } from './link.ts';
import type { NatsSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { ensureStream } from './stream.ts';

/** See `createNatsTransport`. */
export class NatsTransport implements Transport {
  readonly name = 'nats';
  readonly #settings: NatsSettings;
  readonly #link: Link;
  readonly #publisher: Publisher;
  readonly #consumptions = new Set<NatsConsumption>();
  readonly #publishing = new Set<Promise<unknown>>();
  #state: 'new' | 'open' | 'closed' = 'new';

  /** Left out without a name for the consumer. */
  readonly consume?: (options: ConsumeOptions) => Promise<Consumption>;

  constructor(settings: NatsSettings) {
    const { consumer } = settings;
    if (consumer !== undefined) this.consume = (options) => this.#consume(consumer, options);
    this.#settings = settings;
    this.#link = new Link(settings);
    this.#publisher = new Publisher(this.#link, settings);
  }

  /** The largest body is known for sure once it is open: it is the server's to say. */
  get features(): TransportFeatures {
    return {
      consumes: this.#settings.consumer !== undefined,
      durable: this.#settings.storage === 'file',
      ordered: true,
      deduplicates: true,
      redelivers: true,
      maximumBodyBytes: this.#link.maximumBodyBytes,
    };
  }

  async open(): Promise<void> {
    if (this.#state === 'open') return;
    this.#checkNotClosed();
    try {
      await this.#link.open();
      await ensureStream(this.#link, this.#settings);
    } catch (error) {
      // It may be tried again, with a connection of its own.
      await this.#link.disconnect();
      throw error;
    }
    this.#checkNotClosed();
    this.#state = 'open';
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    if (this.#settings.receiveOnly) throw refused('this transport only receives (`receiveOnly`).');
    const publishing = this.#publisher.publish(messages);
    this.#publishing.add(publishing);
    try {
      return await publishing;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    await Promise.allSettled([...this.#consumptions].map((each) => each.close()));
    this.#consumptions.clear();
    // Answers come or time out, so this ends.
    await Promise.allSettled(this.#publishing);
    await this.#link.close();
  }

  async #consume(consumer: string, options: ConsumeOptions): Promise<Consumption> {
    this.#checkOpen();
    const consumption = new NatsConsumption(this.#link, this.#settings, consumer, options, () =>
      this.#consumptions.delete(consumption),
    );
    this.#consumptions.add(consumption);
    await consumption.begin();
    return consumption;
  }

  #checkNotClosed(): void {
    if (this.#state === 'closed') throw closed();
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw closed();
  }
}
