import type { Transport } from '../transport.ts';
import { type RabbitmqTransportOptions, readOptions } from './options.ts';
import { rabbitmqTransport } from './transport.ts';

export type { RabbitmqTransportOptions } from './options.ts';

/**
 * Creates a transport over RabbitMQ with `amqplib`: durable queues and order per key. A message
 * counts as published when the broker has confirmed it and a queue has taken it.
 *
 * Throws `invalidArgument` for invalid options.
 *
 * @example
 * const transport = createRabbitmqTransport({
 *   url: 'amqp://orders:secret@rabbit.internal',
 *   queue: 'order-events',
 * });
 */
export function createRabbitmqTransport(options: RabbitmqTransportOptions): Transport {
  return rabbitmqTransport(readOptions(options));
}
