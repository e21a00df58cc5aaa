import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, describe, it } from 'vitest';
import { createPostgresStore } from '../../src/store/postgres/index.ts';
import { storeConformance } from '../../src/testing/conformance/index.ts';

const pool = new pg.Pool({ host: '127.0.0.1', user: 'postgres', database: 'test', max: 4 });
afterAll(() => pool.end());

describe('Postgres store', () => {
  storeConformance({
    runner: { describe, it },
    createStore: () => {
      const schema = `c${randomUUID().replaceAll('-', '')}`;
      const make = () => createPostgresStore({ pool, schema, time: 'engine' });
      return {
        store: make(),
        again: make,
        dispose: async () => {
          await pool.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
        },
      };
    },
    features: { durable: true, shared: true, transactions: true, partitions: 16 },
  });
});
