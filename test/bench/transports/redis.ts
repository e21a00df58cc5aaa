import { Redis } from 'ioredis';
import { createRedisTransport } from '../../../src/transport/redis/index.ts';
import { service } from '../../services.ts';
import { type Contender, inGroups, newPlace } from './contender.ts';

export async function redisContender(): Promise<Contender> {
  const { url } = service('redis');
  const client = new Redis(url);
  const streams: string[] = [];
  return {
    transport: () => {
      const stream = newPlace();
      streams.push(stream);
      return createRedisTransport({ url, stream, group: 'bench', warn: () => {} });
    },
    publishBare: async (messages, inFlight) => {
      const stream = newPlace();
      streams.push(stream);
      await inGroups(messages, inFlight, async (group) => {
        const pipeline = client.pipeline();
        for (const { id, key, headers, body } of group) {
          const fields = ['id', id, 'key', key, ...Object.entries(headers).flat()];
          pipeline.xadd(stream, '*', ...fields, 'body', Buffer.from(body));
        }
        await pipeline.exec();
      });
    },
    [Symbol.asyncDispose]: async () => {
      for (const stream of streams) {
        for await (const keys of client.scanStream({ match: `${stream}*`, count: 10_000 })) {
          if (keys.length > 0) await client.unlink(...keys);
        }
      }
      await client.quit();
    },
  };
}
