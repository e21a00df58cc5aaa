/**
 * Names of PostgreSQL's own functions, operators and types, in full.
 *
 * A bare name is looked up along `search_path`, which by default ends in `public`, and a function
 * or operator there wins wherever its types fit better than those of the built-in: `cardinality
 * (text[])` over `cardinality(anyarray)`. It would then run with the rights of the application, so
 * whoever may create in `public` would have them. The functions of the schema have a `search_path` of
 * their own; a statement that is sent cannot, because connections belong to the host and its
 * poolers. Therefore its names are complete, and these forms, which look up `=` or others without
 * saying so, are not used: `JOIN ... USING`, `IN`, `BETWEEN`, `LIKE`, `IS DISTINCT FROM`, `NULLIF`,
 * `CASE value WHEN`.
 *
 * All operators written like this bind equally, tighter than `AND` and `NOT`: where two meet, put
 * parentheses. `bigint`, `integer`, `smallint` and `boolean` are words of the grammar and need no name.
 */
export const equals = 'OPERATOR(pg_catalog.=)';
export const isAbove = 'OPERATOR(pg_catalog.>)';
export const isAtLeast = 'OPERATOR(pg_catalog.>=)';
export const isBelow = 'OPERATOR(pg_catalog.<)';
export const isAtMost = 'OPERATOR(pg_catalog.<=)';
export const plus = 'OPERATOR(pg_catalog.+)';

/** The only schemas in which the functions of the store, and the steps of a migration, look for names. */
export const safeSearchPath = 'pg_catalog, pg_temp';

/** Arrays side by side, as rows: `unnest` of several arrays, by its full name. */
export function rowsFrom(...arrays: readonly string[]): string {
  return `ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(', ')})`;
}
