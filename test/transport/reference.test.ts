import { describe, it } from 'vitest';
import { transportConformance } from '../../src/testing/transport-conformance/index.ts';
import { createReferenceTransport, ReferenceBroker } from './reference.ts';

describe('reference transport', () => {
  transportConformance({
    runner: { describe, it },
    createTransport: () => {
      const broker = new ReferenceBroker();
      return {
        transport: createReferenceTransport(broker),
        again: () => createReferenceTransport(broker),
        breakConnection: async () => broker.cut(),
        interrupt: async () => {
          const restore = broker.interrupt();
          return async () => restore();
        },
      };
    },
    provides: ['again', 'breakConnection', 'interrupt'],
    features: {
      consumes: true,
      durable: false,
      ordered: true,
      deduplicates: true,
      redelivers: true,
      maximumBodyBytes: 1_000,
    },
  });
});
