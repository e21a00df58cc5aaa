import { checkOptions } from '../../options.ts';
import {
  clientSchema,
  type KafkaClient,
  type KafkaClientOptions,
  type KafkaConsumer,
  type KafkaConsumerOptions,
  type KafkaProducer,
} from './client.ts';
import { type BatchReader, type ConfluentBatch, readBatches } from './confluent-batches.ts';

/** The part of `KafkaJS.Kafka` of `@confluentinc/kafka-javascript` that the transport uses. */
export interface ConfluentKafka {
  /** Makes a client that reads the metadata of topics. */
  admin(config?: object): ConfluentAdmin;
  /** Makes a producer. */
  producer(config?: object): ConfluentProducer;
  /** Makes a consumer. */
  consumer(config: object): ConfluentConsumer;
}

interface Connecting {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

interface ConfluentAdmin extends Connecting {
  fetchTopicMetadata(options: { topics: string[] }): Promise<unknown[]>;
}

interface ConfluentProducer extends Connecting {
  send(record: {
    topic: string;
    messages: { key: Buffer | null; value: Buffer; headers: Record<string, string> }[];
  }): Promise<unknown>;
}

interface ConfluentConsumer extends Connecting {
  subscribe(subscription: { topics: string[] }): Promise<void>;
  run(config: {
    eachBatchAutoResolve?: boolean;
    eachBatch?: (payload: ConfluentBatch) => Promise<void>;
  }): Promise<void>;
  commitOffsets(offsets: { topic: string; partition: number; offset: string }[]): Promise<void>;
}

/**
 * Adapts Confluent's client for a transport, through the API that it shares with KafkaJS.
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
    countPartitions: (topic) => countPartitions(kafka.admin(), topic),
    createProducer: () => createProducer(kafka, idempotent),
    createConsumer: (consumerOptions) => createConsumer(kafka, consumerOptions),
  };
}

async function countPartitions(admin: ConfluentAdmin, topic: string): Promise<number | undefined> {
  await admin.connect();
  try {
    const topics = (await admin.fetchTopicMetadata({ topics: [topic] })) as {
      name: string;
      partitions: unknown[];
    }[];
    return topics.find(({ name }) => name === topic)?.partitions.length || undefined;
  } catch (error) {
    if (isUnknownTopic(error)) return undefined;
    throw error;
  } finally {
    await admin.disconnect();
  }
}

function isUnknownTopic(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown };
  if (typeof type === 'string' && type.includes('UNKNOWN_TOPIC_OR_PART')) return true;
  return cause !== undefined && cause !== error && isUnknownTopic(cause);
}

function createProducer(kafka: ConfluentKafka, idempotent: boolean): KafkaProducer {
  const producer = kafka.producer({
    // `acks` belongs to the producer here; `send` rejects it.
    kafkaJS: { idempotent, acks: -1, allowAutoTopicCreation: false },
  });
  return {
    connect: () => producer.connect(),
    send: async (topic, records) => {
      const messages = records.map(({ key, value, headers }) => ({
        key,
        value,
        headers: { ...headers },
      }));
      await producer.send({ topic, messages });
    },
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
    // Called for revoked partitions as well as for assigned ones. A returned value would change them.
    rebalance_cb: () => read?.assigned(),
  });
  return {
    start: async (sink) => {
      read = readBatches(sink, sessionTimeoutMs);
      const reader = read;
      await consumer.connect();
      await consumer.subscribe({ topics: [topic] });
      // The client sends heartbeats and restarts the consumer by itself.
      await consumer.run({
        eachBatchAutoResolve: false,
        eachBatch: (batch) => reader.batch(batch),
      });
    },
    commit: (offsets) =>
      consumer.commitOffsets(
        [...offsets].map(([partition, offset]) => ({ topic, partition, offset: `${offset}` })),
      ),
    close: () => consumer.disconnect(),
  };
}
