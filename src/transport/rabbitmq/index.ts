import type { Transport } from '../transport.ts';
import { type RabbitmqTransportOptions, readOptions } from './options.ts';
import { rabbitmqTransport } from './transport.ts';

export type { RabbitmqTransportOptions } from './options.ts';

/**
 * Makes a transport over RabbitMQ, by way of `amqplib`: durable queues, messages that are published
 * only when the broker has confirmed them and a queue took them, order per key.
 *
 * Throws `invalidArgument` for options that cannot work.
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
