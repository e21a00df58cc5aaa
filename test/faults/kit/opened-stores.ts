import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, type OrderStore } from 'orderchart';
import { createPostgresStore } from 'orderchart/postgres';
import { createSqliteStore } from 'orderchart/sqlite';
import { onTestFinished } from 'vitest';
import { patience } from '../../postgres/patience.ts';
import { newSchema, testPool } from '../../postgres/server.ts';

const makers = {
  memory: async () => createMemoryStore(),
  sqlite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'orderchart-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return createSqliteStore({ path: join(folder, 'orders.db') });
  },
  postgres: async () =>
    createPostgresStore({
      pool: testPool({ max: 4 }),
      schema: newSchema(),
      time: 'engine',
      ...patience,
    }),
} as const satisfies Readonly<Record<string, () => Promise<OrderStore>>>;

export type StoreKind = keyof typeof makers;

export const storeKinds = Object.keys(makers) as readonly StoreKind[];

/** A store as a host makes it, open; on a server it goes by the clock that the test moves. */
export async function openedStore(kind: StoreKind): Promise<OrderStore> {
  const store = await makers[kind]();
  await store.open();
  onTestFinished(() => store.close());
  return store;
}
