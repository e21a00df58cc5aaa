import { listPage } from '../list-page.ts';
import { decodeOrder, type Integer, type OrderRow, orderColumns } from '../sql/codec.ts';
import { newest } from '../sql/cursors.ts';
import type { ListPage, ListQuery } from '../store.ts';
import type { Ask } from './ask.ts';
import { boundedList, unboundedBytes } from './bounded-page.ts';
import { equals, isBelow, rowsFrom } from './builtins.ts';
import { asBigints, numbers } from './columns.ts';
import type { Statuses } from './statuses.ts';

/** The collation of the indexes for listing, which keeps other queries from using them. */
const tenantId = 'tenant_id COLLATE pg_catalog."POSIX"';
const orderId = 'order_id COLLATE pg_catalog."POSIX"';
const newestFirst = `ORDER BY placed_at DESC, ${orderId} DESC`;
const after = `(placed_at, ${orderId}) ${isBelow} ($2::bigint, $3::pg_catalog.text)`;

/** The SQL of this file; the tests check the plan of each query. */
export function listQueries(schema: string) {
  const from = `SELECT ${orderColumns} FROM ${schema}.orders WHERE ${tenantId} ${equals} $1 AND ${after}`;
  const limit = `${newestFirst} LIMIT $4::bigint`;
  const isWanted = `status_id ${equals} ANY (${asBigints('$6')})`;
  const bounded = (page: string) => boundedList(page, newestFirst, '$5::bigint');
  return {
    all: bounded(`${from} ${limit}`),
    ofCustomer: bounded(`${from} AND customer_id ${equals} $6 ${limit}`),
    ofCustomerInStatus: bounded(`${from} AND customer_id ${equals} $7 AND ${isWanted} ${limit}`),
    // One range of the index for each status; a plain ANY would read the newest orders of any status
    // until enough of them match. Reads only keys there, and then the rows of the page alone.
    inStatus: bounded(
      `SELECT stored.* FROM (SELECT key.* FROM ${rowsFrom(asBigints('$6'))} AS wanted(id) ` +
        `CROSS JOIN LATERAL (SELECT placed_at, order_id FROM ${schema}.orders ` +
        `WHERE ${tenantId} ${equals} $1 AND ${after} AND status_id ${equals} wanted.id ${limit}) AS key ${limit}) AS page ` +
        `CROSS JOIN LATERAL (SELECT ${orderColumns} FROM ${schema}.orders ` +
        `WHERE tenant_id ${equals} $1 AND orders.order_id ${equals} page.order_id LIMIT 1) AS stored`,
    ),
  } as const;
}

/** An order, and the number of orders found before the limit in bytes. */
interface FoundRow extends OrderRow {
  readonly found_count: Integer;
}

/** Lists orders by ranges of keys, so that the cost of a page does not grow with the orders before it. */
export class OrderLister {
  readonly #ask: Ask;
  readonly #statuses: Statuses;
  readonly #queries: ReturnType<typeof listQueries>;

  constructor(ask: Ask, statuses: Statuses, schema: string) {
    this.#ask = ask;
    this.#statuses = statuses;
    this.#queries = listQueries(schema);
  }

  async list(query: ListQuery): Promise<ListPage> {
    const rows = await this.#rows(query);
    await this.#statuses.load(
      rows.map((row) => row.status_id),
      this.#ask,
    );
    const records = rows.slice(0, query.limit).map((row) => decodeOrder(row, this.#statuses));
    return listPage(records, Number(rows[0]?.found_count));
  }

  async #rows(query: ListQuery) {
    const { tenantId, status, customerId, after: from = newest, limit } = query;
    const { maximumBytes = unboundedBytes } = query;
    // One order more than the page has shows whether there is another page.
    const range = [tenantId, `${from.placedAt}`, from.orderId, `${limit + 1}`];
    const values = [...range, `${maximumBytes}`];
    if (status === undefined) {
      return customerId === undefined
        ? this.#query('all', values)
        : this.#query('ofCustomer', [...values, customerId]);
    }
    const ids = numbers(await this.#statuses.matching(status, this.#ask));
    if (ids === '') return [];
    return customerId === undefined
      ? this.#query('inStatus', [...values, ids])
      : this.#query('ofCustomerInStatus', [...values, ids, customerId]);
  }

  #query(name: keyof ReturnType<typeof listQueries>, values: string[]) {
    return this.#ask<FoundRow>({ name: `list.${name}`, text: this.#queries[name], values });
  }
}
