import { connect } from 'amqplib';
import { createRabbitmqTransport } from '../../../src/transport/rabbitmq/index.ts';
import { service } from '../../services.ts';
import { type Contender, inGroups, newPlace } from './contender.ts';

export async function rabbitmqContender(): Promise<Contender> {
  const { url } = service('rabbitmq');
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  const queues: string[] = [];
  return {
    transport: () => {
      const queue = newPlace();
      queues.push(queue);
      return createRabbitmqTransport({ url, queue, queueType: 'classic' });
    },
    publishBare: async (messages, inFlight) => {
      const queue = newPlace();
      queues.push(queue);
      await channel.assertQueue(queue, { durable: true });
      await inGroups(messages, inFlight, async (group) => {
        for (const { id, headers, body } of group) {
          const properties = { messageId: id, headers, persistent: true, mandatory: true };
          channel.sendToQueue(queue, Buffer.from(body), properties);
        }
        await channel.waitForConfirms();
      });
    },
    [Symbol.asyncDispose]: async () => {
      for (const queue of queues) await channel.deleteQueue(queue);
      await connection.close();
    },
  };
}
