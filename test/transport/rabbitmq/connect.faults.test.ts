import { type ChannelModel, connect } from 'amqplib';
import { createRabbitmqTransport } from 'orderchart/rabbitmq';
import { createTcpProxy, transportConformance } from 'orderchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeService } from '../../services.ts';
import { collect, persist, testMessage } from '../collector.ts';
import { holdableWay } from '../holdable-way.ts';
import { deleteQueues, quick, throughPort, uniqueName } from './place.ts';

// Transports on connections that a function of the host makes.

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

await describeService('rabbitmq', ({ url }) => {
  const { hostname: host, port } = new URL(url);
  const server = { host, port: Number(port || 5672) };
  const connectTo = (address: string) => () => connect(address);

  describe('connections of the host conform', () => {
    transportConformance({
      runner: { describe, it },
      patienceMs: 300_000,
      createTransport: async () => {
        const proxy = await createTcpProxy(server);
        const queue = uniqueName('connect');
        const create = (address: string) =>
          createRabbitmqTransport({ connect: connectTo(address), queue, ...quick });
        return {
          transport: create(throughPort(url, proxy.port)),
          again: () => create(url),
          breakConnection: async () => proxy.cut(),
          interrupt: async () => {
            const restore = proxy.interrupt();
            return async () => restore();
          },
          wrongAddress: () => ({ transport: create(throughPort(url, 1)) }),
          dispose: async () => {
            await proxy.close();
            await deleteQueues(url, queue);
          },
        };
      },
      provides: ['again', 'breakConnection', 'interrupt', 'wrongAddress'],
      features: {
        consumes: true,
        durable: true,
        ordered: true,
        deduplicates: false,
        redelivers: true,
        tellsFirstDelivery: false,
        delays: true,
        concurrentConsumers: true,
        maximumBodyBytes: 1_048_576,
      },
    });
  });

  it('makes a connection for publishing and one for each consumption, and closes them', async () => {
    const queue = uniqueName('connect');
    opened.push(() => deleteQueues(url, queue));
    const made: ChannelModel[] = [];
    let closed = 0;
    const transport = createRabbitmqTransport({
      queue,
      connect: async () => {
        const model = await connect(url);
        made.push(model.on('close', () => (closed += 1)));
        return model;
      },
    });
    await transport.open();
    const collector = await collect(transport);
    await persist(transport, testMessage('1'));
    await collector.untilIds(['1']);
    expect(made).toHaveLength(2);
    await transport.close();
    expect(closed).toBe(2);
  });

  it('gives up a connection that comes too late, and closes it', async () => {
    const late = Promise.withResolvers<ChannelModel>();
    let isClosed = false;
    const transport = createRabbitmqTransport({
      queue: 'never-made',
      connectTimeoutMs: 20,
      connect: () => late.promise,
    });
    await expect(transport.open()).rejects.toMatchObject({
      code: 'transportUnavailable',
      message:
        'RabbitMQ at the broker of `connect` failed while connecting: no answer within 20 ms. Check that it runs.',
    });
    await transport.close();
    const model = await connect(url);
    model.on('close', () => {
      isClosed = true;
    });
    late.resolve(model);
    await eventually('the late connection is closed', () => isClosed);
  });

  it('destroys a connection that hangs, and connects anew', async () => {
    const way = await holdableWay(new URL(url));
    opened.push(() => way.close());
    const queue = uniqueName('connect');
    opened.push(() => deleteQueues(url, queue));
    const addresses = [throughPort(url, way.port)];
    const transport = createRabbitmqTransport({
      queue,
      ...quick,
      publishTimeoutMs: 200,
      connect: () => connect(addresses.shift() ?? url),
    });
    opened.push(() => transport.close());
    await transport.open();
    way.hold('answers');
    const [result] = await transport.publish([testMessage('1')]);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
    await persist(transport, testMessage('2'));
  });

  it('refuses what is no connection, and one that reconnects by itself', async () => {
    for (const made of [undefined, {}, await connect(url, { recovery: true })]) {
      const transport = createRabbitmqTransport({ queue: 'q', connect: async () => made as never });
      await expect(transport.open()).rejects.toMatchObject({
        code: 'transportRefused',
        message: expect.stringContaining('Leave `recovery` out of its options.'),
      });
      await transport.close();
      opened.push(() => (made as Partial<ChannelModel> | undefined)?.close?.());
    }
  });

  it('takes either an address or a function', () => {
    expect(() => createRabbitmqTransport({ queue: 'q' })).toThrow(
      'createRabbitmqTransport: `url` is missing; pass it, or `connect`.',
    );
    expect(() => createRabbitmqTransport({ queue: 'q', url, connect: connectTo(url) })).toThrow(
      'createRabbitmqTransport: `connect` excludes `url`,',
    );
  });
});
