import type { NatsTransportOptions } from '../../../src/transport/nats/index.ts';
import type { RabbitmqTransportOptions } from '../../../src/transport/rabbitmq/index.ts';
import type { RedisTransportOptions } from '../../../src/transport/redis/index.ts';
import type { Transport } from '../../../src/transport/transport.ts';

/** A place on a broker, as it is told to another process. */
export type BrokerAddress =
  | { readonly kind: 'nats'; readonly options: NatsTransportOptions }
  | { readonly kind: 'redis'; readonly options: RedisTransportOptions }
  | { readonly kind: 'rabbitmq'; readonly options: RabbitmqTransportOptions }
  | { readonly kind: 'kafka'; readonly server: string; readonly topic: string }
  | { readonly kind: 'webhook'; readonly port: number; readonly secret: string };

/** A transport to the place; not open. Only the driver that is needed is loaded. */
export async function transportTo(address: BrokerAddress): Promise<Transport> {
  switch (address.kind) {
    case 'nats': {
      const { createNatsTransport } = await import('../../../src/transport/nats/index.ts');
      return createNatsTransport(address.options);
    }
    case 'redis': {
      const { createRedisTransport } = await import('../../../src/transport/redis/index.ts');
      return createRedisTransport({ ...address.options, warn: () => undefined });
    }
    case 'rabbitmq': {
      const { createRabbitmqTransport } = await import('../../../src/transport/rabbitmq/index.ts');
      return createRabbitmqTransport(address.options);
    }
    case 'kafka':
      return kafkaTransport(address);
    case 'webhook': {
      const { createWebhookTransport } = await import('../../../src/webhook/index.ts');
      return createWebhookTransport({
        url: `http://127.0.0.1:${address.port}/`,
        secrets: [address.secret],
        allowHttp: true,
        allowedAddresses: ['127.0.0.0/8'],
        timeoutMs: 1_000,
      });
    }
  }
}

async function kafkaTransport({ server, topic }: BrokerAddress & { readonly kind: 'kafka' }) {
  const { platformatic } = await import('../../transport/kafka/clients.ts');
  const { createKafkaTransport } = await import('../../../src/transport/kafka/index.ts');
  return createKafkaTransport({
    client: platformatic(server),
    topic,
    groupId: `${topic}-consumer`,
    sessionTimeoutMs: 6_000,
    connectTimeoutMs: 20_000,
    publishTimeoutMs: 2_000,
    reconnectDelayMs: 20,
    maximumReconnectDelayMs: 500,
  });
}
