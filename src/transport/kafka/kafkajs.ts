import { checkOptions } from '../../options.ts';
import {
  clientSchema,
  type KafkaClient,
  type KafkaClientOptions,
  type KafkaConsumer,
  type KafkaConsumerOptions,
  type KafkaProducer,
  type KafkaSink,
} from './client.ts';
import {
  countTopicPartitions,
  type KafkaJsAdmin,
  type KafkaJsConsumer,
  type KafkaJsProducer,
  readBatches,
  sendAll,
  toCommits,
} from './kafkajs-shape.ts';

/** The part of kafkajs's `Kafka` that is used. */
export interface KafkaJs {
  admin(config?: object): KafkaJsAdmin;
  producer(config?: object): KafkaJsProducer;
  consumer(config: { groupId: string }): KafkaJsConsumer & {
    on(eventName: 'consumer.group_join', listener: () => void): unknown;
    on(
      eventName: 'consumer.crash',
      listener: (event: { payload: { error: unknown } }) => void,
    ): unknown;
  };
}

/** Attempts within the client; beyond them the transport makes a new producer or consumer. */
const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 } as const;

/**
 * Makes kafkajs the client of a transport. Give its `logLevel` or `logCreator` where `Kafka` is
 * made: it writes to the console by itself.
 *
 * @example
 * const kafka = new Kafka({ brokers: ['kafka:9092'], logLevel: logLevel.NOTHING });
 * const transport = createKafkaTransport({ client: fromKafkaJs(kafka), topic: 'order-events' });
 */
export function fromKafkaJs(kafka: KafkaJs, options: KafkaClientOptions = {}): KafkaClient {
  const { idempotent } = checkOptions('fromKafkaJs', clientSchema, options);
  return {
    name: 'kafkajs',
    countPartitions: (topic) => countTopicPartitions(kafka.admin({ retry }), topic),
    createProducer: () => createProducer(kafka, idempotent),
    createConsumer: (consumerOptions) => createConsumer(kafka, consumerOptions),
  };
}

function createProducer(kafka: KafkaJs, idempotent: boolean): KafkaProducer {
  const producer = kafka.producer({
    idempotent,
    // More at once could be reordered by a retry.
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry,
  });
  return {
    connect: () => producer.connect(),
    send: (topic, records) => sendAll(producer, topic, records, { acks: -1 }),
    close: () => producer.disconnect(),
  };
}

function createConsumer(kafka: KafkaJs, options: KafkaConsumerOptions): KafkaConsumer {
  const { topic, groupId, sessionTimeoutMs, from } = options;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.floor(sessionTimeoutMs / 3),
    // A stop waits for the fetch that is under way.
    maxWaitTimeInMs: 500,
    allowAutoTopicCreation: false,
    // The transport starts again, with waits of its own.
    retry: { ...retry, restartOnFailure: async () => false },
  } as { groupId: string });
  return {
    start: async (sink) => {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: from === 'beginning' });
      run(consumer, sink, Math.floor(sessionTimeoutMs / 6));
    },
    commit: async (offsets) => consumer.commitOffsets(toCommits(topic, offsets)),
    close: () => consumer.disconnect(),
  };
}

function run(consumer: ReturnType<KafkaJs['consumer']>, sink: KafkaSink, beatMs: number): void {
  const read = readBatches(sink, beatMs);
  consumer.on('consumer.group_join', () => read.assigned());
  consumer.on('consumer.crash', ({ payload }) => sink.failed(payload.error));
  // It resolves when the group was joined, which may take as long as the others need.
  consumer
    .run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (batch) => read.batch(batch),
    })
    .catch((error: unknown) => sink.failed(error));
}
