import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TransportUnderTest, transportConformance } from 'orderchart/testing';
import { createWebhookReceiver, createWebhookTransport } from 'orderchart/webhook';
import { describe, it } from 'vitest';
import type { TransportMessage } from '../../src/transport/transport.ts';
import { Courier, courierFeatures } from './courier.ts';
import { local, secret } from './kit.ts';

describe('webhooks out, to a server that takes them', () => {
  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: sendingTransport,
    provides: ['again', 'received', 'breakConnection', 'interrupt', 'secrets'],
    features: {
      consumes: false,
      durable: false,
      ordered: true,
      deduplicates: false,
      redelivers: false,
      tellsFirstDelivery: false,
      delays: false,
      concurrentConsumers: false,
      maximumBodyBytes: 100_000,
    },
  });
});

describe('webhooks in, from a sender that repeats them', () => {
  transportConformance({
    runner: { describe, it },
    patienceMs: 300_000,
    createTransport: () => {
      const courier = new Courier();
      return {
        transport: courier.transport(),
        again: () => courier.transport(),
        breakConnection: async () => courier.cut(),
        dispose: () => courier.end(),
      };
    },
    provides: ['again', 'breakConnection'],
    features: courierFeatures,
  });
});

async function sendingTransport(): Promise<TransportUnderTest> {
  const messages: TransportMessage[] = [];
  const receiver = createWebhookReceiver({
    name: 'conformance',
    secrets: [secret],
    maximumBodyBytes: 100_000,
    maximumReadingRequests: 1000,
    // To see repetitions too.
    memory: { has: () => false, add: () => undefined },
  });
  await receiver.open();
  await receiver.consume({
    maximumInFlight: 1000,
    deliver: ({ message, ack }) => {
      messages.push(message);
      void ack();
    },
    onError: () => undefined,
  });
  const server = createServer((request, response) => void receiver.handle(request, response));
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const transport = () =>
    createWebhookTransport({
      ...local,
      url: `http://127.0.0.1:${port}/hooks`,
      secrets: [secret],
      maximumBodyBytes: 100_000,
    });
  return {
    transport: transport(),
    again: transport,
    received: () => messages,
    secrets: [secret],
    breakConnection: async () => server.closeAllConnections(),
    interrupt: async () => {
      await stop(server);
      return () => listen(server, port);
    },
    dispose: () => stop(server),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
