import { createHash } from 'node:crypto';
import type { Channel, ChannelModel } from 'amqplib';
import { toTransportError } from './failure.ts';
import type { RabbitmqSettings } from './options.ts';

/**
 * What a quorum queue does with a message that came back this often: from RabbitMQ 4 on it drops it,
 * by default at the 20th time. A number that is never reached, and is the same on every version,
 * keeps messages and lets the queue be declared again after an upgrade.
 */
const deliveryLimit = 2 ** 31 - 1;

/** The queues of the transport, by shard; none when it only publishes to an exchange. */
export function queueNames({ queue, shards }: RabbitmqSettings): readonly string[] {
  if (queue === undefined) return [];
  if (shards === 1) return [queue];
  return Array.from({ length: shards }, (_, index) => `${queue}.${index}`);
}

/** The shard of a key: the same in every process, version and language that follows this line. */
export function shardOf(key: string, shards: number): number {
  if (shards === 1) return 0;
  return createHash('sha256').update(key).digest().readUInt32BE(0) % shards;
}

/**
 * Sees to it that exchange, queues and bindings are there.
 *
 * @throws OrderchartError `transportRefused` when they cannot be what is needed.
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

/** A refusal closes the channel it was made on, so each step has its own. */
async function onChannel(
  model: ChannelModel,
  place: string,
  doing: string,
  work: (channel: Channel) => Promise<unknown>,
): Promise<void> {
  try {
    const channel = await model.createChannel();
    // The rejection of the call tells the same.
    channel.on('error', () => undefined);
    await work(channel);
    await channel.close();
  } catch (error) {
    throw toTransportError(error, place, doing);
  }
}
