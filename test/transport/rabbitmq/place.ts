import { randomUUID } from 'node:crypto';
import { connect } from 'amqplib';
import type { Transport } from 'orderchart';
import { createRabbitmqTransport, type RabbitmqTransportOptions } from 'orderchart/rabbitmq';
import type { TransportUnderTest } from 'orderchart/testing';
import { createTcpProxy } from '../../../src/testing/tcp-proxy.ts';

/** Short waits, so that a test that cuts connections is not one that waits. */
export const quick = { reconnectDelayMs: 20, maximumReconnectDelayMs: 200 } as const;

/** A name that nobody else has on a shared server. */
export function uniqueName(prefix: string): string {
  return `orderchart-test-${prefix}-${randomUUID()}`;
}

/** Does something on a connection of its own, as an operator would. */
export async function onChannel<Result>(
  url: string,
  work: (
    channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>['createConfirmChannel']>>,
  ) => Promise<Result>,
): Promise<Result> {
  const model = await connect(url);
  model.on('error', () => undefined);
  try {
    const channel = await model.createConfirmChannel();
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await model.close().catch(() => undefined);
  }
}

export async function deleteQueues(url: string, ...queues: readonly string[]): Promise<void> {
  await onChannel(url, async (channel) => {
    for (const queue of queues) await channel.deleteQueue(queue);
  });
}

/** The same URL by way of another port of this machine. */
export function throughPort(url: string, port: number): string {
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = `${port}`;
  return through.href;
}

/** The same URL with another password. */
function withPassword(url: string, password: string): string {
  const other = new URL(url);
  other.username ||= 'guest';
  other.password = password;
  return other.href;
}

/** A new queue that is reached by way of a proxy, for the conformance suite. */
export async function rabbitmqUnderTest(
  url: string,
  options: Omit<RabbitmqTransportOptions, 'url' | 'queue'>,
): Promise<TransportUnderTest> {
  const { hostname, port } = new URL(url);
  const proxy = await createTcpProxy({ host: hostname, port: Number(port || 5672) });
  const queue = uniqueName('conformance');
  const create = (through = throughPort(url, proxy.port)): Transport =>
    createRabbitmqTransport({ url: through, queue, ...quick, ...options });
  return {
    transport: create(),
    again: () => create(url),
    breakConnection: async () => proxy.cut(),
    interrupt: async () => {
      const restore = proxy.interrupt();
      return async () => restore();
    },
    wrongAddress: () => ({ transport: create(throughPort(url, 1)) }),
    wrongCredentials: () => ({
      transport: create(withPassword(url, 'not-the-password')),
      secrets: ['not-the-password'],
    }),
    dispose: async () => {
      await proxy.close();
      const shards = options.shards ?? 1;
      const names = Array.from({ length: shards }, (_, index) => `${queue}.${index}`);
      await deleteQueues(url, ...(shards === 1 ? [queue] : names));
    },
  };
}
