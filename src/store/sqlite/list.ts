import { listPage } from '../list-page.ts';
import { decodeOrder, type OrderRow, orderColumns } from '../sql/codec.ts';
import { newest } from '../sql/cursors.ts';
import { storeCorrupt } from '../sql/stored-json.ts';
import type { ListPage, ListPosition, ListQuery } from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import type { Database, Statements } from './database.ts';
import type { Statuses } from './statuses.ts';

/** The columns that are read of each order before it is known to be on the page. */
interface KeyRow {
  readonly order_row: number;
  readonly status_id: number;
  readonly placed_at: number;
  readonly order_id: string;
}

const newestFirst = 'ORDER BY placed_at DESC, order_id DESC';
const keyColumns = 'SELECT order_row, status_id, placed_at, order_id FROM orders';

/** The SQL of this file; the tests check the plan of each query. */
export const listQueries = {
  all: `${keyColumns} WHERE tenant_id = ? AND (placed_at, order_id) < (?, ?) ${newestFirst}`,
  ofCustomer:
    `${keyColumns} WHERE tenant_id = ? AND customer_id = ? ` +
    `AND (placed_at, order_id) < (?, ?) ${newestFirst}`,
  inStatus:
    `${keyColumns} WHERE tenant_id = ? AND status_id = ? AND placed_at >= ? ` +
    `AND (placed_at, order_id) < (?, ?) ${newestFirst} LIMIT ?`,
  byRow: `SELECT ${orderColumns} FROM orders WHERE order_row = ?`,
} as const;

interface Rows {
  readonly all: KeyRow;
  readonly ofCustomer: KeyRow;
  readonly inStatus: KeyRow;
  readonly byRow: OrderRow;
}

/** Lists orders by ranges of keys, so that the cost of a page does not grow with the orders before it. */
export class OrderLister {
  readonly #database: Database;
  readonly #statuses: Statuses;
  readonly #sql: Statements<typeof listQueries, Rows>;

  constructor(database: Database, statuses: Statuses) {
    this.#database = database;
    this.#statuses = statuses;
    this.#sql = database.prepareAll(listQueries);
  }

  list(query: ListQuery): ListPage {
    return this.#database.read(() => {
      // One order more than the page has shows whether there is another page.
      const { limit, maximumBytes } = query;
      const keys = this.#keys(query, limit + 1);
      const rows = Iterator.from(keys)
        .take(limit)
        .map((key) => this.#row(key));
      const records = boundedPage(rows, maximumBytes, (row) => decodeOrder(row, this.#statuses));
      return listPage(records, keys.length);
    });
  }

  #keys(query: ListQuery, count: number): KeyRow[] {
    const { tenantId, status, customerId, after = newest } = query;
    const statusIds = status && this.#statuses.matching(status);
    const { placedAt, orderId } = after;
    if (customerId === undefined && statusIds !== undefined) {
      return this.#keysInStatuses(tenantId, statusIds, after, count);
    }
    const rows =
      customerId === undefined
        ? this.#sql.all.iterate(tenantId, placedAt, orderId)
        : this.#sql.ofCustomer.iterate(tenantId, customerId, placedAt, orderId);
    const wanted = statusIds && new Set(statusIds);
    return rows
      .filter((row) => wanted?.has(row.status_id) ?? true)
      .take(count)
      .toArray();
  }

  /**
   * Returns the newest `count` keys of several statuses. Each status is one range of the index; once
   * `count` keys are found, no key older than the oldest of them is read.
   */
  #keysInStatuses(
    tenantId: string,
    statusIds: readonly number[],
    after: ListPosition,
    count: number,
  ): KeyRow[] {
    let keys: KeyRow[] = [];
    for (const statusId of statusIds) {
      const oldest = keys.length < count ? undefined : keys.at(-1);
      const since = oldest?.placed_at ?? Number.MIN_SAFE_INTEGER;
      const { placedAt, orderId } = after;
      const found = this.#sql.inStatus.all(tenantId, statusId, since, placedAt, orderId, count);
      if (found.length > 0) keys = [...keys, ...found].sort(compareNewestFirst).slice(0, count);
    }
    return keys;
  }

  #row({ order_row }: KeyRow): OrderRow {
    const row = this.#sql.byRow.get(order_row);
    if (row === undefined) throw storeCorrupt(`an index names order row ${order_row}`);
    return row;
  }
}

function compareNewestFirst(one: KeyRow, other: KeyRow): number {
  // SQLite compares text by its bytes in UTF-8.
  return (
    other.placed_at - one.placed_at ||
    Buffer.compare(Buffer.from(other.order_id), Buffer.from(one.order_id))
  );
}
