import type { PostgresQuery } from './options.ts';

/** Runs one statement, on a connection of the pool or inside a host transaction. */
export type Ask = <Row>(query: PostgresQuery) => Promise<readonly Row[]>;
