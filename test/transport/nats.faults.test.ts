import { createTcpProxy, transportConformance } from 'orderchart/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { describeProgram, describeService } from '../services.ts';
import { natsPlace, natsServer, password, withUser } from './nats/server.ts';

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: true,
  redelivers: true,
  tellsFirstDelivery: true,
  delays: true,
  concurrentConsumers: true,
  maximumBodyBytes: 1_048_576 - 65_536,
};

await describeService('nats', ({ url }) => {
  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: async () => {
      const { hostname: host, port } = new URL(url);
      const proxy = await createTcpProxy({ host, port: Number(port || 4222) });
      const place = natsPlace(url);
      return {
        transport: place.transport({ url: `nats://${proxy.host}:${proxy.port}` }),
        again: () => place.transport(),
        breakConnection: async () => proxy.cut(),
        interrupt: async () => {
          const restore = proxy.interrupt();
          return async () => restore();
        },
        deadlineMs: 1_000,
        wrongAddress: async () => ({
          transport: place.transport({ url: `nats://127.0.0.1:${await freePort()}` }),
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

describeProgram('nats-server', (path) => {
  let server: Awaited<ReturnType<typeof natsServer>>;
  beforeAll(async () => {
    server = await natsServer(path, { lines: withUser });
    await server.start();
  });
  afterAll(() => server.remove());

  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: async () => {
      const proxy = await createTcpProxy({ port: server.port });
      const place = natsPlace(`nats://shop:${password}@127.0.0.1:${server.port}`);
      const url = `nats://127.0.0.1:${server.port}`;
      const secret = 'wrong-horse';
      return {
        transport: place.transport({ url: `nats://shop:${password}@${proxy.host}:${proxy.port}` }),
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
          transport: place.transport({ url, user: 'shop', password: secret }),
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
