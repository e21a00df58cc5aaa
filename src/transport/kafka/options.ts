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

/** What {@link createKafkaTransport} takes. */
export interface KafkaTransportOptions {
  /** Your client, by `fromPlatformatic(classes, options)` or `fromConfluent(kafka)`, or a `KafkaClient` of your own. */
  readonly client: KafkaClient;
  /** Must be there; it is not created. */
  readonly topic: string;
  /** The consumer group. May be left out by who only publishes. */
  readonly groupId?: string | undefined;
  /** Where a group begins that has committed nothing. Default `beginning`. */
  readonly from?: 'beginning' | 'end' | undefined;
  /**
   * `all` (the default, and all there is): a message is published when every replica in sync has it.
   * With anything less a broker that fails takes confirmed messages with it, so it is refused.
   */
  readonly acks?: 'all' | undefined;
  /**
   * Bytes of a body; larger messages are `refused`. Default 1,000,000: with key and headers just
   * below the limit of brokers (`max.message.bytes`, 1,048,588), which counts for a batch as well.
   */
  readonly maximumBodyBytes?: number | undefined;
  /** How long an attempt to connect may take, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long brokers may take to confirm a batch, in ms; then it is `failed`. Default 10,000. */
  readonly publishTimeoutMs?: number | undefined;
  /**
   * A consumer that is silent for so long (killed, cut off) has lost its partitions to the others
   * of its group, in ms. Brokers accept 6,000 and more. Default 10,000.
   */
  readonly sessionTimeoutMs?: number | undefined;
  /** The wait before the first attempt to connect again, in ms; doubled after each further one. Default 100. */
  readonly reconnectDelayMs?: number | undefined;
  /** The longest such wait, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number | undefined;
  /** Jitter of the waits: from 0 up to 1. For tests. */
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
    // What Kafka allows in names of topics.
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

/** Throws `invalidArgument` for options that cannot work, `transportRefused` for unsafe ones. */
export function readOptions(options: KafkaTransportOptions): KafkaSettings {
  const settings = checkOptions('createKafkaTransport', schema, options);
  if (settings.acks === 'all') return settings;
  throw new OrderchartError(
    'transportRefused',
    "createKafkaTransport: `acks` must be 'all'. With less, a broker that fails takes messages " +
      'with it that were confirmed, and the order engine counts them as published.',
    { details: { option: 'acks' } },
  );
}
