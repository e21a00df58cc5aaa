import { describe, it } from 'vitest';
import { createMemoryStore } from '../../src/store/memory.ts';
import { storeConformance } from '../../src/testing/conformance/index.ts';

describe('memory store', () => {
  storeConformance({
    runner: { describe, it },
    createStore: () => ({ store: createMemoryStore() }),
    features: { failover: true, durable: false, shared: false, partitions: 1, transactions: false },
  });
});
