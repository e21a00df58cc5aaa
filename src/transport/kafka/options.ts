import { randomInt } from 'node:crypto';
import { OrderchartError } from '../../errors.ts';
import type { KafkaClient } from './client.ts';

/** What {@link createKafkaTransport} takes. */
export interface KafkaTransportOptions {
  /** `fromKafkaJs(kafka)`, `fromConfluent(kafka)`, `fromPlatformatic(classes, options)`, or your own. */
  readonly client: KafkaClient;
  /** Must be there; it is not created. */
  readonly topic: string;
  /** The consumer group. May be left out by who only publishes. */
  readonly groupId?: string;
  /** Where a group begins that has committed nothing. Default `beginning`. */
  readonly from?: 'beginning' | 'end';
  /**
   * `all` (the default, and all there is): a message is published when every replica in sync has it.
   * With anything less a broker that fails takes confirmed messages with it, so it is refused.
   */
  readonly acks?: 'all';
  /**
   * Bytes of a body; larger messages are `refused`. Default 1,000,000: with key and headers just
   * below the limit of brokers (`max.message.bytes`, 1,048,588), which counts for a batch as well.
   */
  readonly maximumBodyBytes?: number;
  /** How long an attempt to connect may take, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long brokers may take to confirm a batch, in ms; then it is `failed`. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /**
   * A consumer that is silent for so long (killed, cut off) has lost its partitions to the others
   * of its group, in ms. Brokers accept 6,000 and more. Default 10,000.
   */
  readonly sessionTimeoutMs?: number;
  /** The wait before the first attempt to connect again, in ms; doubled after each further one. Default 100. */
  readonly reconnectDelayMs?: number;
  /** The longest such wait, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number;
  /** Jitter of the waits: from 0 up to 1. For tests. */
  readonly random?: () => number;
}

/** The options, checked and complete. */
export interface KafkaSettings {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly groupId: string | undefined;
  readonly from: 'beginning' | 'end';
  readonly acks: 'all';
  readonly maximumBodyBytes: number;
  readonly connectTimeoutMs: number;
  readonly publishTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly reconnectDelayMs: number;
  readonly maximumReconnectDelayMs: number;
  readonly random: () => number;
}

/** Throws `invalidArgument` for options that cannot work, `transportRefused` for unsafe ones. */
export function readOptions(options: KafkaTransportOptions): KafkaSettings {
  const settings: KafkaSettings = {
    client: options.client,
    topic: options.topic,
    groupId: options.groupId,
    from: options.from ?? 'beginning',
    acks: options.acks ?? 'all',
    maximumBodyBytes: options.maximumBodyBytes ?? 1_000_000,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
    sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
    reconnectDelayMs: options.reconnectDelayMs ?? 100,
    maximumReconnectDelayMs: options.maximumReconnectDelayMs ?? 10_000,
    random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
  };
  checkSafe(options);
  checkNames(settings);
  checkNumbers(settings);
  return settings;
}

function checkSafe({ acks }: KafkaTransportOptions): void {
  if (acks === undefined || acks === 'all') return;
  throw new OrderchartError(
    'transportRefused',
    "createKafkaTransport: `acks` must be 'all'. With less, a broker that fails takes messages " +
      'with it that were confirmed, and the order engine counts them as published.',
    { details: { option: 'acks' } },
  );
}

function checkNames({ client, topic, groupId, from }: KafkaSettings): void {
  const methods = ['countPartitions', 'createProducer', 'createConsumer'] as const;
  if (!methods.every((method) => typeof client?.[method] === 'function')) {
    throw invalid('client', 'must be made by fromKafkaJs, fromConfluent or fromPlatformatic');
  }
  // What Kafka allows in names of topics.
  if (typeof topic !== 'string' || !/^[\w.-]{1,249}$/.test(topic)) {
    throw invalid('topic', 'must be 1 to 249 letters, digits, dots, underscores and hyphens');
  }
  if (groupId !== undefined && (typeof groupId !== 'string' || groupId === '')) {
    throw invalid('groupId', 'must be a text that is not empty');
  }
  if (from !== 'beginning' && from !== 'end') {
    throw invalid('from', "must be 'beginning' or 'end'");
  }
}

function checkNumbers(settings: KafkaSettings): void {
  const longest = 2 ** 31 - 1;
  checkWhole('maximumBodyBytes', settings.maximumBodyBytes, 1, 100_000_000);
  checkWhole('connectTimeoutMs', settings.connectTimeoutMs, 1, longest);
  checkWhole('publishTimeoutMs', settings.publishTimeoutMs, 1, longest);
  checkWhole('sessionTimeoutMs', settings.sessionTimeoutMs, 1_000, 3_600_000);
  const { reconnectDelayMs, maximumReconnectDelayMs } = settings;
  checkWhole('reconnectDelayMs', reconnectDelayMs, 1, 3_600_000);
  checkWhole('maximumReconnectDelayMs', maximumReconnectDelayMs, reconnectDelayMs, 3_600_000);
}

function checkWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(option, `must be a whole number from ${least} to ${most}`);
}

function invalid(option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `createKafkaTransport: \`${option}\` ${text}.`, {
    details: { option },
  });
}
