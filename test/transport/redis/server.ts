import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  createRedisTransport,
  type RedisTransportOptions,
} from '../../../src/transport/redis/index.ts';
import type { Transport } from '../../../src/transport/transport.ts';
import { type PrivateServer, privateServer } from '../../private-server.ts';

export const password = 'correct-horse-battery-staple';

/** A redis-server of one's own, which keeps a log of writes unless told otherwise; not started. */
export function redisServer(
  path: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<PrivateServer> {
  const all = { appendonly: 'yes', appendfsync: 'always', save: '', ...settings };
  return privateServer({
    path,
    args: (port, folder) => [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
    ],
  });
}

/** A stream of one's own on a server, and what a test does with it by hand. */
export interface RedisPlace {
  readonly name: string;
  readonly options: RedisTransportOptions & { readonly url: string };
  /** Redis, without the transport. */
  readonly client: Redis;
  /** A transport on the place; not open. */
  transport(options?: Partial<RedisTransportOptions>): Transport;
  /** The ids of all messages in the stream, in its order. */
  stored(): Promise<readonly string[]>;
  /** Deletes the stream and whatever belongs to it. */
  remove(): Promise<void>;
}

export function redisPlace(url: string): RedisPlace {
  const name = `test:${randomUUID()}`;
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  const options = {
    url,
    stream: name,
    group: 'test',
    claimAfterMs: 1_000,
    maximumReconnectDelayMs: 100,
    warn: () => undefined,
  };
  return {
    name,
    options,
    client,
    transport: (more = {}) => createRedisTransport({ ...options, ...more }),
    stored: async () => {
      const entries = await client.xrange(name, '-', '+');
      return entries.map(([, fields]) => fields[fields.indexOf(':id') + 1] ?? '');
    },
    remove: async () => {
      const keys = await client.keys(`${name}*`);
      if (keys.length > 0) await client.unlink(...keys);
      client.disconnect();
    },
  };
}
