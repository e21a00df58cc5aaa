import { Pool } from 'pg';
import { afterAll, describe, it } from 'vitest';
import { createPostgresStore } from '../../src/store/postgres/index.ts';
import { type HostTransaction, storeConformance } from '../../src/testing/conformance/index.ts';
import { dropSchema, newSchemaName } from '../postgres/database.ts';
import { patience } from '../postgres/patience.ts';
import { testUrl } from '../postgres/server.ts';

/** A transaction on a connection of the host's. */
async function beginOn(pool: Pool): Promise<HostTransaction> {
  const client = await pool.connect();
  await client.query('BEGIN');
  const end = async (word: string) => {
    await client.query(word);
    client.release();
  };
  return { transaction: client, commit: () => end('COMMIT'), rollBack: () => end('ROLLBACK') };
}

describe('Postgres store', () => {
  const pool = new Pool({ connectionString: testUrl(), max: 4 });
  const hosts = new Pool({ connectionString: testUrl(), max: 4 });
  afterAll(() => Promise.all([pool.end(), hosts.end()]));

  storeConformance({
    runner: { describe, it },
    createStore: () => {
      const schema = newSchemaName();
      const make = () => createPostgresStore({ pool, schema, ...patience });
      const dispose = () => dropSchema(testUrl(), schema);
      return { store: make(), again: make, begin: () => beginOn(hosts), dispose };
    },
    features: {
      failover: true,
      durable: true,
      shared: true,
      transactions: true,
      partitions: 16,
      remote: true,
    },
  });
});
