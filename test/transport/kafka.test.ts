import { randomUUID } from 'node:crypto';
import { createKafkaTransport } from 'orderchart/kafka';
import { transportConformance } from 'orderchart/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { describeProgram } from '../services.ts';
import { clients } from './kafka/clients.ts';
import { type MockCluster, startMockCluster } from './kafka/mock-cluster.ts';

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: false,
  redelivers: true,
  maximumBodyBytes: 1_000_000,
} as const;

const provides = ['again', 'breakConnection', 'interrupt', 'wrongAddress'] as const;

describeProgram('kcat', (kcat) => {
  describe.each(Object.entries(clients))('%s conforms', (_, clientOf) => {
    let cluster: MockCluster;

    beforeAll(async () => {
      cluster = await startMockCluster(kcat);
    });

    afterAll(() => cluster.stop());

    transportConformance({
      runner: { describe, it },
      createTransport: () => {
        const id = randomUUID();
        const create = (address = cluster.address) =>
          createKafkaTransport({
            client: clientOf(address),
            topic: `topic-${id}`,
            groupId: `group-${id}`,
            sessionTimeoutMs: 6_000,
            reconnectDelayMs: 20,
            maximumReconnectDelayMs: 500,
          });
        return {
          transport: create(),
          again: () => create(),
          breakConnection: async () => cluster.proxy.cut(),
          interrupt: async () => {
            const restore = cluster.proxy.interrupt();
            return async () => restore();
          },
          wrongAddress: () => ({ transport: create('127.0.0.1:1') }),
        };
      },
      features,
      provides,
      patienceMs: 30_000,
    });
  });
});
