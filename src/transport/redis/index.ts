import type { Transport } from '../transport.ts';
import { type RedisTransportOptions, readOptions } from './options.ts';
import { redisTransport } from './transport.ts';

export type { RedisHostClient, RedisTransportOptions, RedisWarning } from './options.ts';

/**
 * Makes a transport over a Redis stream: confirmed and deduplicated publishing, and messages in by
 * a consumer group. It connects when it is opened. Needs the package `ioredis`, and a server from
 * 6.2 on (or one that speaks as it does, such as Valkey). See docs/reference/transports/redis.md.
 *
 * Throws `invalidArgument` for options that cannot work.
 *
 * @example
 * const transport = createRedisTransport({
 *   url: 'redis://127.0.0.1:6379',
 *   stream: 'shop:orders',
 *   group: 'billing',
 * });
 */
export function createRedisTransport(options: RedisTransportOptions): Transport {
  return redisTransport(readOptions(options));
}
