import type { PGlite } from '@electric-sql/pglite';
import type { PostgresPool, PostgresQuery } from 'orderchart/postgres';

/** The number of the type `text`: the store wants all of its parameters to be texts. */
const textType = 25;

/**
 * PGlite as the pool of `createPostgresStore`. It has one connection, so whoever wants it waits for
 * whoever has it. A transaction of the host's would keep it from the store: `transaction` of
 * `engine.execute` cannot be used with it.
 */
export function poolOf(database: PGlite): PostgresPool {
  let last: Promise<void> = Promise.resolve();
  let giveBack = (): void => {};
  const client = {
    async query({ text, values }: PostgresQuery) {
      // Without values it may be several statements.
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
