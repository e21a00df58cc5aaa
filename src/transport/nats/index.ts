import type { Transport } from '../transport.ts';
import { type NatsTransportOptions, readOptions } from './options.ts';
import { natsTransport } from './transport.ts';

export type { NatsHostConnection, NatsTransportOptions } from './options.ts';

/**
 * Creates a transport over NATS JetStream: confirmed, fenced and deduplicated publishing with one
 * subject per order, and a durable pull consumer. It connects when it is opened. Requires the
 * packages `@nats-io/transport-node` and `@nats-io/jetstream`, and a server from version 2.9 with
 * JetStream (`nats-server -js`). See docs/reference/transports/nats.md.
 *
 * Throws `invalidArgument` for invalid options.
 *
 * @example
 * const transport = createNatsTransport({
 *   url: 'nats://127.0.0.1:4222',
 *   stream: 'orders',
 *   subject: 'shop.orders',
 *   consumer: 'billing',
 * });
 */
export function createNatsTransport(options: NatsTransportOptions): Transport {
  return natsTransport(readOptions(options));
}
