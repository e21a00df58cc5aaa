/**
 * The qualified names of PostgreSQL's own operators.
 *
 * A bare name is looked up along `search_path`, which ends in `public` by default. A function or
 * operator there wins when its types match better than those of the built-in one: `cardinality(text[])`
 * over `cardinality(anyarray)`. It then runs with the rights of the application, so anyone who can
 * create in `public` would have those rights. The functions of the schema have a `search_path` of
 * their own; a statement from the client cannot, because connections belong to the host and its
 * poolers. So statements qualify all names, and avoid the forms that look up `=` and others
 * implicitly: `JOIN ... USING`, `IN`, `BETWEEN`, `LIKE`, `IS DISTINCT FROM`, `NULLIF`,
 * `CASE value WHEN`.
 *
 * Operators in this form all have the same precedence, above `AND` and `NOT`: use parentheses where
 * two meet. `bigint`, `integer`, `smallint` and `boolean` are keywords and need no qualification.
 */
export const equals = 'OPERATOR(pg_catalog.=)';
export const isAbove = 'OPERATOR(pg_catalog.>)';
export const isAtLeast = 'OPERATOR(pg_catalog.>=)';
export const isBelow = 'OPERATOR(pg_catalog.<)';
export const isAtMost = 'OPERATOR(pg_catalog.<=)';
export const plus = 'OPERATOR(pg_catalog.+)';

/** The `search_path` of the functions of the schema and of migrations. */
export const safeSearchPath = 'pg_catalog, pg_temp';

/** Returns SQL for several arrays as columns: `unnest` with a qualified name. */
export function rowsFrom(...arrays: readonly string[]): string {
  return `ROWS FROM (${arrays.map((array) => `pg_catalog.unnest(${array})`).join(', ')})`;
}
