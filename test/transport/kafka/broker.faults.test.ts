import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Consumer } from '@platformatic/kafka';
import type { Transport, TransportMessage } from 'orderchart';
import {
  createKafkaTransport,
  type KafkaClient,
  type KafkaTransportOptions,
} from 'orderchart/kafka';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../eventually.ts';
import { describeProgram } from '../../services.ts';
import { collect, persist, testMessage } from '../collector.ts';
import { clients } from './clients.ts';
import { type MockCluster, startMockCluster } from './mock-cluster.ts';

// On the wire, with brokers that go away, hang and refuse.

const holder = fileURLToPath(new URL('./holder.ts', import.meta.url));
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Codes of the protocol (https://kafka.apache.org/protocol#protocol_error_codes). */
const errorCodes = { notLeader: 6, messageTooLarge: 10, notEnoughReplicas: 19 } as const;

describeProgram('kcat', (kcat) => {
  async function start(): Promise<MockCluster> {
    const cluster = await startMockCluster(kcat);
    closers.push(() => cluster.stop());
    return cluster;
  }

  async function open(
    client: KafkaClient,
    options: Partial<KafkaTransportOptions> = {},
  ): Promise<Transport> {
    const transport = createKafkaTransport({
      client,
      topic: 'events',
      sessionTimeoutMs: 6_000,
      reconnectDelayMs: 20,
      maximumReconnectDelayMs: 200,
      ...options,
    });
    closers.push(() => transport.close());
    await transport.open();
    return transport;
  }

  describe.each(Object.entries(clients))('%s', (_, clientOf) => {
    it('a broker that is away under load loses nothing, and order holds', async () => {
      const cluster = await start();
      const groupId = randomUUID();
      const publisher = await open(clientOf(cluster.address));
      const collector = await collect(await open(clientOf(cluster.address), { groupId }));
      const orders = Array.from({ length: 10 }, (_unused, order) =>
        Array.from({ length: 20 }, (_unused2, index) =>
          testMessage(`${order}-${index}`, { key: `order-${order}`, sequence: index + 1 }),
        ),
      );
      const published: TransportMessage[] = [];
      const publishing = orders.map(async (messages) => {
        for (const message of messages) {
          await persist(publisher, message);
          published.push(message);
        }
      });
      await eventually('a part is published', () => published.length > 50);
      const restore = cluster.proxy.interrupt();
      const [away] = await publisher.publish([testMessage('away', { key: 'away' })]);
      expect(away).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
      restore();
      await Promise.all(publishing);
      await collector.untilIds(orders.flat().map(({ id }) => id));
      for (const messages of orders) {
        const seen = new Set<string>();
        const arrived = collector.deliveries
          .map(({ message }) => message)
          .filter(({ id, key }) => key === messages[0]?.key && !seen.has(id) && seen.add(id));
        expect(arrived.map(({ sequence }) => sequence)).toEqual(
          messages.map(({ sequence }) => sequence),
        );
      }
    });

    it('a broker that hangs fails what is published in time, and goes on when it wakes', async () => {
      const cluster = await start();
      const transport = await open(clientOf(cluster.address), { publishTimeoutMs: 300 });
      await persist(transport, testMessage('before'));
      const wake = cluster.proxy.hang();
      const results = await transport.publish([testMessage('1'), testMessage('2')]);
      expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
      wake();
      await persist(transport, testMessage('after'));
    });

    it('a partition without enough replicas fails, and takes it later', async () => {
      const cluster = await start();
      const transport = await open(clientOf(cluster.address));
      cluster.proxy.failProduce(errorCodes.notEnoughReplicas, 10);
      const [result] = await transport.publish([testMessage('1')]);
      expect(result).toMatchObject({ status: 'failed', error: { code: 'transportUnavailable' } });
      cluster.proxy.failProduce(errorCodes.notLeader);
      await persist(transport, testMessage('1'));
    });

    it('a message that the broker finds too large is refused', async () => {
      const cluster = await start();
      const transport = await open(clientOf(cluster.address));
      cluster.proxy.failProduce(errorCodes.messageTooLarge);
      expect(await transport.publish([testMessage('1')])).toMatchObject([{ status: 'refused' }]);
      await persist(transport, testMessage('2'));
    });

    it('what a consumer held that was killed comes to another one', async () => {
      const cluster = await start();
      const names = { topic: 'events', groupId: randomUUID() };
      const transport = await open(clientOf(cluster.address), names);
      await transport.publish(Array.from({ length: 20 }, (_unused, id) => testMessage(`${id}`)));
      const child = spawn(
        process.execPath,
        ['--no-warnings', holder, cluster.address, names.topic, names.groupId],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        const isAcked = printed.match(/^acked /gm)?.length === 5;
        if (isAcked && printed.match(/^held /gm)?.length === 15) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'close');
      expect(signal).toBe('SIGKILL');
      const held = [...printed.matchAll(/^held (\d+)$/gm)].map(([, id = '']) => id);
      const collector = await collect(transport);
      await collector.untilIds(held);
      for (const { attempt, message } of collector.deliveries) {
        expect(attempt, message.id).toBe(2);
      }
    });
  });

  it('what goes out is a CloudEvent by the binding to Kafka, with the key of the order', async () => {
    const cluster = await start();
    const [clientOf = fail()] = Object.values(clients);
    const transport = await open(clientOf(cluster.address));
    await persist(transport, testMessage('1', { headers: { 'ce-id': '1', traceparent: 't' } }));
    const consumer = new Consumer({
      clientId: 'reader',
      bootstrapBrokers: [cluster.address],
      groupId: randomUUID(),
    });
    closers.push(() => consumer.close(true));
    const found: object[] = [];
    for await (const { key, headers } of await consumer.consume({
      topics: ['events'],
      mode: 'earliest',
    })) {
      const entries = [...headers].map(([name, value]) => [`${name}`, `${value}`]);
      found.push({ key: `${key}`, headers: Object.fromEntries(entries) });
      break;
    }
    expect(found).toEqual([
      {
        key: 'order-1',
        headers: {
          ce_id: '1',
          traceparent: 't',
          'orderchart-id': '1',
          'orderchart-type': 'order.placed',
          'orderchart-sequence': '1',
        },
      },
    ]);
  });
});

function fail(): never {
  throw new Error('there is no client');
}
