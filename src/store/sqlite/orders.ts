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
  type OrderRow,
  orderColumns,
} from '../sql/codec.ts';
import { beforeAll } from '../sql/cursors.ts';
import type { CommandIdentity, CommandRecord, DueOrder, OrderKey, OrderRecord } from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import type { Database, Statements } from './database.ts';
import type { Statuses } from './statuses.ts';

/** The SQL of this file; the tests check the plan of each query. */
export const orderQueries = {
  load: `SELECT ${orderColumns} FROM orders WHERE tenant_id = ? AND order_id = ?`,
  findByNumber: 'SELECT order_id FROM orders WHERE tenant_id = ? AND number = ?',
  findCommand: `SELECT ${commandColumns} FROM commands WHERE tenant_id = ? AND scope = ? AND key = ?`,
  history:
    `SELECT ${eventColumns} FROM orders JOIN events ON events.order_row = orders.order_row ` +
    'WHERE tenant_id = ? AND order_id = ? AND events.version > ? ORDER BY events.version LIMIT ?',
  due:
    'SELECT tenant_id, order_id, next_due_at, deadlines FROM orders WHERE next_due_at <= ? ' +
    'AND (next_due_at, tenant_id, order_id) > (?, ?, ?) ' +
    'ORDER BY next_due_at, tenant_id, order_id LIMIT ?',
  nextDueAt: 'SELECT min(next_due_at) AS due_at FROM orders WHERE next_due_at > ?',
} as const;

interface Rows {
  readonly load: OrderRow;
  readonly findByNumber: { readonly order_id: string };
  readonly findCommand: CommandRow;
  readonly history: EventRow;
  readonly due: DueRow;
  readonly nextDueAt: { readonly due_at: number | null };
}

/** Reads orders, histories, deadlines and the stored answers to commands. */
export class OrderReader {
  readonly #statuses: Statuses;
  readonly #sql: Statements<typeof orderQueries, Rows>;

  constructor(database: Database, statuses: Statuses) {
    this.#statuses = statuses;
    this.#sql = database.prepareAll(orderQueries);
  }

  load(keys: readonly OrderKey[]): (OrderRecord | undefined)[] {
    return keys.map(({ tenantId, orderId }) => {
      const row = this.#sql.load.get(tenantId, orderId);
      return row && decodeOrder(row, this.#statuses);
    });
  }

  findByNumber(tenantId: string, number: string): string | undefined {
    return this.#sql.findByNumber.get(tenantId, number)?.order_id;
  }

  findCommands(identities: readonly CommandIdentity[]): (CommandRecord | undefined)[] {
    return identities.map(({ tenantId, scope, key }) => {
      const row = this.#sql.findCommand.get(tenantId, scope, key);
      return row && decodeCommand(row);
    });
  }

  history(key: OrderKey, after: number, limit: number, maximumBytes?: number): OrderEvent[] {
    const rows = this.#sql.history.iterate(key.tenantId, key.orderId, after, limit);
    return boundedPage(rows, maximumBytes, (row) => decodeEvent(row, key, this.#statuses));
  }

  due(now: Timestamp, limit: number, after = beforeAll): DueOrder[] {
    const { dueAt, tenantId, orderId } = after;
    return this.#sql.due.all(now, dueAt, tenantId, orderId, limit).map(decodeDue);
  }

  nextDueAt(after = beforeAll.dueAt): Timestamp | undefined {
    return this.#sql.nextDueAt.get(after)?.due_at ?? undefined;
  }
}
