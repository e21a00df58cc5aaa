import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport.ts';
import { RabbitmqConsumption } from './consumption.ts';
import { transportClosed } from './failure.ts';
import { Link } from './link.ts';
import type { RabbitmqSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { prepareTopology } from './topology.ts';

/** The port, by way of one connection for publishing and one for each consumption. */
export class RabbitmqTransport implements Transport {
  readonly name = 'rabbitmq';
  readonly features: TransportFeatures;
  readonly consume?: (options: ConsumeOptions) => Promise<Consumption>;
  readonly #settings: RabbitmqSettings;
  readonly #link: Link<Publisher>;
  readonly #publishing = new Set<Promise<unknown>>();
  readonly #consumptions = new Set<RabbitmqConsumption>();
  #state: 'new' | 'open' | 'closed' = 'new';
  #closing: Promise<void> | undefined;

  constructor(settings: RabbitmqSettings) {
    const { queue, singleActiveConsumer, maximumBodyBytes } = settings;
    this.#settings = settings;
    this.features = {
      consumes: queue !== undefined,
      durable: true,
      ordered: queue === undefined || singleActiveConsumer,
      deduplicates: false,
      redelivers: queue !== undefined,
      maximumBodyBytes,
    };
    this.#link = new Link({
      settings,
      setUp: async (connection) => {
        await prepareTopology(connection.model, settings, connection.place);
        return Publisher.create(connection, settings);
      },
    });
    if (queue !== undefined) this.consume = (options) => this.#consume(options);
  }

  async open(): Promise<void> {
    if (this.#state === 'open') return;
    this.#checkNotClosed();
    await this.#link.open();
    this.#checkNotClosed();
    this.#state = 'open';
  }

  async publish(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    this.#checkOpen();
    const publishing = this.#publishBatch(messages);
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
    await this.#link.close();
  }

  async #publishBatch(messages: readonly TransportMessage[]): Promise<readonly PublishResult[]> {
    const { publishTimeoutMs } = this.#settings;
    const timer = setTimeout(() => {
      // Whoever does not confirm for so long is away. What is on the way fails with the connection.
      this.#link.abort(new Error(`no confirmation within ${publishTimeoutMs} ms`));
    }, publishTimeoutMs);
    try {
      return await Promise.all(messages.map((message) => this.#publishOne(message)));
    } finally {
      clearTimeout(timer);
    }
  }

  async #publishOne(message: TransportMessage): Promise<PublishResult> {
    const { maximumBodyBytes } = this.#settings;
    if (message.body.byteLength > maximumBodyBytes) {
      return { status: 'refused', reason: `The body is larger than ${maximumBodyBytes} bytes.` };
    }
    const publisher = this.#link.session;
    return publisher?.publish(message) ?? { status: 'failed', error: this.#link.error };
  }

  async #consume(options: ConsumeOptions): Promise<Consumption> {
    this.#checkOpen();
    const consumption = new RabbitmqConsumption(this.#settings, options, () =>
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
    if (this.#state !== 'open') throw transportClosed(this.#place());
  }

  #checkNotClosed(): void {
    if (this.#state === 'closed') throw transportClosed(this.#place());
  }

  #place(): string {
    return this.#settings.url.map(({ place }) => place).join(', ');
  }
}
