import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { createRedisTransport } from 'orderchart/redis';
import { createTcpProxy, transportConformance } from 'orderchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/testing/transport-conformance/given.ts';
import { describeService } from '../../services.ts';
import { collect } from '../collector.ts';
import { redisPlace } from './server.ts';

// Transports that make their connections from a client of the host.

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** With settings that would break the transport if they were kept. */
const hostile = {
  keyPrefix: 'host:',
  stringNumbers: true,
  enableAutoPipelining: true,
  maxRetriesPerRequest: null,
  reconnectOnError: () => 2,
  retryStrategy: () => null,
} as const satisfies RedisOptions;

function clientOf(
  address: { host: string; port: number },
  options: Partial<typeof hostile> = {},
): Redis {
  const client = new Redis(address.port, address.host, { lazyConnect: true, ...options });
  client.on('error', () => undefined);
  opened.push(() => client.disconnect());
  return client;
}

await describeService('redis', ({ url }) => {
  const { hostname: host, port } = new URL(url);
  const server = { host, port: Number(port || 6379) };

  describe('a client of the host conforms', () => {
    transportConformance({
      runner: { describe, it },
      patienceMs: 300_000,
      createTransport: async () => {
        const proxy = await createTcpProxy(server);
        const place = redisPlace(url);
        const through = clientOf({ host: proxy.host, port: proxy.port }, hostile);
        const direct = clientOf(server, hostile);
        return {
          transport: place.transport({ url: undefined, client: through }),
          again: () => place.transport({ url: undefined, client: direct }),
          breakConnection: async () => proxy.cut(),
          interrupt: async () => {
            const restore = proxy.interrupt();
            return async () => restore();
          },
          dispose: async () => {
            await place.remove();
            await proxy.close();
          },
        };
      },
      provides: ['again', 'breakConnection', 'interrupt'],
      features: {
        consumes: true,
        durable: true,
        ordered: true,
        deduplicates: true,
        redelivers: true,
        tellsFirstDelivery: true,
        delays: true,
        concurrentConsumers: true,
        maximumBodyBytes: 1_048_576,
      },
    });
  });

  it('uses connections of its own: the client of the host need not be connected', async () => {
    const place = redisPlace(url);
    opened.push(() => place.remove());
    const client = clientOf(server);
    const transport = place.transport({ url: undefined, client });
    await transport.open();
    const collector = await collect(transport);
    expect(await transport.publish([messageOf(1)])).toEqual([{ status: 'published' }]);
    await collector.untilIds([messageOf(1).id]);
    await transport.close();
    expect(client.status).toBe('wait');
    // It is the host's, as before.
    expect(await client.exists(place.name)).toBe(1);
  });

  it('takes either an address or a client, and no cluster', () => {
    const stream = 'orders';
    expect(() => createRedisTransport({ stream })).toThrow(
      'createRedisTransport: `url` is missing; pass it, or a `client`.',
    );
    expect(() => createRedisTransport({ stream, url, client: clientOf(server) })).toThrow(
      'createRedisTransport: `client` excludes `url`,',
    );
    const cluster = new Cluster([server], { lazyConnect: true });
    opened.push(() => cluster.disconnect());
    expect(() => createRedisTransport({ stream, client: cluster as never })).toThrow(
      'createRedisTransport: `client` must be an instance of `Redis` of ioredis, and not a cluster.',
    );
  });
});
