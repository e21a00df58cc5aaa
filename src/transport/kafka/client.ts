import { z } from 'zod';
import { flag, type OptionSchemas } from '../../options.ts';

/**
 * What the transport needs of a Kafka client, in a form that every maintained one can be brought
 * to. `fromPlatformatic` and `fromConfluent` do that; for another client write this.
 */
export interface KafkaClient {
  /** The name of the client, for errors: `platformatic`. */
  readonly name: string;
  /** How many partitions a topic has; `undefined` when it is not there. Creates nothing. */
  countPartitions(topic: string): Promise<number | undefined>;
  /**
   * A producer that waits for all replicas in sync (`acks=all`), and is idempotent where the client
   * can be. After a `send` that failed it is closed and never used again: the sequence numbers of
   * an idempotent producer cannot be trusted then, and a broker would drop new records as old ones.
   */
  createProducer(): KafkaProducer;
  /** A consumer of one topic, in a group, that commits only what it is told to. */
  createConsumer(options: KafkaConsumerOptions): KafkaConsumer;
}

/** What the makers of clients take besides the client itself. */
export interface KafkaClientOptions {
  /**
   * Whether producers are idempotent, so that brokers drop what a producer's own attempts sent
   * twice. Default true. `false` where a cluster does not allow it (before Kafka 2.8 it needed a
   * permission of its own); then more repetitions reach the topic.
   */
  readonly idempotent?: boolean | undefined;
}

export const clientSchema = z.strictObject({
  idempotent: flag().default(true),
} satisfies OptionSchemas<KafkaClientOptions>);

export interface KafkaProducer {
  connect(): Promise<void>;
  /**
   * Resolves when every record is confirmed; records with a key go to the partition that the
   * client always chooses for the key. Called for one batch after the other.
   */
  send(topic: string, records: readonly KafkaRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** A record that is sent. */
export interface KafkaRecord {
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaConsumerOptions {
  readonly topic: string;
  readonly groupId: string;
  /** A member of the group that is silent for so long has lost its partitions; milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Where a group begins that has committed nothing. */
  readonly from: 'beginning' | 'end';
}

export interface KafkaConsumer {
  /** Connects, and begins to give records to the sink; does not wait for the group. */
  start(sink: KafkaSink): Promise<void>;
  /** Tells the group which offsets are to be read next, by partition. Rejects when it was not told. */
  commit(offsets: ReadonlyMap<number, bigint>): Promise<void>;
  /** Leaves the group, and ends. */
  close(): Promise<void>;
}

/** Where a consumer brings what it reads. */
export interface KafkaSink {
  /**
   * Partitions were assigned anew, some of them perhaps the same: what was given before and not
   * committed comes again, here or elsewhere.
   */
  assigned(): void;
  /** Resolves when one more record may be given. */
  room(): Promise<void>;
  /** Takes one record; those of a partition come in the order of their offsets. */
  record(record: KafkaIncomingRecord): void;
  /** The consumer cannot go on. It is closed, and another one is made. */
  failed(error: unknown): void;
}

/** A record that was read. */
export interface KafkaIncomingRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, string>;
  /**
   * It was there before its partition was assigned, so another consumer may have been given it:
   * Kafka keeps no account of that.
   */
  readonly mayHaveComeBefore: boolean;
}
