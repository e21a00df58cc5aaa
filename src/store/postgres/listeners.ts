import type { PooledPostgresClient, PostgresPool } from './options.ts';

type Source = PostgresPool | PooledPostgresClient;

const heard = new WeakSet<Source>();

/**
 * Ignores the `error` events of a pool or connection, which would end the process if nothing listened:
 * the pool replaces the connection, and its statement fails. Listens once, however many stores share it.
 */
export function listenToErrors(source: Source): void {
  if (heard.has(source)) return;
  heard.add(source);
  source.on?.('error', () => {});
}

/**
 * Does the same for a pool and each of its connections as soon as it exists: a server can end a
 * connection in the packet that says that it is ready.
 */
export function listenToPool(pool: PostgresPool): void {
  if (heard.has(pool)) return;
  listenToErrors(pool);
  pool.on?.('connect', listenToErrors);
}
