import type { Transport } from '../transport.ts';
import { type NatsTransportOptions, readOptions } from './options.ts';
import { natsTransport } from './transport.ts';

export type { NatsHostConnection, NatsTransportOptions } from './options.ts';

/**
 * Makes a transport over NATS JetStream: confirmed, fenced and deduplicated publishing, one
 * subject per order; and messages in by a durable pull consumer. It connects when it is opened.
 * Needs the packages `@nats-io/transport-node` and `@nats-io/jetstream`, and a server from 2.9 on
 * with JetStream (`nats-server -js`). See docs/reference/transports/nats.md.
 *
 * Throws `invalidArgument` for options that cannot work.
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
