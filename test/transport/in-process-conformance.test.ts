import { createInProcessQueue, createInProcessTransport } from 'orderchart';
import { transportConformance } from 'orderchart/testing';
import { describe, it } from 'vitest';
import { useVirtualTime } from '../virtual-time.ts';

useVirtualTime();

describe('the transport within a process', () => {
  transportConformance({
    runner: { describe, it },
    createTransport: () => {
      const queue = createInProcessQueue();
      const maximumBodyBytes = 100_000;
      return {
        transport: createInProcessTransport({ queue, maximumBodyBytes }),
        again: () => createInProcessTransport({ queue, maximumBodyBytes }),
      };
    },
    provides: ['again'],
    features: {
      consumes: true,
      durable: false,
      ordered: true,
      deduplicates: false,
      redelivers: true,
      tellsFirstDelivery: true,
      delays: true,
      concurrentConsumers: true,
      maximumBodyBytes: 100_000,
    },
  });
});
