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
 * Creates a transport over Kafka with a client of the host. A record counts as published when all
 * replicas in sync have it. The key of the message is the key of the record. An offset is committed
 * only when all records before it are done.
 *
 * Throws `invalidArgument` for invalid options, `transportRefused` for `acks` other than `all`.
 *
 * @example
 * const transport = createKafkaTransport({
 *   client: fromPlatformatic({ Consumer, Producer }, { clientId, bootstrapBrokers }),
 *   topic: 'order-events',
 *   groupId: 'billing',
 * });
 */
export function createKafkaTransport(options: KafkaTransportOptions): Transport {
  return kafkaTransport(readOptions(options));
}
