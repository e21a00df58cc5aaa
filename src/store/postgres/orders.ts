import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import {
  type CommandRow,
  commandColumns,
  type DueRow,
  decodeCommand,
  decodeDue,
  decodeEvent,
  decodeOrder,
  type EventRow,
  eventColumns,
  type Integer,
  type OrderRow,
  orderColumns,
} from '../sql/codec.ts';
import { beforeAll } from '../sql/cursors.ts';
import type { CommandIdentity, CommandRecord, DueOrder, OrderKey, OrderRecord } from '../store.ts';
import type { Ask } from './ask.ts';
import { boundedPage, unboundedBytes } from './bounded-page.ts';
import { equals, isAbove, isAtMost, rowsFrom } from './builtins.ts';
import { asTexts, texts } from './columns.ts';
import type { Statuses } from './statuses.ts';

/** The SQL of this file; the tests check the plan of each query. */
export function orderQueries(schema: string) {
  return {
    load:
      `SELECT wanted.i, stored.* FROM ${rowsFrom(asTexts('$1'), asTexts('$2'))} ` +
      'WITH ORDINALITY AS wanted(tenant_id, order_id, i) CROSS JOIN LATERAL ' +
      `(SELECT ${orderColumns} FROM ${schema}.orders WHERE orders.tenant_id ${equals} wanted.tenant_id ` +
      `AND orders.order_id ${equals} wanted.order_id LIMIT 1) AS stored`,
    findByNumber: `SELECT order_id FROM ${schema}.orders WHERE tenant_id ${equals} $1 AND number ${equals} $2`,
    findCommands:
      'SELECT wanted.i, stored.* FROM ' +
      `${rowsFrom(asTexts('$1'), asTexts('$2'), asTexts('$3'))} ` +
      'WITH ORDINALITY AS wanted(tenant_id, scope, key, i) CROSS JOIN LATERAL ' +
      `(SELECT ${commandColumns} FROM ${schema}.commands ` +
      `WHERE commands.tenant_id ${equals} wanted.tenant_id ` +
      `AND commands.scope ${equals} wanted.scope AND commands.key ${equals} wanted.key ` +
      'LIMIT 1) AS stored',
    history: boundedPage(
      `SELECT ${eventColumns} FROM ${schema}.events WHERE order_row ${equals} (SELECT order_row ` +
        `FROM ${schema}.orders WHERE tenant_id ${equals} $1 AND order_id ${equals} $2) ` +
        `AND version ${isAbove} $3::bigint ORDER BY version LIMIT $4::bigint`,
      'version',
      '$5::bigint',
    ),
    due:
      `SELECT tenant_id, order_id, next_due_at, deadlines FROM ${schema}.orders ` +
      `WHERE next_due_at ${isAtMost} $1::bigint ` +
      `AND (next_due_at, tenant_id, order_id) ${isAbove} ($3::bigint, $4::pg_catalog.text, $5::pg_catalog.text) ` +
      'ORDER BY next_due_at, tenant_id, order_id LIMIT $2::bigint',
    nextDueAt:
      `SELECT next_due_at FROM ${schema}.orders WHERE next_due_at ${isAbove} $1::bigint ` +
      'ORDER BY next_due_at LIMIT 1',
  } as const;
}

/** Reads orders, histories, deadlines and the stored answers to commands. */
export class OrderReader {
  readonly #ask: Ask;
  readonly #statuses: Statuses;
  readonly #queries: ReturnType<typeof orderQueries>;

  constructor(ask: Ask, statuses: Statuses, schema: string) {
    this.#ask = ask;
    this.#statuses = statuses;
    this.#queries = orderQueries(schema);
  }

  async load(keys: readonly OrderKey[]): Promise<(OrderRecord | undefined)[]> {
    const values = [
      texts(keys.map(({ tenantId }) => tenantId)),
      texts(keys.map(({ orderId }) => orderId)),
    ];
    const rows = await this.#query<OrderRow & Numbered>('load', values);
    await this.#statuses.load(
      rows.map((row) => row.status_id),
      this.#ask,
    );
    return inPlaces(keys.length, rows, (row) => decodeOrder(row, this.#statuses));
  }

  async findByNumber(tenantId: string, number: string): Promise<string | undefined> {
    const rows = await this.#query<{ readonly order_id: string }>('findByNumber', [
      tenantId,
      number,
    ]);
    return rows[0]?.order_id;
  }

  async findCommands(
    identities: readonly CommandIdentity[],
  ): Promise<(CommandRecord | undefined)[]> {
    if (identities.length === 0) return [];
    const values = [
      texts(identities.map(({ tenantId }) => tenantId)),
      texts(identities.map(({ scope }) => scope)),
      texts(identities.map(({ key }) => key)),
    ];
    const rows = await this.#query<CommandRow & Numbered>('findCommands', values);
    return inPlaces(identities.length, rows, decodeCommand);
  }

  async history(
    key: OrderKey,
    after: number,
    limit: number,
    bytes = unboundedBytes,
  ): Promise<OrderEvent[]> {
    const values = [key.tenantId, key.orderId, `${after}`, `${limit}`, `${bytes}`];
    const rows = await this.#query<EventRow>('history', values);
    await this.#statuses.load(
      rows.map((row) => row.status_id),
      this.#ask,
    );
    return rows.map((row) => decodeEvent(row, key, this.#statuses));
  }

  async due(now: Timestamp, limit: number, after = beforeAll): Promise<DueOrder[]> {
    const { dueAt, tenantId, orderId } = after;
    const values = [`${now}`, `${limit}`, `${dueAt}`, tenantId, orderId];
    return (await this.#query<DueRow>('due', values)).map(decodeDue);
  }

  async nextDueAt(after = beforeAll.dueAt): Promise<Timestamp | undefined> {
    const [row] = await this.#query<Pick<DueRow, 'next_due_at'>>('nextDueAt', [`${after}`]);
    return row && Number(row.next_due_at);
  }

  #query<Row>(name: keyof ReturnType<typeof orderQueries>, values: string[]) {
    return this.#ask<Row>({ name, text: this.#queries[name], values });
  }
}

interface Numbered {
  /** The place of the item in the request, from 1. */
  readonly i: Integer;
}

function inPlaces<Row extends Numbered, Item>(
  count: number,
  rows: readonly Row[],
  decode: (row: Row) => Item,
): (Item | undefined)[] {
  const items = Array.from({ length: count }, (): Item | undefined => undefined);
  for (const row of rows) items[Number(row.i) - 1] = decode(row);
  return items;
}
