import { Consumer, compatibilityPartitioner, Producer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { fromKafkaJs, fromPlatformatic, type KafkaClient } from 'orderchart/kafka';

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';

/** The clients that can be installed everywhere, each with quick timeouts. */
export const clients: Readonly<Record<string, (address: string) => KafkaClient>> = {
  kafkajs: (address) =>
    fromKafkaJs(
      new Kafka({
        brokers: [address],
        clientId: 'orderchart-test',
        logLevel: logLevel.NOTHING,
        connectionTimeout: 1_000,
        requestTimeout: 5_000,
      }),
    ),
  platformatic: (address) =>
    fromPlatformatic(
      { Consumer, Producer },
      {
        clientId: 'orderchart-test',
        bootstrapBrokers: [address],
        partitioner: compatibilityPartitioner,
      },
    ),
};
