import type { PostgresQuery } from './options.ts';

/** Asks one statement: on a connection of the pool, or inside a transaction of the host's. */
export type Ask = <Row>(query: PostgresQuery) => Promise<readonly Row[]>;
