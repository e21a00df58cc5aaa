import type { Transport } from '../transport.ts';
import { type RedisTransportOptions, readOptions } from './options.ts';
import { redisTransport } from './transport.ts';

export type { RedisHostClient, RedisTransportOptions, RedisWarning } from './options.ts';

/**
 * Creates a transport over a Redis stream: confirmed and deduplicated publishing, and a consumer
 * group. It connects when it is opened. Requires the package `ioredis`, and a server from version
 * 6.2, or a compatible one such as Valkey. See docs/reference/transports/redis.md.
 *
 * Throws `invalidArgument` for invalid options.
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
