import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport.ts';
import { KafkaConsumption } from './consumption.ts';
import { transportClosed } from './failure.ts';
import type { KafkaSettings } from './options.ts';
import { KafkaPublisher } from './publisher.ts';

/** The port, by way of a client that is given. */
export class KafkaTransport implements Transport {
  readonly name = 'kafka';
  readonly features: TransportFeatures;
  readonly consume?: (options: ConsumeOptions) => Promise<Consumption>;
  readonly #settings: KafkaSettings;
  readonly #publisher: KafkaPublisher;
  readonly #publishing = new Set<Promise<unknown>>();
  readonly #consumptions = new Set<KafkaConsumption>();
  #state: 'new' | 'open' | 'closed' = 'new';
  #closing: Promise<void> | undefined;

  constructor(settings: KafkaSettings) {
    const { groupId, maximumBodyBytes } = settings;
    this.#settings = settings;
    this.#publisher = new KafkaPublisher(settings);
    this.features = {
      consumes: groupId !== undefined,
      durable: true,
      ordered: true,
      deduplicates: false,
      redelivers: groupId !== undefined,
      maximumBodyBytes,
    };
    if (groupId !== undefined) this.consume = (options) => this.#consume(groupId, options);
  }

  async open(): Promise<void> {
    if (this.#state === 'open') return;
    this.#checkNotClosed();
    await this.#publisher.open();
    this.#checkNotClosed();
    this.#state = 'open';
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    const publishing = Promise.all(messages.map((message) => this.#publisher.publish(message)));
    this.#publishing.add(publishing);
    try {
      return await publishing;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    await Promise.allSettled(this.#publishing);
    await Promise.all([...this.#consumptions].map((consumption) => consumption.close()));
    await this.#publisher.close();
  }

  async #consume(groupId: string, options: ConsumeOptions): Promise<Consumption> {
    this.#checkOpen();
    const consumption = new KafkaConsumption(this.#settings, groupId, options, () =>
      this.#consumptions.delete(consumption),
    );
    this.#consumptions.add(consumption);
    try {
      await consumption.open();
    } catch (error) {
      this.#consumptions.delete(consumption);
      throw error;
    }
    return consumption;
  }

  #checkOpen(): void {
    if (this.#state !== 'open') throw transportClosed(this.#settings.topic);
  }

  #checkNotClosed(): void {
    if (this.#state === 'closed') throw transportClosed(this.#settings.topic);
  }
}
