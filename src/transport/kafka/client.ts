import { z } from 'zod';
import { flag, type OptionSchemas } from '../../options.ts';

/**
 * The functions that the transport needs from a Kafka client. `fromPlatformatic` and
 * `fromConfluent` return one. For other clients, implement this interface.
 */
export interface KafkaClient {
  /** The name of the client, for errors: `platformatic`. */
  readonly name: string;
  /**
   * Returns the number of partitions of a topic, or `undefined` if it does not exist. Creates
   * nothing.
   */
  countPartitions(topic: string): Promise<number | undefined>;
  /**
   * Creates a producer that waits for all replicas in sync (`acks=all`), and is idempotent if the
   * client supports it. After a failed `send` it is closed and never used again, because the
   * sequence numbers of an idempotent producer are then unreliable, and a broker could drop new
   * records as duplicates.
   */
  createProducer(): KafkaProducer;
  /** Creates a consumer of one topic in a group. It commits only the offsets passed to `commit`. */
  createConsumer(options: KafkaConsumerOptions): KafkaConsumer;
}

/** Options of `fromPlatformatic` and `fromConfluent`. */
export interface KafkaClientOptions {
  /**
   * Makes producers idempotent, so that brokers drop records that a producer's own retries sent
   * twice. Set it to `false` if the cluster does not allow it (before Kafka 2.8 it needed a
   * separate permission). Then more duplicates reach the topic. Default true.
   */
  readonly idempotent?: boolean | undefined;
}

export const clientSchema = z.strictObject({
  idempotent: flag().default(true),
} satisfies OptionSchemas<KafkaClientOptions>);

/** A producer of a {@link KafkaClient}. */
export interface KafkaProducer {
  /** Connects to the brokers. */
  connect(): Promise<void>;
  /**
   * Resolves when every record is confirmed. The client must choose the same partition for the same
   * key. Called for one batch after the other.
   */
  send(topic: string, records: readonly KafkaRecord[]): Promise<void>;
  /** Disconnects. */
  close(): Promise<void>;
}

/** A record to send. */
export interface KafkaRecord {
  /** Determines the partition. */
  readonly key: Buffer | null;
  /** The body of the message. */
  readonly value: Buffer;
  /** Headers, as text. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Options of {@link KafkaClient.createConsumer}. */
export interface KafkaConsumerOptions {
  /** The topic to consume. */
  readonly topic: string;
  /** The consumer group. */
  readonly groupId: string;
  /** A member of the group that is silent for this long loses its partitions, in milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Where a group without committed offsets starts. */
  readonly from: 'beginning' | 'end';
}

/** A consumer of a {@link KafkaClient}. */
export interface KafkaConsumer {
  /** Connects, and starts to pass records to the sink. Does not wait for the group. */
  start(sink: KafkaSink): Promise<void>;
  /** Commits the offset to read next for each partition. Rejects if the commit failed. */
  commit(offsets: ReadonlyMap<number, bigint>): Promise<void>;
  /** Leaves the group and disconnects. */
  close(): Promise<void>;
}

/** Receives the records that a consumer reads. */
export interface KafkaSink {
  /**
   * Called when partitions were assigned, possibly the same again. Records passed before and not
   * committed will be delivered again, here or elsewhere.
   */
  assigned(): void;
  /** Resolves when one more record may be passed. */
  room(): Promise<void>;
  /** Takes one record. The records of a partition must come in the order of their offsets. */
  record(record: KafkaIncomingRecord): void;
  /** Called when the consumer cannot continue. It is closed and replaced. */
  failed(error: unknown): void;
}

/** A record that was read. */
export interface KafkaIncomingRecord {
  /** The partition of the record. */
  readonly partition: number;
  /** The position in the partition. */
  readonly offset: bigint;
  /** The key, if it has one. */
  readonly key: Buffer | null;
  /** The content, or `null` for a tombstone. */
  readonly value: Buffer | null;
  /** Headers, as text. */
  readonly headers: ReadonlyMap<string, string>;
  /**
   * The record existed before its partition was assigned, so another consumer may have received it.
   * Kafka does not record deliveries.
   */
  readonly mayHaveComeBefore: boolean;
}
