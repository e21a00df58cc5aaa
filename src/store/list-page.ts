import type { ListPage, OrderRecord } from './store.ts';

/**
 * A page of a list and where the next one starts.
 *
 * @param foundCount How many orders were looked up; more than `records` when another page follows.
 */
export function listPage(records: readonly OrderRecord[], foundCount: number): ListPage {
  const last = records.at(-1);
  const next =
    last !== undefined && foundCount > records.length
      ? { placedAt: last.placedAt, orderId: last.orderId }
      : undefined;
  return { records, next };
}
