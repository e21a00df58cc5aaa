import {
  createOrderEngine,
  type EngineOptions,
  type OrderEngine,
  type OrderEvent,
  type Subscription,
} from 'orderchart';
import type { Pool, PoolClient } from 'pg';
import { onTestFinished } from 'vitest';
import { createPostgresStore } from '../../../src/store/postgres/index.ts';
import { patience } from '../../postgres/patience.ts';
import { newSchema, testPool } from '../../postgres/server.ts';

/** Engines on one schema, each with a pool of its own as in a process of its own. */
export interface Engines {
  readonly schema: string;
  /** The host's own connections. */
  readonly hosts: Pool;
  start(options?: EngineOptions<[]>): Promise<OrderEngine>;
  /** The rows of one statement, outside the store. In it `@` stands for the schema. */
  rows<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export function engines(): Engines {
  const schema = newSchema();
  const hosts = testPool({ max: 16 });
  const direct = testPool({ max: 2 });
  return {
    schema,
    hosts,
    start: async (options = {}) => {
      const store = createPostgresStore({ pool: testPool({ max: 12 }), schema, ...patience });
      const engine = await createOrderEngine({ store, leaseDurationMs: 3000, ...options });
      onTestFinished(() => engine.close());
      return engine;
    },
    rows: async (sql, values = []) =>
      (await direct.query(sql.replaceAll('@', schema), [...values])).rows,
  };
}

/** Runs `work` in a transaction of the host's, and ends it as `work` says. */
export async function inHostTransaction(
  hosts: Pool,
  work: (client: PoolClient) => Promise<'COMMIT' | 'ROLLBACK'>,
): Promise<void> {
  const client = await hosts.connect();
  try {
    await client.query('BEGIN');
    await client.query(await work(client));
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

/** The partitions that a subscription has in its process. */
export function partitionsOf(subscription: Subscription): readonly number[] {
  return subscription
    .status()
    .partitions.filter(({ isOurs }) => isOurs)
    .map(({ partition }) => partition);
}

/** Notes what handlers are told: the versions of each order, as they came. */
export class Notes {
  readonly versions = new Map<string, number[]>();

  readonly note = ({ orderId, version }: OrderEvent<string, object>): void => {
    const versions = this.versions.get(orderId) ?? [];
    versions.push(version);
    this.versions.set(orderId, versions);
  };

  /** What was skipped or swapped: told again is allowed, from where it was before. */
  get faults(): readonly string[] {
    return [...this.versions].flatMap(([orderId, versions]) => {
      let last = 0;
      return versions.flatMap((version) => {
        const isFault = version > last + 1;
        last = version;
        return isFault ? [`${orderId}: ${versions}`] : [];
      });
    });
  }

  lastOf(orderId: string): number {
    return Math.max(0, ...(this.versions.get(orderId) ?? []));
  }
}
