import type {
  ConsumeOptions,
  Consumption,
  PublishResult,
  Transport,
  TransportFeatures,
  TransportMessage,
} from '../transport.ts';
import { RedisConsumption } from './consumption.ts';
import { closed } from './errors.ts';
import { Link } from './link.ts';
import type { RedisSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { checkServer } from './safety.ts';

/** See `createRedisTransport`. */
export class RedisTransport implements Transport {
  readonly name = 'redis';
  readonly features: TransportFeatures;
  /** Left out without a name for the group. */
  readonly consume?: (options: ConsumeOptions) => Promise<Consumption>;
  readonly #settings: RedisSettings;
  readonly #link: Link;
  readonly #publisher: Publisher;
  readonly #consumptions = new Set<RedisConsumption>();
  readonly #publishing = new Set<Promise<unknown>>();
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(settings: RedisSettings) {
    const { group, deduplicationWindowMs, maximumBodyBytes } = settings;
    if (group !== undefined) this.consume = (options) => this.#consume(group, options);
    this.features = {
      consumes: group !== undefined,
      durable: true,
      ordered: true,
      deduplicates: deduplicationWindowMs > 0,
      redelivers: true,
      maximumBodyBytes,
    };
    this.#settings = settings;
    this.#link = new Link(settings);
    this.#publisher = new Publisher(this.#link, settings);
  }

  async open(): Promise<void> {
    if (this.#state === 'open') return;
    this.#checkNotClosed();
    try {
      await this.#link.open();
      await checkServer(this.#link, this.#settings);
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
    // Answers come or time out, so this ends.
    await Promise.allSettled(this.#publishing);
    this.#link.close();
  }

  async #consume(group: string, options: ConsumeOptions): Promise<Consumption> {
    this.#checkOpen();
    const consumption = new RedisConsumption(this.#link, this.#settings, group, options, () =>
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
