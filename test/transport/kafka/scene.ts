import type { Delivery, Transport } from 'orderchart';
import { createKafkaTransport } from 'orderchart/kafka';
import { afterEach } from 'vitest';
import { type Collector, collect } from '../collector.ts';
import { FakeClient, type FakeConsumer } from './fake-client.ts';

export const transports: Transport[] = [];

afterEach(async () => {
  await Promise.all(transports.splice(0).map((transport) => transport.close()));
});

export interface Scene {
  readonly client: FakeClient;
  readonly consumer: FakeConsumer;
  readonly collector: Collector;
}

/** A transport that consumes, and the client that it does it with. It is closed after the test. */
export async function consuming(maximumInFlight = 100): Promise<Scene> {
  const client = new FakeClient();
  const transport = createKafkaTransport({
    client,
    topic: 'events',
    groupId: 'billing',
    reconnectDelayMs: 1,
    maximumReconnectDelayMs: 5,
  });
  transports.push(transport);
  await transport.open();
  const collector = await collect(transport, { hold: true, maximumInFlight });
  const [consumer] = client.consumers;
  if (consumer === undefined) throw new Error('there is no consumer');
  return { client, consumer, collector };
}

/** The latest delivery of a message. */
export function delivery({ collector }: Scene, id: string): Delivery {
  const found = collector.deliveries.findLast(({ message }) => message.id === id);
  if (found === undefined) throw new Error(`${id} was not delivered`);
  return found;
}
