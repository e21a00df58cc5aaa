import { Pool } from 'pg';
import { afterAll, describe, it } from 'vitest';
import { createPostgresStore } from '../../src/store/postgres/index.ts';
import { storeConformance } from '../../src/testing/conformance/index.ts';
import { dropSchema, newSchemaName } from '../postgres/database.ts';
import { testUrl } from '../postgres/server.ts';

describe('Postgres store', () => {
  const pool = new Pool({ connectionString: testUrl(), max: 4 });
  afterAll(() => pool.end());

  storeConformance({
    runner: { describe, it },
    createStore: () => {
      const schema = newSchemaName();
      const make = () => createPostgresStore({ pool, schema, time: 'engine' });
      return { store: make(), again: make, dispose: () => dropSchema(testUrl(), schema) };
    },
    features: { durable: true, shared: true, transactions: true, partitions: 16 },
  });
});
