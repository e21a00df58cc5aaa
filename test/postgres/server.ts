import { Pool, type PoolConfig } from 'pg';
import { onTestFinished } from 'vitest';
import { dropSchema, missingVariable, newSchemaName, urlVariable } from './database.ts';

/** The address of the server that this run's tests use; global-setup.ts has made sure of it. */
export function testUrl(): string {
  const url = process.env[urlVariable];
  if (!url) throw new Error(process.env[missingVariable] ?? `There is no ${urlVariable}.`);
  return url;
}

/** A pool of connections to the tests' server, closed when the test is over. */
export function testPool(config: PoolConfig = {}): Pool {
  const pool = new Pool({ connectionString: testUrl(), ...config });
  // An idle connection that breaks is replaced; unheard, it would end the process.
  pool.on('error', () => {});
  onTestFinished(() => pool.end());
  return pool;
}

/**
 * A name for a schema of one test. Ask for it before the pool that uses it: what a test asked for
 * last is given back first, and the schema is dropped at the end of the test.
 */
export function newSchema(): string {
  const schema = newSchemaName();
  onTestFinished(() => dropSchema(testUrl(), schema));
  return schema;
}
