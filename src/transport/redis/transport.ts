import { defineTransport } from '../define.ts';
import type { ConsumeOptions, Transport } from '../transport.ts';
import { RedisConsumption } from './consumption.ts';
import { Link } from './link.ts';
import type { RedisSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { checkServer } from './safety.ts';

/** See `createRedisTransport`. */
export function redisTransport(settings: RedisSettings): Transport {
  const { group, deduplicationWindowMs, maximumBodyBytes } = settings;
  const link = new Link(settings);
  const publisher = new Publisher(link, settings);
  const names = new Names(settings.consumer);
  return defineTransport({
    name: 'redis',
    features: {
      consumes: group !== undefined,
      durable: true,
      ordered: true,
      deduplicates: deduplicationWindowMs > 0,
      redelivers: true,
      tellsFirstDelivery: true,
      delays: true,
      concurrentConsumers: true,
      maximumBodyBytes,
    },
    open: async () => {
      try {
        await link.open();
        await checkServer(link, settings);
      } catch (error) {
        // `open` may be called again, with a new connection.
        await link.disconnect();
        throw error;
      }
    },
    publish: (messages) => publisher.publish(messages),
    consume: group ? (options) => consumptionOf(group, options) : undefined,
    close: async () => link.close(),
  });

  function consumptionOf(name: string, options: ConsumeOptions): RedisConsumption {
    const consumer = names.take();
    const own = { ...settings, consumer };
    return new RedisConsumption(link, own, name, options, () => names.giveBack(consumer));
  }
}

/**
 * Assigns unique names: a second consumption with the same name would take over the first one's
 * messages.
 */
class Names {
  readonly #name: string;
  readonly #taken = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  take(): string {
    let name = this.#name;
    for (let number = 2; this.#taken.has(name); number += 1) name = `${this.#name}.${number}`;
    this.#taken.add(name);
    return name;
  }

  giveBack(name: string): void {
    this.#taken.delete(name);
  }
}
