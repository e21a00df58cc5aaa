import { createHash } from 'node:crypto';
import type { Channel, ChannelModel } from 'amqplib';
import { toTransportError } from './failure.ts';
import type { RabbitmqSettings } from './options.ts';

/**
 * From RabbitMQ 4 a quorum queue drops a message that was returned this often, by default 20 times.
 * A limit that is never reached keeps messages. It is the same on every version, so that the queue
 * can be declared again after an upgrade.
 */
const deliveryLimit = 2 ** 31 - 1;

/** Returns the queues of the transport, by shard. None if it only publishes to an exchange. */
export function queueNames({ queue, shards }: RabbitmqSettings): readonly string[] {
  if (queue === undefined) return [];
  if (shards === 1) return [queue];
  return Array.from({ length: shards }, (_, index) => `${queue}.${index}`);
}

/**
 * Returns the shard of a key. Must never change: other processes and languages compute it, too.
 */
export function shardOf(key: string, shards: number): number {
  if (shards === 1) return 0;
  return createHash('sha256').update(key).digest().readUInt32BE(0) % shards;
}

/**
 * Declares or checks exchange, queues and bindings.
 *
 * @throws OrderchartError `transportRefused` if they exist with other arguments, or are missing.
 */
export async function prepareTopology(
  model: ChannelModel,
  settings: RabbitmqSettings,
  place: string,
): Promise<void> {
  const { exchange } = settings;
  if (exchange !== undefined) {
    await onChannel(model, place, `preparing the exchange '${exchange}'`, (channel) =>
      settings.declare
        ? channel.assertExchange(exchange, 'topic', { durable: true })
        : channel.checkExchange(exchange),
    );
  }
  for (const queue of queueNames(settings)) {
    await onChannel(model, place, `preparing the queue '${queue}'`, (channel) =>
      prepareQueue(channel, queue, settings),
    );
  }
}

async function prepareQueue(
  channel: Channel,
  queue: string,
  settings: RabbitmqSettings,
): Promise<void> {
  const { declare, exchange, bindingKeys } = settings;
  if (!declare) {
    await channel.checkQueue(queue);
    return;
  }
  await channel.assertQueue(queue, { durable: true, arguments: queueArguments(settings) });
  if (exchange === undefined) return;
  for (const key of bindingKeys) await channel.bindQueue(queue, exchange, key);
}

function queueArguments({ queueType, singleActiveConsumer }: RabbitmqSettings): object {
  return {
    'x-queue-type': queueType,
    ...(queueType === 'quorum' ? { 'x-delivery-limit': deliveryLimit } : {}),
    ...(singleActiveConsumer ? { 'x-single-active-consumer': true } : {}),
  };
}

/** A refusal closes its channel, so each step uses a new one. */
async function onChannel(
  model: ChannelModel,
  place: string,
  doing: string,
  work: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  try {
    const channel = await model.createChannel();
    // The call rejects with the same error.
    channel.on('error', () => undefined);
    await work(channel);
    await channel.close();
  } catch (error) {
    throw toTransportError(error, place, doing);
  }
}
