import { randomInt } from 'node:crypto';
import type { Redis, RedisOptions } from 'ioredis';
import { z } from 'zod';
import {
  anyObject,
  anyText,
  at,
  callable,
  checkOptions,
  type OptionSchemas,
  oneOf,
  type Settings,
  text,
  whole,
} from '../../options.ts';

/** A setting of the server that weakens a guarantee. */
export interface RedisWarning {
  /** A stable name, for programs and alerts. */
  readonly name: 'redisEviction' | 'redisNotPersistent' | 'redisSettingsUnknown';
  /** What the setting means, and how to change it. */
  readonly message: string;
}

/** An instance of ioredis, as far as the transport uses it. */
export type RedisHostClient = Pick<Redis, 'duplicate' | 'options'>;

/** Options of {@link createRedisTransport}. Pass either `url` or `client`. */
export interface RedisTransportOptions {
  /** `redis://host:6379/0`, or `rediss://` for TLS. It may contain a user and password. */
  readonly url?: string | undefined;
  /**
   * An instance of ioredis of the host, in place of `url`. The transport makes its own connections
   * from it with `duplicate()` and closes those; it sends nothing on the instance and never closes
   * it. `keyPrefix` is not applied.
   */
  readonly client?: RedisHostClient | undefined;
  /** User name, unless `url` contains it. */
  readonly username?: string | undefined;
  /** Password, unless `url` contains it. */
  readonly password?: string | undefined;
  /**
   * More settings of the client (ioredis), such as `tls` and `sentinels`; these options take
   * precedence.
   */
  readonly clientOptions?: RedisOptions | undefined;
  /** The key of the stream. All other keys begin with it. */
  readonly stream: string;
  /** Trims the stream to about this number of messages, read or not. Default: no trimming. */
  readonly maximumLength?: number | undefined;
  /** Trims messages older than this, read or not, in ms. Default: no trimming. */
  readonly maximumAgeMs?: number | undefined;
  /** How long message ids are remembered, in ms. 0 disables deduplication. Default 600,000. */
  readonly deduplicationWindowMs?: number | undefined;
  /** The largest body, in bytes. Larger messages are refused. Default 1,048,576. */
  readonly maximumBodyBytes?: number | undefined;
  /**
   * Name of the consumer group. Processes with the same name share the messages. Required for
   * `consume`.
   */
  readonly group?: string | undefined;
  /**
   * Name of this process in the group, which must be unique. Default: a random name. A second
   * consumption of the same transport is named `<name>.2`.
   */
  readonly consumer?: string | undefined;
  /**
   * Where a created group starts: at the oldest message (`start`) or at new ones (`now`). Default
   * `start`.
   */
  readonly deliverFrom?: 'start' | 'now' | undefined;
  /** After how long the messages of a dead process go to another one, in ms. Default 15,000. */
  readonly claimAfterMs?: number | undefined;
  /** How long a connection or an answer may take, in ms. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** The longest delay between attempts to reconnect, in ms. Default 10,000. */
  readonly maximumReconnectDelayMs?: number | undefined;
  /** Returns a number from 0 to 1 (exclusive), which spreads attempts to reconnect. For tests. */
  readonly random?: (() => number) | undefined;
  /**
   * Called when opening, for each setting of the server that weakens a guarantee. Without it,
   * `open` rejects.
   */
  readonly warn?: ((warning: RedisWarning) => void) | undefined;
}

const most = Number.MAX_SAFE_INTEGER;

const name = () =>
  text(/^[\x21-\x7e]{1,128}$/, 'be 1 to 128 printable ASCII characters without white space');

const schema = z
  .strictObject({
    url: text(isAddress, 'have the form `redis://host:6379` or `rediss://host:6379`').optional(),
    client: z
      .custom<RedisHostClient>(
        isClient,
        'must be an instance of `Redis` of ioredis, and not a cluster',
      )
      .optional(),
    username: anyText().optional(),
    password: anyText().optional(),
    clientOptions: anyObject<RedisOptions>().optional(),
    stream: name(),
    maximumLength: whole(1, most).optional(),
    maximumAgeMs: whole(1, most).optional(),
    deduplicationWindowMs: whole(0, most).default(600_000),
    maximumBodyBytes: whole(1, 2 ** 29).default(1_048_576),
    group: name().optional(),
    consumer: name().default(randomName),
    deliverFrom: oneOf('start', 'now').default('start'),
    claimAfterMs: whole(100, 3_600_000).default(15_000),
    timeoutMs: whole(1, 3_600_000).default(5_000),
    maximumReconnectDelayMs: whole(1, 3_600_000).default(10_000),
    random: callable<() => number>().default(() => () => randomInt(2 ** 32) / 2 ** 32),
    warn: callable<(warning: RedisWarning) => void>().optional(),
  } satisfies OptionSchemas<RedisTransportOptions>)
  .refine(
    ({ url, client }) => url !== undefined || client !== undefined,
    at('url', 'is missing; pass it, or a `client`'),
  )
  .refine(
    ({ client, url, username, password, clientOptions }) =>
      client === undefined || (url ?? username ?? password ?? clientOptions) === undefined,
    at('client', 'excludes `url`, `username`, `password` and `clientOptions`'),
  );

/** The options, checked and complete. */
export type RedisSettings = Settings<typeof schema>;

/** Throws `invalidArgument` for invalid options. The message contains no credentials. */
export function readOptions(options: RedisTransportOptions): RedisSettings {
  return checkOptions('createRedisTransport', schema, options);
}

/** Does not use the option `random`: processes with the same seed must not have the same name. */
function randomName(): string {
  const parts = [randomInt(2 ** 32), randomInt(2 ** 32)].map((part) => part.toString(16));
  return `orderchart-${parts.map((part) => part.padStart(8, '0')).join('')}`;
}

/**
 * A cluster has no single connection that could be duplicated, and a stream is on one node of it.
 */
function isClient(value: unknown): boolean {
  const { duplicate, options, isCluster } = Object(value) as Record<string, unknown>;
  return typeof duplicate === 'function' && Object(options) === options && isCluster !== true;
}

function isAddress(url: string): boolean {
  // The error of `new URL` contains the whole text, including a password.
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return /^rediss?:$/.test(protocol) && hostname !== '';
}
