import { Kafka, logLevel } from 'kafkajs';
import { createKafkaTransport, fromKafkaJs } from '../../../src/transport/kafka/index.ts';
import { startMockCluster } from '../../transport/kafka/mock-cluster.ts';
import { type Contender, inGroups, newPlace } from './contender.ts';

/** On librdkafka's mock cluster, which keeps everything in memory and confirms at once. */
export async function kafkaContender(): Promise<Contender> {
  process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
  const cluster = await startMockCluster('kcat');
  const kafka = () => new Kafka({ brokers: [cluster.address], logLevel: logLevel.NOTHING });
  const producer = kafka().producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  return {
    transport: () =>
      createKafkaTransport({ client: fromKafkaJs(kafka()), topic: newPlace(), groupId: 'bench' }),
    publishBare: async (messages, inFlight) => {
      const topic = newPlace();
      await inGroups(messages, inFlight, (group) =>
        producer.send({
          topic,
          acks: -1,
          messages: group.map(({ key, headers, body }) => ({
            key,
            headers,
            value: Buffer.from(body),
          })),
        }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await producer.disconnect();
      await cluster.stop();
    },
  };
}
