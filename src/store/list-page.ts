import type { ListPage, OrderRecord } from './store.ts';

/**
 * Returns a page of a list, with the position where the next one starts.
 *
 * @param foundCount How many orders were found; more than `records` when another page follows.
 */
export function listPage(records: readonly OrderRecord[], foundCount: number): ListPage {
  const last = records.at(-1);
  const next =
    last !== undefined && foundCount > records.length
      ? { placedAt: last.placedAt, orderId: last.orderId }
      : undefined;
  return { records, next };
}
