import type { Transport, TransportMessage } from 'orderchart';
import { createRabbitmqTransport, type RabbitmqTransportOptions } from 'orderchart/rabbitmq';
import { runTransportConformanceCase, transportConformanceCases } from 'orderchart/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeProgram } from '../../services.ts';
import { temporaryFolder } from '../../store/temporary-folder.ts';
import { collect, persist, testMessage } from '../collector.ts';
import { type RabbitmqNode, rabbitmqNode } from './node.ts';
import { quick, rabbitmqUnderTest, uniqueName } from './place.ts';

// Promise 10: a broker of its own is stopped, frozen and starved of memory under load.

describeProgram('rabbitmq-server', () => {
  const folder = temporaryFolder();
  const transports: Transport[] = [];
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  let node: RabbitmqNode;

  beforeAll(async () => {
    node = await rabbitmqNode(folder.path);
    await node.start();
  });

  afterAll(async () => {
    await node.stop();
    folder.remove();
  });

  beforeEach(() => {
    process.on('unhandledRejection', onUnhandled);
  });

  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
  });

  async function open(options: Partial<RabbitmqTransportOptions>): Promise<Transport> {
    const transport = createRabbitmqTransport({ url: node.url, ...quick, ...options });
    transports.push(transport);
    await transport.open();
    return transport;
  }

  /** Twenty orders with 25 events each; of an order one is published after the other. */
  const orders = Array.from({ length: 20 }, (_, order) =>
    Array.from({ length: 25 }, (_, index) =>
      testMessage(`${order}-${index}`, { key: `order-${order}`, sequence: index + 1 }),
    ),
  );

  async function publishAll(transport: Transport, published: TransportMessage[]): Promise<number> {
    const failures = orders.map(async (messages) => {
      let count = 0;
      for (const message of messages) {
        count += await persist(transport, message);
        published.push(message);
      }
      return count;
    });
    return (await Promise.all(failures)).reduce((sum, count) => sum + count, 0);
  }

  /** Each message came, and those of each order in their order; repetitions aside. */
  function expectAllInOrder(received: readonly TransportMessage[]): void {
    const firsts = new Map(received.toReversed().map((message) => [message.id, message]));
    expect(firsts.size).toBe(orders.flat().length);
    for (const messages of orders) {
      const seen = new Set<string>();
      const arrived = received.filter(
        ({ id, key }) => key === messages[0]?.key && !seen.has(id) && seen.add(id),
      );
      expect(arrived.map(({ sequence }) => sequence)).toEqual(
        messages.map(({ sequence }) => sequence),
      );
    }
  }

  it.each(['quorum', 'classic'] as const)(
    'a broker that is stopped and started under load loses nothing (%s)',
    async (queueType) => {
      const options = { queue: uniqueName('restart'), queueType };
      const publisher = await open(options);
      const collector = await collect(await open(options));
      const published: TransportMessage[] = [];
      const publishing = publishAll(publisher, published);
      await eventually('a part is published', () => published.length > 100);
      await node.stop();
      const [away] = await publisher.publish([testMessage('away', { key: 'away' })]);
      expect(away).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
      await node.start();
      expect(await publishing).toBeGreaterThan(0);
      await collector.untilIds(orders.flat().map(({ id }) => id));
      const received = collector.deliveries.map(({ message }) => message);
      expectAllInOrder(received.filter(({ id }) => id !== 'away'));
      expect(collector.errors.length).toBeGreaterThan(0);
    },
  );

  for (const one of transportConformanceCases) {
    if (!one.needs.includes('restartBroker')) continue;
    it(`${one.group}: ${one.name}`, () =>
      runTransportConformanceCase(
        one,
        async () => ({
          ...(await rabbitmqUnderTest(node.url, {})),
          restartBroker: async () => {
            await node.stop();
            await node.start();
          },
        }),
        { patienceMs: 300_000 },
      ));
  }

  it('a broker that hangs fails what is published soon, and goes on when it wakes', async () => {
    const queue = uniqueName('freeze');
    const publisher = await open({ queue, publishTimeoutMs: 500, connectTimeoutMs: 5_000 });
    const collector = await collect(await open({ queue }));
    await persist(publisher, testMessage('before'));
    node.freeze();
    try {
      // The signal takes effect a moment later.
      let early = 0;
      await eventually('publishing fails', async () => {
        early += 1;
        const [result] = await publisher.publish([testMessage(`early-${early}`)]);
        return result?.status === 'failed';
      });
      const results = await publisher.publish([testMessage('1'), testMessage('2')]);
      expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
      const [later] = await publisher.publish([testMessage('3')]);
      expect(later?.status).toBe('failed');
    } finally {
      node.thaw();
    }
    await persist(publisher, testMessage('4'));
    await collector.untilIds(['before', '4']);
  });

  it('closing while the broker hangs settles', async () => {
    const transport = await open({ queue: uniqueName('freeze'), publishTimeoutMs: 500 });
    const collector = await collect(transport, { hold: true });
    await persist(transport, testMessage('1'));
    await collector.untilIds(['1']);
    node.freeze();
    try {
      await collector.end();
      await transport.close();
    } finally {
      node.thaw();
    }
  });

  it('a broker without memory accepts nothing, consumers go on, and so does all afterwards', async () => {
    const queue = uniqueName('alarm');
    // No confirmation is waited for that long: what fails here fails because the broker says so.
    const publisher = await open({ queue, publishTimeoutMs: 60_000 });
    const consumer = await open({ queue });
    const messages = Array.from({ length: 50 }, (_, index) => testMessage(`${index}`));
    await publisher.publish(messages);
    await node.control('set_vm_memory_high_watermark', 'absolute', '1');
    try {
      const results = await publisher.publish([testMessage('blocked')]);
      expect(results).toMatchObject([
        { status: 'failed', error: { code: 'transportUnavailable' } },
      ]);
      expect(`${(results[0] as { error: Error }).error.message}`).toContain('accepts no messages');
      const [again] = await publisher.publish([testMessage('blocked')]);
      expect(again?.status).toBe('failed');
      const collector = await collect(consumer);
      await collector.untilIds(messages.map(({ id }) => id));
      await collector.end();
    } finally {
      await node.control('set_vm_memory_high_watermark', '0.4');
    }
    await persist(publisher, testMessage('blocked'));
    const collector = await collect(consumer);
    await collector.untilIds(['blocked']);
  });
});
