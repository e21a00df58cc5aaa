import type {
  KafkaClient,
  KafkaClientOptions,
  KafkaConsumer,
  KafkaConsumerOptions,
  KafkaProducer,
  KafkaSink,
} from './client.ts';

/** The part of `@platformatic/kafka` that the transport uses. */
export interface PlatformaticKafka {
  /** Its class `Producer`. */
  readonly Producer: new (
    options: PlatformaticOptions & { idempotent: boolean },
  ) => PlatformaticProducer;
  /** Its class `Consumer`. */
  readonly Consumer: new (
    options: PlatformaticOptions & { groupId: string },
  ) => PlatformaticConsumer;
}

/** Options of both classes. */
export interface PlatformaticOptions extends KafkaClientOptions {
  /** The name of the client in the brokers' logs. */
  readonly clientId: string;
  /** Addresses of brokers: `host:port`. */
  readonly bootstrapBrokers: string[];
  /** Other options (`tls`, `sasl`, `partitioner`...) are passed to the client. */
  readonly [option: string]: unknown;
}

interface PlatformaticBase {
  on(eventName: string, listener: (...values: unknown[]) => void): unknown;
  metadata(options: { topics: string[]; autocreateTopics?: boolean }): Promise<{
    topics: Map<string, { partitionsCount: number }>;
  }>;
}

interface PlatformaticProducer extends PlatformaticBase {
  send(options: {
    acks?: number;
    idempotent?: boolean;
    messages: {
      topic: string;
      key?: Buffer;
      value?: Buffer;
      headers?: Map<Buffer, Buffer>;
    }[];
  }): Promise<unknown>;
  close(): Promise<void>;
}

interface PlatformaticConsumer extends PlatformaticBase {
  consume(options: {
    topics: string[];
    autocommit?: boolean;
    mode?: 'committed';
    fallbackMode?: 'earliest' | 'latest';
    highWaterMark?: number;
    maxWaitTime?: number;
    sessionTimeout?: number;
    heartbeatInterval?: number;
  }): Promise<PlatformaticStream>;
  listOffsets(options: { topics: string[]; timestamp?: bigint }): Promise<Map<string, bigint[]>>;
  commit(options: {
    offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[];
  }): Promise<void>;
  close(force?: boolean): Promise<void>;
}

interface PlatformaticStream extends AsyncIterable<PlatformaticMessage> {
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

interface PlatformaticMessage {
  readonly partition: number;
  readonly offset: bigint;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers: ReadonlyMap<Buffer, Buffer>;
}

/** Waits for all replicas in sync. */
const allAcks = -1;
/** Requests the end of each partition. */
const latest = -1n;

/**
 * Adapts `@platformatic/kafka` for a transport.
 *
 * @param kafka Its classes `Producer` and `Consumer`.
 * @param options Options of both: `clientId`, `bootstrapBrokers`, `tls`, `sasl`... With its
 *   `compatibilityPartitioner`, keys go to the same partitions as with other clients.
 *
 * @example
 * import { compatibilityPartitioner, Consumer, Producer } from '@platformatic/kafka';
 *
 * const partitioner = compatibilityPartitioner;
 * const options = { clientId: 'orders', bootstrapBrokers: ['kafka:9092'], partitioner };
 * const client = fromPlatformatic({ Consumer, Producer }, options);
 * const transport = createKafkaTransport({ client, topic: 'order-events' });
 */
export function fromPlatformatic(
  kafka: PlatformaticKafka,
  options: PlatformaticOptions,
): KafkaClient {
  // Limits the client's own retries. An idempotent producer would otherwise retry forever.
  const { idempotent = true, ...others } = options;
  const shared = { retries: 2, retryDelay: 200, autocreateTopics: false, ...others };
  return {
    name: 'platformatic',
    countPartitions: (topic) => countPartitions(kafka, shared, topic),
    createProducer: () => createProducer(kafka, shared, idempotent),
    createConsumer: (consumerOptions) => createConsumer(kafka, shared, consumerOptions),
  };
}

async function countPartitions(
  { Producer }: PlatformaticKafka,
  options: PlatformaticOptions,
  topic: string,
): Promise<number | undefined> {
  const client = new Producer({ ...options, idempotent: false });
  client.on('error', () => undefined);
  try {
    const { topics } = await client.metadata({ topics: [topic], autocreateTopics: false });
    return topics.get(topic)?.partitionsCount;
  } catch (error) {
    if (isUnknownTopic(error)) return undefined;
    throw error;
  } finally {
    await client.close();
  }
}

function isUnknownTopic(error: unknown): boolean {
  const { apiId, errors } = (error ?? {}) as { apiId?: unknown; errors?: unknown };
  if (apiId === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
  return Array.isArray(errors) && errors.some(isUnknownTopic);
}

function createProducer(
  { Producer }: PlatformaticKafka,
  options: PlatformaticOptions,
  idempotent: boolean,
): KafkaProducer {
  const producer = new Producer({ ...options, idempotent });
  producer.on('error', () => undefined);
  return {
    connect: async () => {
      await producer.metadata({ topics: [] });
    },
    send: async (topic, records) => {
      const messages = records.map(({ key, value, headers }) => ({
        topic,
        ...(key === null ? {} : { key }),
        value,
        headers: new Map(
          Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
        ),
      }));
      await producer.send({ acks: allAcks, idempotent, messages });
    },
    close: () => producer.close(),
  };
}

function createConsumer(
  { Consumer }: PlatformaticKafka,
  options: PlatformaticOptions,
  { topic, groupId, sessionTimeoutMs, from }: KafkaConsumerOptions,
): KafkaConsumer {
  const consumer = new Consumer({ ...options, groupId });
  const open = () =>
    consumer.consume({
      topics: [topic],
      autocommit: false,
      mode: 'committed',
      fallbackMode: from === 'beginning' ? 'earliest' : 'latest',
      highWaterMark: 64,
      maxWaitTime: 500,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 3),
    });
  return {
    start: async (sink) => {
      consumer.on('error', (error) => sink.failed(error));
      await consumer.metadata({ topics: [topic] });
      new StreamReader(consumer, open, topic, sink).begin();
    },
    commit: async (offsets) => {
      await consumer.commit({
        offsets: [...offsets].map(([partition, offset]) => ({
          topic,
          partition,
          offset,
          leaderEpoch: -1,
        })),
      });
    },
    close: () => consumer.close(true),
  };
}

/**
 * Reads a new stream for each assignment. The client's stream would continue across a new
 * assignment with its buffer, and skip the records that are delivered again.
 */
class StreamReader {
  readonly #consumer: PlatformaticConsumer;
  readonly #open: () => Promise<PlatformaticStream>;
  readonly #topic: string;
  readonly #sink: KafkaSink;
  #stream: PlatformaticStream | undefined;
  /** Renewals are sequential. Otherwise streams between them would stay open. */
  #renewal: Promise<void> = Promise.resolve();

  constructor(
    consumer: PlatformaticConsumer,
    open: () => Promise<PlatformaticStream>,
    topic: string,
    sink: KafkaSink,
  ) {
    this.#consumer = consumer;
    this.#open = open;
    this.#topic = topic;
    this.#sink = sink;
  }

  begin(): void {
    const renew = (): void => {
      this.#renewal = this.#renewal
        .then(() => this.#renew())
        .catch((error: unknown) => this.#sink.failed(error));
    };
    renew();
    // The first join belongs to the first stream.
    this.#renewal.then(() => this.#consumer.on('consumer:group:join', renew));
  }

  async #renew(): Promise<void> {
    const before = this.#stream;
    this.#stream = undefined;
    // Opened before the old one is closed: without any stream the client would leave the topic.
    const stream = await this.#open();
    this.#stream = stream;
    stream.on('error', (error) => this.#fail(stream, error));
    // Its errors are about the previous assignment.
    before?.close().catch(() => undefined);
    const ends = await this.#consumer.listOffsets({ topics: [this.#topic], timestamp: latest });
    this.#sink.assigned();
    this.#read(stream, ends.get(this.#topic) ?? []).catch((error: unknown) =>
      this.#fail(stream, error),
    );
  }

  async #read(stream: PlatformaticStream, ends: readonly bigint[]): Promise<void> {
    for await (const { partition, offset, key, value, headers } of stream) {
      await this.#sink.room();
      if (this.#stream !== stream) return;
      this.#sink.record({
        partition,
        offset,
        key: key ?? null,
        value: value ?? null,
        headers: new Map([...headers].map(([name, text]) => [`${name}`, `${text}`])),
        mayHaveComeBefore: offset < (ends[partition] ?? 0n),
      });
    }
  }

  #fail(stream: PlatformaticStream, error: unknown): void {
    if (this.#stream === stream) this.#sink.failed(error);
  }
}
