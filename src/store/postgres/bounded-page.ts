import { isBelow } from './builtins.ts';

/**
 * The rows of a page, up to the one whose `data` take it to `maximumBytes`. The page is found first, by
 * its index and limit, and only its lengths are looked at here: the length of a large value is
 * stored beside it, so what is left out is not read.
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
 * The same of a list, whose rows have no number that rises. `found_count` tells how many were found,
 * so that a page which ends early does not pass for the last one.
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

/** What stands for no bound. */
export const unboundedBytes = Number.MAX_SAFE_INTEGER;
