import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createNatsTransport } from 'orderchart/nats';
import { createTcpProxy, transportConformance } from 'orderchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { messageOf } from '../../../src/testing/transport-conformance/given.ts';
import { describeService } from '../../services.ts';
import { collect } from '../collector.ts';
import { natsPlace } from './server.ts';

// Transports on a connection of the host.

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function connected(servers: string, options: object = {}): Promise<NatsConnection> {
  const connection = await connect({ servers, maxReconnectAttempts: -1, ...options });
  opened.push(() => connection.close());
  return connection;
}

await describeService('nats', ({ url }) => {
  const { hostname: host, port } = new URL(url);
  const server = { host, port: Number(port || 4222) };
  const direct = `${host}:${server.port}`;

  describe('a connection of the host conforms', () => {
    transportConformance({
      runner: { describe, it },
      patienceMs: 300_000,
      createTransport: async () => {
        const proxy = await createTcpProxy(server);
        const place = natsPlace(url);
        const through = await connected(`${proxy.host}:${proxy.port}`, { reconnectTimeWait: 20 });
        const other = await connected(direct);
        return {
          transport: place.transport({ url: undefined, connection: through }),
          again: () => place.transport({ url: undefined, connection: other }),
          breakConnection: async () => proxy.cut(),
          interrupt: async () => {
            const restore = proxy.interrupt();
            return async () => restore();
          },
          dispose: async () => {
            await place.remove();
            await Promise.all([through.close(), other.close()]);
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
        maximumBodyBytes: 1_048_576 - 65_536,
      },
    });
  });

  it('leaves the connection of the host open, and nothing of its own on it', async () => {
    const place = natsPlace(url);
    opened.push(() => place.remove());
    const connection = await connected(direct);
    for (const id of [1, 2]) {
      const transport = place.transport({ url: undefined, connection });
      await transport.open();
      const collector = await collect(transport);
      expect(await transport.publish([messageOf(id)])).toEqual([{ status: 'published' }]);
      await collector.untilIds([messageOf(id).id]);
      await transport.close();
    }
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
  });

  it('fails for good when the host closes its connection, and says what to do', async () => {
    const place = natsPlace(url);
    opened.push(() => place.remove());
    const connection = await connected(direct);
    const transport = place.transport({ url: undefined, connection });
    opened.push(() => transport.close());
    await transport.open();
    await connection.close();
    const [result] = await transport.publish([messageOf(1)]);
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        code: 'transportUnavailable',
        message:
          'NATS: the `connection` of the host is closed. Create another transport with a new one.',
      },
    });
  });

  it('does not open on a connection that is down, and opens when it is back', async () => {
    const proxy = await createTcpProxy(server);
    opened.push(() => proxy.close());
    const place = natsPlace(url);
    opened.push(() => place.remove());
    const connection = await connected(`${proxy.host}:${proxy.port}`, { reconnectTimeWait: 20 });
    const restore = proxy.interrupt();
    const transport = place.transport({ url: undefined, connection, timeoutMs: 200 });
    opened.push(() => transport.close());
    await expect(transport.open()).rejects.toMatchObject({ code: 'transportUnavailable' });
    restore();
    await expect.poll(() => transport.open().then(() => true)).toBe(true);
  });

  it('takes either an address or a connection', async () => {
    const connection = await connected(direct);
    const options = { stream: 'orders', subject: 'orders' };
    expect(() => createNatsTransport(options)).toThrow(
      'createNatsTransport: `url` is missing; pass it, or a `connection`.',
    );
    expect(() => createNatsTransport({ ...options, url, connection })).toThrow(
      'createNatsTransport: `connection` excludes `url`,',
    );
    expect(() => createNatsTransport({ ...options, connection: {} as never })).toThrow(
      'createNatsTransport: `connection` must be a connection of `@nats-io/transport-node`.',
    );
  });
});
