import { createTcpProxy, transportConformance } from 'orderchart/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { describeProgram, describeService } from '../services.ts';
import { password, redisPlace, redisServer } from './redis/server.ts';

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: true,
  redelivers: true,
  tellsFirstDelivery: true,
  delays: true,
  concurrentConsumers: true,
  maximumBodyBytes: 1_048_576,
};

await describeService('redis', ({ url }) => {
  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: async () => {
      const { hostname: host, port } = new URL(url);
      const proxy = await createTcpProxy({ host, port: Number(port || 6379) });
      const place = redisPlace(url);
      return {
        transport: place.transport({ url: `redis://${proxy.host}:${proxy.port}` }),
        again: () => place.transport(),
        breakConnection: async () => proxy.cut(),
        interrupt: async () => {
          const restore = proxy.interrupt();
          return async () => restore();
        },
        deadlineMs: 1_000,
        wrongAddress: async () => ({
          transport: place.transport({ url: `redis://127.0.0.1:${await freePort()}` }),
        }),
        dispose: async () => {
          await place.remove();
          await proxy.close();
        },
      };
    },
    provides: ['again', 'breakConnection', 'interrupt', 'deadlineMs', 'wrongAddress'],
    features,
  });
});

describeProgram('redis-server', (path) => {
  let server: Awaited<ReturnType<typeof redisServer>>;
  beforeAll(async () => {
    server = await redisServer(path, { requirepass: password });
    await server.start();
  });
  afterAll(() => server.remove());

  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: async () => {
      const proxy = await createTcpProxy({ port: server.port });
      const place = redisPlace(`redis://:${password}@127.0.0.1:${server.port}`);
      const url = `redis://127.0.0.1:${server.port}`;
      const secret = 'wrong-horse';
      return {
        transport: place.transport({ url: `redis://:${password}@${proxy.host}:${proxy.port}` }),
        again: () => place.transport(),
        interrupt: async () => {
          const restore = proxy.interrupt();
          return async () => restore();
        },
        secrets: [password],
        restartBroker: async () => {
          await server.stop();
          await server.start();
        },
        wrongCredentials: () => ({
          transport: place.transport({ url, password: secret }),
          secrets: [secret],
        }),
        dispose: async () => {
          await place.remove();
          await proxy.close();
        },
      };
    },
    provides: ['again', 'interrupt', 'secrets', 'restartBroker', 'wrongCredentials'],
    features,
  });
});
