import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import type { CommandIdentity, CommandRecord, DueOrder, OrderKey, OrderRecord } from '../store.ts';
import {
  type CommandRow,
  commandColumns,
  decodeCommand,
  decodeDeadlines,
  decodeEvent,
  decodeOrder,
  type EventRow,
  eventColumns,
  type OrderRow,
  orderColumns,
} from './codec.ts';
import { asTexts, texts } from './columns.ts';
import { storeCorrupt } from './failure.ts';
import type { PostgresQuery } from './options.ts';
import type { Statuses } from './statuses.ts';

/** The SQL of this file, by purpose; the tests ask the planner how it runs each. */
export function orderQueries(schema: string) {
  return {
    load:
      `SELECT wanted.i, stored.* FROM unnest(${asTexts('$1')}, ${asTexts('$2')}) ` +
      'WITH ORDINALITY AS wanted(tenant_id, order_id, i) CROSS JOIN LATERAL ' +
      `(SELECT ${orderColumns} FROM ${schema}.orders WHERE orders.tenant_id = wanted.tenant_id ` +
      'AND orders.order_id = wanted.order_id LIMIT 1) AS stored',
    findByNumber: `SELECT order_id FROM ${schema}.orders WHERE tenant_id = $1 AND number = $2`,
    findCommands:
      `SELECT wanted.i, stored.* FROM unnest(${asTexts('$1')}, ${asTexts('$2')}, ${asTexts('$3')}) ` +
      'WITH ORDINALITY AS wanted(tenant_id, scope, key, i) CROSS JOIN LATERAL ' +
      `(SELECT ${commandColumns} FROM ${schema}.commands ` +
      'WHERE commands.tenant_id = wanted.tenant_id AND commands.scope = wanted.scope ' +
      'AND commands.key = wanted.key LIMIT 1) AS stored',
    history:
      `SELECT ${eventColumns} FROM ${schema}.events AS event WHERE order_row = (SELECT order_row ` +
      `FROM ${schema}.orders WHERE tenant_id = $1 AND order_id = $2) ` +
      'AND version > $3::integer ORDER BY version LIMIT $4::integer',
    due:
      `SELECT tenant_id, order_id, deadlines FROM ${schema}.orders ` +
      'WHERE next_due_at <= $1::bigint ORDER BY next_due_at LIMIT $2::integer',
    nextDueAt:
      `SELECT next_due_at FROM ${schema}.orders WHERE next_due_at IS NOT NULL ` +
      'ORDER BY next_due_at LIMIT 1',
  } as const;
}

/** Asks one statement: on a connection of the pool, or inside a transaction of the host's. */
export type Ask = <Row>(query: PostgresQuery) => Promise<readonly Row[]>;

/** Reads orders, their histories, their deadlines, and the stored answers to commands. */
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
    await this.#statuses.load(rows.map((row) => row.status_id));
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

  async history(key: OrderKey, after: number, limit: number): Promise<OrderEvent[]> {
    const values = [key.tenantId, key.orderId, `${after}`, `${limit}`];
    const rows = await this.#query<EventRow>('history', values);
    await this.#statuses.load(rows.map((row) => row.status_id));
    return rows.map((row) => decodeEvent(row, key, this.#statuses));
  }

  async due(now: Timestamp, limit: number): Promise<DueOrder[]> {
    const rows = await this.#query<OrderRow>('due', [`${now}`, `${limit}`]);
    return rows.map((row) => {
      const where = `deadlines of order ${row.order_id}`;
      const [deadline] = decodeDeadlines(row.deadlines, where);
      if (deadline === undefined) throw storeCorrupt(where);
      return { tenantId: row.tenant_id, orderId: row.order_id, deadline };
    });
  }

  async nextDueAt(): Promise<Timestamp | undefined> {
    const [row] = await this.#query<{ readonly next_due_at: number | string }>('nextDueAt', []);
    return row && Number(row.next_due_at);
  }

  #query<Row>(name: keyof ReturnType<typeof orderQueries>, values: string[]) {
    return this.#ask<Row>({ name, text: this.#queries[name], values });
  }
}

interface Numbered {
  /** Which of the wanted things it is, from 1. */
  readonly i: number | string;
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
