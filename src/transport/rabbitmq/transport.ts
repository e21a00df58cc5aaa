import { defineTransport } from '../define.ts';
import type { PublishResult, Transport, TransportMessage } from '../transport.ts';
import { RabbitmqConsumption } from './consumption.ts';
import { Link } from './link.ts';
import type { RabbitmqSettings } from './options.ts';
import { Publisher } from './publisher.ts';
import { prepareTopology } from './topology.ts';

/**
 * Uses one connection for publishing, and one for each consumption. See `createRabbitmqTransport`.
 */
export function rabbitmqTransport(settings: RabbitmqSettings): Transport {
  const { queue, singleActiveConsumer, maximumBodyBytes, publishTimeoutMs } = settings;
  const consumes = queue !== undefined;
  const link = new Link({
    settings,
    setUp: async (connection) => {
      await prepareTopology(connection.model, settings, connection.place);
      return Publisher.create(connection, settings);
    },
  });
  return defineTransport({
    name: 'rabbitmq',
    features: {
      consumes,
      durable: true,
      ordered: !consumes || singleActiveConsumer,
      deduplicates: false,
      redelivers: consumes,
      // The broker counts prefetched messages as delivered, even if they return unseen.
      tellsFirstDelivery: false,
      delays: consumes,
      concurrentConsumers: consumes,
      maximumBodyBytes,
    },
    open: () => link.open(),
    publish: (messages) => publishInTime(link, messages, publishTimeoutMs),
    consume: consumes ? (options) => new RabbitmqConsumption(settings, options) : undefined,
    close: () => link.close(),
  });
}

async function publishInTime(
  link: Link<Publisher>,
  messages: readonly TransportMessage[],
  timeoutMs: number,
): Promise<readonly PublishResult[]> {
  const timer = setTimeout(() => {
    // The broker counts as unreachable. Messages in flight fail with the connection.
    link.abort(new Error(`no confirmation within ${timeoutMs} ms`));
  }, timeoutMs);
  const publish = async (message: TransportMessage): Promise<PublishResult> =>
    link.session?.publish(message) ?? { status: 'failed', error: link.error };
  try {
    return await Promise.all(messages.map(publish));
  } finally {
    clearTimeout(timer);
  }
}
