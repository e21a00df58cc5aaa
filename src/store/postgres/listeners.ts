import type { PooledPostgresClient, PostgresPool } from './options.ts';

type Source = PostgresPool | PooledPostgresClient;

const heard = new WeakSet<Source>();

/**
 * A connection that breaks would end the process when nobody listens to its errors. The pool replaces
 * it, and its statement fails, which is told there. Once for each, however many stores share a pool.
 */
export function listenToErrors(source: Source): void {
  if (heard.has(source)) return;
  heard.add(source);
  source.on?.('error', () => {});
}

/**
 * The same for a pool and every connection that it makes, from the moment that it is made: the
 * server can end a connection in the packet that says that it is ready, before anybody has it.
 */
export function listenToPool(pool: PostgresPool): void {
  if (heard.has(pool)) return;
  listenToErrors(pool);
  pool.on?.('connect', listenToErrors);
}
