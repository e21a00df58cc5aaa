import type { PGlite } from '@electric-sql/pglite';
import type { PostgresPool, PostgresQuery } from 'orderchart/postgres';

/** The OID of the type `text`: the store sends all of its parameters as text. */
const textType = 25;

/**
 * Wraps PGlite as the pool of `createPostgresStore`. PGlite has only one connection, so `connect`
 * waits until it is released. A host transaction would block the store: do not use `transaction` of
 * `engine.execute` with it.
 */
export function poolOf(database: PGlite): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  let giveBack = (): void => {};
  const client = {
    async query({ text, values }: PostgresQuery) {
      // A query without values may contain several statements.
      if (values === undefined) return (await database.exec(text)).at(-1) ?? { rows: [] };
      return database.query(text, values, { paramTypes: values.map(() => textType) });
    },
    release: (): void => giveBack(),
  };
  return {
    async connect() {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      giveBack = resolve;
      return client;
    },
  };
}
