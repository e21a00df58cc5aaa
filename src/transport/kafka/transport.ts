import { defineTransport } from '../define.ts';
import type { Transport } from '../transport.ts';
import { KafkaConsumption } from './consumption.ts';
import type { KafkaSettings } from './options.ts';
import { KafkaPublisher } from './publisher.ts';

/** See `createKafkaTransport`. */
export function kafkaTransport(settings: KafkaSettings): Transport {
  const { groupId, maximumBodyBytes } = settings;
  const consumes = groupId !== undefined;
  const publisher = new KafkaPublisher(settings);
  return defineTransport({
    name: 'kafka',
    features: {
      consumes,
      durable: true,
      ordered: true,
      deduplicates: false,
      redelivers: consumes,
      // Records present at the start may have been delivered without a committed offset.
      tellsFirstDelivery: false,
      delays: consumes,
      concurrentConsumers: consumes,
      maximumBodyBytes,
    },
    open: () => publisher.open(),
    publish: (messages) => Promise.all(messages.map((message) => publisher.publish(message))),
    consume: consumes ? (options) => new KafkaConsumption(settings, groupId, options) : undefined,
    close: () => publisher.close(),
  });
}
