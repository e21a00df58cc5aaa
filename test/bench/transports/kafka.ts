import { Producer } from '@platformatic/kafka';
import { createKafkaTransport } from '../../../src/transport/kafka/index.ts';
import { platformatic } from '../../transport/kafka/clients.ts';
import { startMockCluster } from '../../transport/kafka/mock-cluster.ts';
import { type Contender, inGroups, newPlace } from './contender.ts';

/** On librdkafka's mock cluster, which keeps everything in memory and confirms at once. */
export async function kafkaContender(): Promise<Contender> {
  const cluster = await startMockCluster('kcat');
  const producer = new Producer({
    clientId: 'bench',
    bootstrapBrokers: [cluster.address],
    idempotent: true,
    autocreateTopics: false,
  });
  return {
    transport: () =>
      createKafkaTransport({
        client: platformatic(cluster.address),
        topic: newPlace(),
        groupId: 'bench',
      }),
    publishBare: async (messages, inFlight) => {
      const topic = newPlace();
      await inGroups(messages, inFlight, (group) =>
        producer.send({
          acks: -1,
          messages: group.map(({ key, headers, body }) => ({
            topic,
            key: Buffer.from(key),
            value: Buffer.from(body),
            headers: new Map(
              Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
            ),
          })),
        }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await producer.close();
      await cluster.stop();
    },
  };
}
