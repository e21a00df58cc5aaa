import type { KafkaIncomingRecord, KafkaRecord, KafkaSink } from './client.ts';

// What kafkajs and Confluent's client have in common.

export interface KafkaJsAdmin {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  fetchTopicMetadata(options: {
    topics: string[];
  }): Promise<{ topics: { name: string; partitions: unknown[] }[] } | unknown[]>;
}

export interface KafkaJsProducer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  send(record: {
    topic: string;
    messages: { key: Buffer | null; value: Buffer; headers: Record<string, string> }[];
    acks?: number;
  }): Promise<unknown>;
}

export interface KafkaJsConsumer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  subscribe(subscription: { topics: string[]; fromBeginning?: boolean }): Promise<void>;
  run(config: {
    autoCommit?: boolean;
    eachBatchAutoResolve?: boolean;
    eachBatch?: (payload: KafkaJsBatch) => Promise<void>;
  }): Promise<void>;
  commitOffsets(offsets: KafkaJsCommit[]): Promise<void>;
}

export interface KafkaJsCommit {
  topic: string;
  partition: number;
  offset: string;
}

/** What `eachBatch` is given, as far as it is used. */
export interface KafkaJsBatch {
  readonly batch: {
    readonly partition: number;
    readonly highWatermark: string;
    readonly messages: readonly KafkaJsMessage[];
  };
  resolveOffset(offset: string): void;
  heartbeat(): Promise<void>;
  isRunning(): boolean;
  isStale(): boolean;
}

export interface KafkaJsMessage {
  readonly offset: string;
  readonly key?: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, KafkaJsHeader | undefined>>;
}

type KafkaJsHeader = Buffer | string | (Buffer | string)[];

export async function countTopicPartitions(
  admin: KafkaJsAdmin,
  topic: string,
): Promise<number | undefined> {
  await admin.connect();
  try {
    const answer = await admin.fetchTopicMetadata({ topics: [topic] });
    const topics = (Array.isArray(answer) ? answer : answer.topics) as {
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

export async function sendAll(
  producer: KafkaJsProducer,
  topic: string,
  records: readonly KafkaRecord[],
  settings: { readonly acks?: number } = {},
): Promise<void> {
  const messages = records.map(({ key, value, headers }) => ({
    key,
    value,
    headers: { ...headers },
  }));
  await producer.send({ topic, messages, ...settings });
}

export function toCommits(topic: string, offsets: ReadonlyMap<number, bigint>): KafkaJsCommit[] {
  return [...offsets].map(([partition, offset]) => ({ topic, partition, offset: `${offset}` }));
}

/** Gives what comes in batches to a sink, record by record. */
export interface BatchReader {
  assigned(): void;
  batch(batch: KafkaJsBatch): Promise<void>;
}

/** @param beatMs How often the group is told that we live, while the sink has no room. */
export function readBatches(sink: KafkaSink, beatMs: number): BatchReader {
  /** Where each partition ended when it was read for the first time. */
  const ends = new Map<number, bigint>();
  return {
    assigned: () => {
      ends.clear();
      sink.assigned();
    },
    batch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
      const { partition, highWatermark, messages } = batch;
      const end = ends.get(partition) ?? BigInt(highWatermark);
      ends.set(partition, end);
      for (const message of messages) {
        await roomOf(sink, beatMs, heartbeat);
        // What is left is read again by whoever has the partition then.
        if (!isRunning() || isStale()) return;
        sink.record(incoming(message, partition, end));
        resolveOffset(message.offset);
      }
    },
  };
}

async function roomOf(
  sink: KafkaSink,
  beatMs: number,
  heartbeat: () => Promise<void>,
): Promise<void> {
  const room = sink.room().then(() => true);
  while (true) {
    let timer: NodeJS.Timeout | undefined;
    const beat = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), beatMs);
    });
    const isThere = await Promise.race([room, beat]);
    clearTimeout(timer);
    if (isThere) return;
    // It rejects when the partitions are about to go to others; the batch ends with it.
    await heartbeat();
  }
}

function incoming(message: KafkaJsMessage, partition: number, end: bigint): KafkaIncomingRecord {
  const { key = null, value, headers = {} } = message;
  const offset = BigInt(message.offset);
  return {
    partition,
    offset,
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers: new Map(
      Object.entries(headers).flatMap(([name, header]): [string, string][] => {
        const last = Array.isArray(header) ? header.at(-1) : header;
        return last === undefined ? [] : [[name, last.toString()]];
      }),
    ),
    mayHaveComeBefore: offset < end,
  };
}
