import { randomInt } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { ChannelModel } from 'amqplib';
import { z } from 'zod';
import {
  anyObject,
  at,
  callable,
  checkOptions,
  delaysInOrder,
  flag,
  invalidOption,
  longestTimerMs,
  type OptionSchemas,
  oneOf,
  oneOrSeveral,
  text,
  whole,
} from '../../options.ts';
import { type Address, readAddress } from './address.ts';

const factory = 'createRabbitmqTransport';

/** Options of {@link createRabbitmqTransport}. Pass either `url` or `connect`. */
export interface RabbitmqTransportOptions {
  /**
   * `amqp://user:password@host:port/vhost`, or `amqps://`. With several, the nodes of a cluster,
   * each attempt to connect uses the next one.
   */
  readonly url?: string | readonly string[] | undefined;
  /**
   * Makes a connection of amqplib, in place of `url`: `() => connect(url)`. The transport calls it
   * for publishing, for each consumption, and again whenever a connection is lost. It must make a
   * new connection each time, without `recovery`. The transport closes it.
   */
  readonly connect?: (() => Promise<ChannelModel>) | undefined;
  /**
   * Queue that keeps messages and is consumed. Optional for a transport that only publishes to
   * `exchange`.
   */
  readonly queue?: string | undefined;
  /**
   * A durable topic exchange to publish to, with the message type as routing key. `queue`, if set,
   * is bound to it. Without it, messages go to `queue` through the default exchange.
   */
  readonly exchange?: string | undefined;
  /** Routing keys that bind `queue` to `exchange`. Default `['#']`: all. */
  readonly bindingKeys?: readonly string[] | undefined;
  /** `quorum` (default) is replicated and survives the loss of a node. `classic` is on one node. */
  readonly queueType?: 'quorum' | 'classic' | undefined;
  /**
   * `true` (default) declares exchange, queues and bindings. `false` only checks that they exist,
   * for queues that are managed elsewhere, and users without the permission to configure.
   */
  readonly declare?: boolean | undefined;
  /**
   * Distributes keys over this many queues, `<queue>.0` and so on, so that several consumers share
   * the messages and the order per key still holds. Default 1: a single queue named `queue`.
   */
  readonly shards?: number | undefined;
  /** The shards that `consume` receives, from 0. Each process should have its own. Default: all. */
  readonly consumeShards?: readonly number[] | undefined;
  /**
   * `true` (default): one consumer of a queue is served and the others stand by, so that the order
   * per key holds. `false`: all are served, and the order does not hold (`features.ordered`).
   */
  readonly singleActiveConsumer?: boolean | undefined;
  /**
   * The largest body, in bytes, at most 16 MiB. Larger messages are `refused`. Default 1,048,576.
   */
  readonly maximumBodyBytes?: number | undefined;
  /** How long an attempt to connect may take, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long the broker may take to confirm a batch, in ms. After that it is `failed`. Default
   * 10,000.
   */
  readonly publishTimeoutMs?: number | undefined;
  /**
   * A connection that is silent for twice this time is closed, in ms. Whole seconds. Only with
   * `url`. Default 10,000.
   */
  readonly heartbeatMs?: number | undefined;
  /**
   * The delay before the first attempt to reconnect, in ms. Doubled after each further one. Default
   * 100.
   */
  readonly reconnectDelayMs?: number | undefined;
  /** The longest such delay, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number | undefined;
  /** Options of `tls.connect` for `amqps`, such as certificates. Only with `url`. */
  readonly tls?: ConnectionOptions | undefined;
  /** Returns the jitter of the delays, a number from 0 to 1 (exclusive). For tests. */
  readonly random?: (() => number) | undefined;
}

/**
 * The default limit of RabbitMQ 4 (`max_message_size`). The broker closes the channel for larger
 * bodies.
 */
const largestBodyBytes = 16 * 1024 * 1024;

const isName = (name: string): boolean => name !== '' && Buffer.byteLength(name) <= 240;
const bindingKeysText = 'must be a list of routing keys of 1 to 240 bytes';

const schema = z
  .strictObject({
    url: oneOrSeveral('a URL').optional(),
    connect: callable<() => Promise<ChannelModel>>().optional(),
    queue: text(isName, 'have 1 to 240 bytes').optional(),
    exchange: text(isName, 'have 1 to 240 bytes').optional(),
    bindingKeys: z
      .array(z.string(bindingKeysText).refine(isName, bindingKeysText), bindingKeysText)
      .readonly()
      .default(['#']),
    queueType: oneOf('quorum', 'classic').default('quorum'),
    declare: flag().default(true),
    shards: whole(1, 1_000).default(1),
    consumeShards: z
      .array(whole(0, 999), 'must be a list of shards')
      .min(1, 'must be a list of shards')
      .readonly()
      .optional(),
    singleActiveConsumer: flag().default(true),
    maximumBodyBytes: whole(1, largestBodyBytes).default(1_048_576),
    connectTimeoutMs: whole(1, longestTimerMs).default(10_000),
    publishTimeoutMs: whole(1, longestTimerMs).default(10_000),
    heartbeatMs: whole(1_000, 3_600_000)
      .refine((value) => value % 1_000 === 0, 'must be whole seconds')
      .optional(),
    reconnectDelayMs: whole(1, 3_600_000).default(100),
    maximumReconnectDelayMs: whole(1, 3_600_000).default(10_000),
    tls: anyObject<ConnectionOptions>().optional(),
    random: callable<() => number>().default(() => () => randomInt(2 ** 32) / 2 ** 32),
  } satisfies OptionSchemas<RabbitmqTransportOptions>)
  .refine(
    ({ url, connect }) => url !== undefined || connect !== undefined,
    at('url', 'is missing; pass it, or `connect`'),
  )
  .refine(
    ({ connect, url, tls, heartbeatMs }) =>
      connect === undefined || (url ?? tls ?? heartbeatMs) === undefined,
    at('connect', 'excludes `url`, `tls` and `heartbeatMs`, which belong to the connection'),
  )
  .refine(
    ({ queue, exchange }) => queue !== undefined || exchange !== undefined,
    at('queue', 'is missing; set it, or `exchange`, or both'),
  )
  .refine(
    ({ shards, queue, exchange }) =>
      shards === 1 || (queue !== undefined && exchange === undefined),
    at('shards', 'need a `queue` and no `exchange`, which routes by type, not by key'),
  )
  .refine(
    ({ shards, consumeShards = [] }) => consumeShards.every((shard) => shard < shards),
    at('consumeShards', 'must be a list of shards, whole numbers from 0 and below `shards`'),
  )
  .refine(...delaysInOrder);

/** The options, checked and complete. */
export type RabbitmqSettings = ReturnType<typeof readOptions>;

/** Throws `invalidArgument` for invalid options. */
export function readOptions(options: RabbitmqTransportOptions) {
  const {
    url,
    heartbeatMs = 10_000,
    consumeShards,
    ...settings
  } = checkOptions(factory, schema, options);
  const every = Array.from({ length: settings.shards }, (_, index) => index);
  return {
    ...settings,
    url: (url ?? []).map(readUrl),
    heartbeatMs,
    consumeShards: consumeShards ?? every,
  };
}

function readUrl(url: string): Address {
  const address = readAddress(url);
  if (address !== undefined) return address;
  // The message does not repeat the URL, which may contain a password.
  throw invalidOption(factory, 'url', 'must be like amqp://user:password@host:5672/');
}
