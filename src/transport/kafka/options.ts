import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { OrderchartError } from '../../errors.ts';
import {
  callable,
  checkOptions,
  delaysInOrder,
  longestTimerMs,
  type OptionSchemas,
  oneOf,
  type Settings,
  text,
  whole,
  withMethods,
} from '../../options.ts';
import type { KafkaClient } from './client.ts';

/** Options of {@link createKafkaTransport}. */
export interface KafkaTransportOptions {
  /**
   * Your client, by `fromPlatformatic(classes, options)` or `fromConfluent(kafka)`, or a
   * `KafkaClient` of your own.
   */
  readonly client: KafkaClient;
  /** The topic, which must exist. */
  readonly topic: string;
  /** The consumer group. Required for `consume`. */
  readonly groupId?: string | undefined;
  /** Where a group without committed offsets starts. Default `beginning`. */
  readonly from?: 'beginning' | 'end' | undefined;
  /**
   * Only `all`, the default: a message is published when every replica in sync has it. Other values
   * are refused, because a failing broker would lose confirmed messages.
   */
  readonly acks?: 'all' | undefined;
  /**
   * The largest body, in bytes. Larger messages are `refused`. Default 1,000,000, which with key
   * and headers is just below the brokers' limit (`max.message.bytes`, 1,048,588). It applies to
   * batches too.
   */
  readonly maximumBodyBytes?: number | undefined;
  /** How long an attempt to connect may take, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long brokers may take to confirm a batch, in ms. After that it is `failed`. Default 10,000.
   */
  readonly publishTimeoutMs?: number | undefined;
  /**
   * A consumer that is silent for this long (killed, disconnected) loses its partitions to the
   * others of its group, in ms. Brokers accept 6,000 and more by default. Default 10,000.
   */
  readonly sessionTimeoutMs?: number | undefined;
  /**
   * The delay before the first attempt to reconnect, in ms. Doubled after each further one. Default
   * 100.
   */
  readonly reconnectDelayMs?: number | undefined;
  /** The longest such delay, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number | undefined;
  /** Returns the jitter of the delays, a number from 0 to 1 (exclusive). For tests. */
  readonly random?: (() => number) | undefined;
}

const schema = z
  .strictObject({
    client: withMethods<KafkaClient>(
      'be made by fromPlatformatic or fromConfluent',
      'countPartitions',
      'createProducer',
      'createConsumer',
    ),
    // The characters that Kafka allows in names of topics.
    topic: text(/^[\w.-]{1,249}$/, 'be 1 to 249 letters, digits, dots, underscores and hyphens'),
    groupId: text(/./s, 'be a text that is not empty').optional(),
    from: oneOf('beginning', 'end').default('beginning'),
    acks: z.custom<'all'>().default('all'),
    maximumBodyBytes: whole(1, 100_000_000).default(1_000_000),
    connectTimeoutMs: whole(1, longestTimerMs).default(10_000),
    publishTimeoutMs: whole(1, longestTimerMs).default(10_000),
    sessionTimeoutMs: whole(1_000, 3_600_000).default(10_000),
    reconnectDelayMs: whole(1, 3_600_000).default(100),
    maximumReconnectDelayMs: whole(1, 3_600_000).default(10_000),
    random: callable<() => number>().default(() => () => randomInt(2 ** 32) / 2 ** 32),
  } satisfies OptionSchemas<KafkaTransportOptions>)
  .refine(...delaysInOrder);

/** The options, checked and complete. */
export type KafkaSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for invalid options, `transportRefused` for unsafe ones. */
export function readOptions(options: KafkaTransportOptions): KafkaSettings {
  const settings = checkOptions('createKafkaTransport', schema, options);
  if (settings.acks === 'all') return settings;
  throw new OrderchartError(
    'transportRefused',
    "createKafkaTransport: `acks` must be 'all'. With less, a failing broker loses messages that " +
      'it confirmed and the engine counts as published.',
    { details: { option: 'acks' } },
  );
}
