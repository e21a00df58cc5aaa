import { checkOptions } from '../../options.ts';
import {
  clientSchema,
  type KafkaClient,
  type KafkaClientOptions,
  type KafkaConsumer,
  type KafkaConsumerOptions,
  type KafkaProducer,
} from './client.ts';
import {
  type BatchReader,
  countTopicPartitions,
  type KafkaJsAdmin,
  type KafkaJsConsumer,
  type KafkaJsProducer,
  readBatches,
  sendAll,
  toCommits,
} from './kafkajs-shape.ts';

/** The part of `KafkaJS.Kafka` of `@confluentinc/kafka-javascript` that is used. */
export interface ConfluentKafka {
  admin(config?: object): KafkaJsAdmin;
  producer(config?: object): KafkaJsProducer;
  consumer(config: object): KafkaJsConsumer;
}

/**
 * Makes Confluent's client the client of a transport, by way of its API that is like kafkajs's.
 *
 * @example
 * const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: ['kafka:9092'] } });
 * const transport = createKafkaTransport({ client: fromConfluent(kafka), topic: 'order-events' });
 */
export function fromConfluent(
  kafka: ConfluentKafka,
  options: KafkaClientOptions = {},
): KafkaClient {
  const { idempotent } = checkOptions('fromConfluent', clientSchema, options);
  return {
    name: 'confluent',
    countPartitions: (topic) => countTopicPartitions(kafka.admin(), topic),
    createProducer: () => createProducer(kafka, idempotent),
    createConsumer: (consumerOptions) => createConsumer(kafka, consumerOptions),
  };
}

function createProducer(kafka: ConfluentKafka, idempotent: boolean): KafkaProducer {
  const producer = kafka.producer({
    kafkaJS: { idempotent, acks: -1, allowAutoTopicCreation: false },
  });
  return {
    connect: () => producer.connect(),
    // Here `acks` is a matter of the producer; `send` would refuse it.
    send: (topic, records) => sendAll(producer, topic, records),
    close: () => producer.disconnect(),
  };
}

function createConsumer(kafka: ConfluentKafka, options: KafkaConsumerOptions): KafkaConsumer {
  const { topic, groupId, sessionTimeoutMs, from } = options;
  let read: BatchReader | undefined;
  const consumer = kafka.consumer({
    kafkaJS: {
      groupId,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 3),
      fromBeginning: from === 'beginning',
      autoCommit: false,
    },
    // Of partitions that go as well as of those that come; what it returns would change them.
    rebalance_cb: () => read?.assigned(),
  });
  return {
    start: async (sink) => {
      read = readBatches(sink, sessionTimeoutMs);
      const reader = read;
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      // It heartbeats and starts again by itself.
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: (batch) => reader.batch(batch),
      });
    },
    commit: async (offsets) => consumer.commitOffsets(toCommits(topic, offsets)),
    close: () => consumer.disconnect(),
  };
}
