import { defineTransport } from '../define.ts';
import type { Transport } from '../transport.ts';
import { NatsConsumption } from './consumption.ts';
import { refused } from './errors.ts';
import { Link } from './link.ts';
import type { NatsSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { ensureStream } from './stream.ts';

/** See `createNatsTransport`. */
export function natsTransport(settings: NatsSettings): Transport {
  const { consumer, storage, receiveOnly } = settings;
  const link = new Link(settings);
  const publisher = new Publisher(link, settings);
  return defineTransport({
    name: 'nats',
    /** A getter, because the server reports the largest body when the transport is open. */
    get features() {
      return {
        consumes: consumer !== undefined,
        durable: storage === 'file',
        ordered: true,
        deduplicates: true,
        redelivers: true,
        tellsFirstDelivery: true,
        delays: true,
        concurrentConsumers: true,
        maximumBodyBytes: link.maximumBodyBytes,
      };
    },
    open: async () => {
      try {
        await link.open();
        await ensureStream(link, settings);
      } catch (error) {
        // `open` may be called again, with a new connection.
        await link.disconnect();
        throw error;
      }
    },
    publish: async (messages) => {
      if (receiveOnly) throw refused('this transport only consumes (`receiveOnly`).');
      return publisher.publish(messages);
    },
    consume: consumer
      ? (options) => new NatsConsumption(link, settings, consumer, options)
      : undefined,
    close: () => link.close(),
  });
}
