import { join } from 'node:path';
import { describe, it } from 'vitest';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import { storeConformance } from '../../src/testing/conformance/index.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('SQLite store', () => {
  storeConformance({
    runner: { describe, it },
    createStore: () => {
      const folder = temporaryFolder();
      const path = join(folder.path, 'orders.db');
      return {
        store: createSqliteStore({ path }),
        again: () => createSqliteStore({ path }),
        dispose: folder.remove,
      };
    },
    features: { failover: true, durable: true, shared: true, partitions: 1, transactions: false },
  });
});
