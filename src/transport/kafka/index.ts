import type { Transport } from '../transport.ts';
import { type KafkaTransportOptions, readOptions } from './options.ts';
import { kafkaTransport } from './transport.ts';

export type {
  KafkaClient,
  KafkaClientOptions,
  KafkaConsumer,
  KafkaConsumerOptions,
  KafkaIncomingRecord,
  KafkaProducer,
  KafkaRecord,
  KafkaSink,
} from './client.ts';
export { type ConfluentKafka, fromConfluent } from './confluent.ts';
export type { KafkaTransportOptions } from './options.ts';
export {
  fromPlatformatic,
  type PlatformaticKafka,
  type PlatformaticOptions,
} from './platformatic.ts';

/**
 * Makes a transport over Kafka, by way of a client that you have: records that are published only
 * when all replicas in sync have them, the order's key as their key, offsets that are committed
 * only when everything before them is done.
 *
 * Throws `invalidArgument` for options that cannot work, `transportRefused` for `acks` other than
 * `all`.
 *
 * @example
 * const transport = createKafkaTransport({
 *   client: fromPlatformatic({ Consumer, Producer }, { clientId: 'orders', bootstrapBrokers: ['kafka:9092'] }),
 *   topic: 'order-events',
 *   groupId: 'billing',
 * });
 */
export function createKafkaTransport(options: KafkaTransportOptions): Transport {
  return kafkaTransport(readOptions(options));
}
