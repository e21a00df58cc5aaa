import type { ListPage, ListPosition, ListQuery } from '../store.ts';
import { decodeOrder, type OrderRow, orderColumns } from './codec.ts';
import { asBigints, numbers } from './columns.ts';
import type { Ask } from './orders.ts';
import type { Statuses } from './statuses.ts';

/** As in the indexes for listing, which for this reason are of no use for anything else. */
const orderId = 'order_id COLLATE "POSIX"';
const newestFirst = `ORDER BY placed_at DESC, ${orderId} DESC`;
const after = `(placed_at, ${orderId}) < ($2::bigint, $3::text)`;

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function listQueries(schema: string) {
  const from = `SELECT ${orderColumns} FROM ${schema}.orders WHERE tenant_id = $1 AND ${after}`;
  const limit = `${newestFirst} LIMIT $4::integer`;
  const isWanted = `status_id = ANY (${asBigints('$5')})`;
  return {
    all: `${from} ${limit}`,
    ofCustomer: `${from} AND customer_id = $5 ${limit}`,
    ofCustomerInStatus: `${from} AND customer_id = $6 AND ${isWanted} ${limit}`,
    // One range of the index for each status; a plain ANY would read the newest orders of any
    // status until enough of them match. Only keys are read there, so that the rows of all but the
    // page itself are left alone.
    inStatus:
      `SELECT found.* FROM (SELECT key.* FROM unnest(${asBigints('$5')}) AS wanted(id) ` +
      `CROSS JOIN LATERAL (SELECT placed_at, order_id FROM ${schema}.orders ` +
      `WHERE tenant_id = $1 AND ${after} AND status_id = wanted.id ${limit}) AS key ${limit}) AS page ` +
      `CROSS JOIN LATERAL (SELECT ${orderColumns} FROM ${schema}.orders ` +
      'WHERE tenant_id = $1 AND orders.order_id = page.order_id LIMIT 1) AS found ' +
      `ORDER BY page.placed_at DESC, page.${orderId} DESC`,
  } as const;
}

/** After every order that can be: no time is this late. */
const newest: ListPosition = { placedAt: 2 ** 53, orderId: '' };

/** Lists orders by key ranges: the cost of a page does not grow with the orders before it. */
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
    await this.#statuses.load(rows.map((row) => row.status_id));
    const records = rows.slice(0, query.limit).map((row) => decodeOrder(row, this.#statuses));
    const last = records.at(-1);
    const hasMore = last !== undefined && rows.length > query.limit;
    return {
      records,
      next: hasMore ? { placedAt: last.placedAt, orderId: last.orderId } : undefined,
    };
  }

  async #rows({ tenantId, status, customerId, after: from = newest, limit }: ListQuery) {
    // One more than the page holds tells whether there is another page.
    const values = [tenantId, `${from.placedAt}`, from.orderId, `${limit + 1}`];
    if (status === undefined) {
      return customerId === undefined
        ? this.#query('all', values)
        : this.#query('ofCustomer', [...values, customerId]);
    }
    const ids = numbers(await this.#statuses.matching(status));
    if (ids === '') return [];
    return customerId === undefined
      ? this.#query('inStatus', [...values, ids])
      : this.#query('ofCustomerInStatus', [...values, ids, customerId]);
  }

  #query(name: keyof ReturnType<typeof listQueries>, values: string[]) {
    return this.#ask<OrderRow>({ name: `list.${name}`, text: this.#queries[name], values });
  }
}
