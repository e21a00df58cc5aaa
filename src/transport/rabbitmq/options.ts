import { randomInt } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { OrderchartError } from '../../errors.ts';
import { type Address, readAddress } from './address.ts';

/** What {@link createRabbitmqTransport} takes. */
export interface RabbitmqTransportOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or `amqps://`. Of several, each attempt to connect
   * takes the next: the nodes of a cluster.
   */
  readonly url: string | readonly string[];
  /** Where messages are kept and consumed from. May be left out by who only publishes to an `exchange`. */
  readonly queue?: string;
  /**
   * A durable topic exchange to publish to, with the type of the message as routing key; `queue`, if
   * given, is bound to it. Left out: messages go to `queue` by the default exchange.
   */
  readonly exchange?: string;
  /** Routing keys by which `queue` is bound to `exchange`. Default `['#']`: all. */
  readonly bindingKeys?: readonly string[];
  /** `quorum` (the default) is replicated and survives the loss of a node; `classic` is on one node. */
  readonly queueType?: 'quorum' | 'classic';
  /**
   * `true` (the default) declares exchange, queues and bindings. `false` only checks that they are
   * there: for queues that somebody else manages, and users that may not configure.
   */
  readonly declare?: boolean;
  /**
   * Spreads keys over this many queues, `<queue>.0` and on, so that several consumers can share
   * the work and order per key still holds. Default 1: one queue by the name of `queue`.
   */
  readonly shards?: number;
  /** Which shards `consume` takes, from 0. Default: all. Give each process its own. */
  readonly consumeShards?: readonly number[];
  /**
   * `true` (the default): of several consumers of a queue one is served, the others stand by, so
   * order per key holds. `false`: all are served, and order does not hold (`features.ordered`).
   */
  readonly singleActiveConsumer?: boolean;
  /** Bytes of a body; larger messages are `refused`. At most 16 MiB, which brokers accept. Default 1 MiB. */
  readonly maximumBodyBytes?: number;
  /** How long an attempt to connect may take, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long the broker may take to confirm a batch, in ms; then it is `failed`. Default 10,000. */
  readonly publishTimeoutMs?: number;
  /** A connection on which nothing came for twice this long is given up, in ms. Whole seconds. Default 10,000. */
  readonly heartbeatMs?: number;
  /** The wait before the first attempt to connect again, in ms; doubled after each further one. Default 100. */
  readonly reconnectDelayMs?: number;
  /** The longest such wait, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number;
  /** For `amqps`: certificates and what else `tls.connect` takes. */
  readonly tls?: ConnectionOptions;
  /** Jitter of the waits: from 0 up to 1. For tests. */
  readonly random?: () => number;
}

/** The options, checked and complete. */
export interface RabbitmqSettings {
  readonly url: readonly Address[];
  readonly queue: string | undefined;
  readonly exchange: string | undefined;
  readonly bindingKeys: readonly string[];
  readonly queueType: 'quorum' | 'classic';
  readonly declare: boolean;
  readonly shards: number;
  readonly consumeShards: readonly number[];
  readonly singleActiveConsumer: boolean;
  readonly maximumBodyBytes: number;
  readonly connectTimeoutMs: number;
  readonly publishTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly reconnectDelayMs: number;
  readonly maximumReconnectDelayMs: number;
  readonly tls: ConnectionOptions | undefined;
  readonly random: () => number;
}

/** The limit of RabbitMQ 4 (`max_message_size`); beyond it the broker closes the channel. */
const largestBodyBytes = 16 * 1024 * 1024;

/** Throws `invalidArgument` for options that cannot work. */
export function readOptions(options: RabbitmqTransportOptions): RabbitmqSettings {
  const { shards = 1 } = options;
  const settings: RabbitmqSettings = {
    url: readUrls(options.url),
    queue: options.queue,
    exchange: options.exchange,
    bindingKeys: options.bindingKeys ?? ['#'],
    queueType: options.queueType ?? 'quorum',
    declare: options.declare ?? true,
    shards,
    consumeShards: options.consumeShards ?? Array.from({ length: shards }, (_, index) => index),
    singleActiveConsumer: options.singleActiveConsumer ?? true,
    maximumBodyBytes: options.maximumBodyBytes ?? 1_048_576,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
    heartbeatMs: options.heartbeatMs ?? 10_000,
    reconnectDelayMs: options.reconnectDelayMs ?? 100,
    maximumReconnectDelayMs: options.maximumReconnectDelayMs ?? 10_000,
    tls: options.tls,
    random: options.random ?? (() => randomInt(2 ** 32) / 2 ** 32),
  };
  checkNames(settings);
  checkShards(settings);
  checkNumbers(settings);
  return settings;
}

function readUrls(url: string | readonly string[]): readonly Address[] {
  const urls = typeof url === 'string' ? [url] : url;
  if (!Array.isArray(urls) || urls.length === 0) throw invalid('url', 'must be a URL, or several');
  return urls.map((one) => {
    const address = readAddress(one);
    // The URL itself is not repeated: it may hold a password.
    if (address === undefined) throw invalid('url', 'must be like amqp://user:password@host:5672/');
    return address;
  });
}

function checkNames({ queue, exchange, bindingKeys, queueType }: RabbitmqSettings): void {
  if (queue === undefined && exchange === undefined) {
    throw invalid('queue', 'is missing; give it, or an exchange, or both');
  }
  for (const [option, name] of Object.entries({ queue, exchange })) {
    if (name !== undefined && !isName(name)) throw invalid(option, 'must have 1 to 240 bytes');
  }
  if (!Array.isArray(bindingKeys) || !bindingKeys.every(isName)) {
    throw invalid('bindingKeys', 'must be a list of routing keys of 1 to 240 bytes');
  }
  if (queueType !== 'quorum' && queueType !== 'classic') {
    throw invalid('queueType', "must be 'quorum' or 'classic'");
  }
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= 240;
}

function checkShards({ shards, consumeShards, queue, exchange }: RabbitmqSettings): void {
  checkWhole('shards', shards, 1, 1_000);
  if (shards > 1 && (queue === undefined || exchange !== undefined)) {
    throw invalid('shards', 'need a `queue` and no `exchange`, which routes by type, not by key');
  }
  if (!Array.isArray(consumeShards) || consumeShards.length === 0) {
    throw invalid('consumeShards', 'must be a list of shards');
  }
  for (const shard of consumeShards) checkWhole('consumeShards', shard, 0, shards - 1);
}

function checkNumbers(settings: RabbitmqSettings): void {
  checkWhole('maximumBodyBytes', settings.maximumBodyBytes, 1, largestBodyBytes);
  for (const option of ['connectTimeoutMs', 'publishTimeoutMs'] as const) {
    checkWhole(option, settings[option], 1, 2 ** 31 - 1);
  }
  checkWhole('reconnectDelayMs', settings.reconnectDelayMs, 1, 3_600_000);
  const { reconnectDelayMs, heartbeatMs } = settings;
  checkWhole(
    'maximumReconnectDelayMs',
    settings.maximumReconnectDelayMs,
    reconnectDelayMs,
    3_600_000,
  );
  checkWhole('heartbeatMs', heartbeatMs, 1_000, 3_600_000);
  if (heartbeatMs % 1_000 !== 0) throw invalid('heartbeatMs', 'must be whole seconds');
}

function checkWhole(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(option, `must be a whole number from ${least} to ${most}`);
}

function invalid(option: string, text: string): OrderchartError {
  return new OrderchartError('invalidArgument', `createRabbitmqTransport: \`${option}\` ${text}.`, {
    details: { option },
  });
}
