import { isBelow } from './builtins.ts';

/**
 * Returns SQL for the rows of a page up to the one whose `data` brings the total to `maximumBytes`.
 * The page is found first, by its index and limit, and this only looks at lengths: PostgreSQL stores
 * the length of a large value apart from it, so the rows left out are not read.
 */
export function boundedPage(page: string, orderedBy: string, maximumBytes: string): string {
  return (
    'SELECT * FROM (SELECT found.*, pg_catalog.sum(pg_catalog.octet_length(data)) OVER ' +
    `(ORDER BY ${orderedBy} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before ` +
    `FROM (${page}) AS found) AS summed ` +
    `WHERE bytes_before IS NULL OR bytes_before ${isBelow} ${maximumBytes}`
  );
}

/**
 * Does the same for a list, whose rows have no ascending number. `found_count` is the number of rows
 * found, so that a page that ends early is not taken for the last one.
 */
export function boundedList(page: string, orderedBy: string, maximumBytes: string): string {
  return (
    'SELECT * FROM (SELECT found.*, pg_catalog.count(*) OVER () AS found_count, ' +
    `pg_catalog.sum(pg_catalog.octet_length(data)) OVER (${orderedBy} ` +
    'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before ' +
    `FROM (${page}) AS found) AS summed ` +
    `WHERE bytes_before IS NULL OR bytes_before ${isBelow} ${maximumBytes} ${orderedBy}`
  );
}

/** Stands for no limit in bytes. */
export const unboundedBytes = Number.MAX_SAFE_INTEGER;
