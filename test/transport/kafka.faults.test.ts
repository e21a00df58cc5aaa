import { randomUUID } from 'node:crypto';
import { createKafkaTransport } from 'orderchart/kafka';
import { type TransportUnderTest, transportConformance } from 'orderchart/testing';
import { describe, it, vi } from 'vitest';
import { describeProgram } from '../services.ts';
import { clients } from './kafka/clients.ts';
import { startMockCluster } from './kafka/mock-cluster.ts';

// A mock cluster waits three seconds before a group is complete, so the cases, each of which has a
// cluster of its own, wait together.
vi.setConfig({ maxConcurrency: 40 });

const features = {
  consumes: true,
  durable: true,
  ordered: true,
  deduplicates: false,
  redelivers: true,
  tellsFirstDelivery: false,
  delays: true,
  concurrentConsumers: true,
  maximumBodyBytes: 1_000_000,
} as const;

const provides = ['again', 'breakConnection', 'interrupt', 'wrongAddress'] as const;

describeProgram('kcat', (kcat) => {
  describe.each(Object.entries(clients))('%s conforms', (_, clientOf) => {
    async function createTransport(): Promise<TransportUnderTest> {
      const cluster = await startMockCluster(kcat);
      const names = { topic: `topic-${randomUUID()}`, groupId: `group-${randomUUID()}` };
      const create = (address = cluster.address) =>
        createKafkaTransport({
          ...names,
          client: clientOf(address),
          sessionTimeoutMs: 6_000,
          // A busy machine makes a group wait longer than a host would want to.
          connectTimeoutMs: 45_000,
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
        dispose: () => cluster.stop(),
      };
    }

    transportConformance({
      runner: { describe: describe.concurrent, it },
      createTransport,
      features,
      provides,
      patienceMs: 300_000,
    });
  });
});
