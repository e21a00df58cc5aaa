import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import { firstDeadline } from '../first-deadline.ts';
import type {
  CommandIdentity,
  CommandRecord,
  DueOrder,
  DuePosition,
  OrderKey,
  OrderRecord,
} from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import {
  type CommandRow,
  commandColumns,
  decodeCommand,
  decodeEvent,
  decodeOrder,
  type EventRow,
  eventColumns,
  type OrderRow,
  orderColumns,
} from './codec.ts';
import type { Database, Statement } from './database.ts';
import type { Statuses } from './statuses.ts';

/** The SQL of this file, by purpose; the tests ask SQLite how it runs each. */
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

type DueRow = Pick<OrderRow, 'tenant_id' | 'order_id' | 'deadlines'> & {
  readonly next_due_at: number;
};

/** Before every order that there can be: times are safe integers, and no id is empty. */
const beforeAll: DuePosition = { dueAt: Number.MIN_SAFE_INTEGER, tenantId: '', orderId: '' };

/** Reads orders, their histories, their deadlines, and the stored answers to commands. */
export class OrderReader {
  readonly #statuses: Statuses;
  readonly #load: Statement<OrderRow>;
  readonly #findByNumber: Statement<{ readonly order_id: string }>;
  readonly #findCommand: Statement<CommandRow>;
  readonly #history: Statement<EventRow>;
  readonly #due: Statement<DueRow>;
  readonly #nextDueAt: Statement<{ readonly due_at: number | null }>;

  constructor(database: Database, statuses: Statuses) {
    this.#statuses = statuses;
    this.#load = database.prepare(orderQueries.load);
    this.#findByNumber = database.prepare(orderQueries.findByNumber);
    this.#findCommand = database.prepare(orderQueries.findCommand);
    this.#history = database.prepare(orderQueries.history);
    this.#due = database.prepare(orderQueries.due);
    this.#nextDueAt = database.prepare(orderQueries.nextDueAt);
  }

  load(keys: readonly OrderKey[]): (OrderRecord | undefined)[] {
    return keys.map(({ tenantId, orderId }) => {
      const row = this.#load.get(tenantId, orderId);
      return row && decodeOrder(row, this.#statuses);
    });
  }

  findByNumber(tenantId: string, number: string): string | undefined {
    return this.#findByNumber.get(tenantId, number)?.order_id;
  }

  findCommands(identities: readonly CommandIdentity[]): (CommandRecord | undefined)[] {
    return identities.map(({ tenantId, scope, key }) => {
      const row = this.#findCommand.get(tenantId, scope, key);
      return row && decodeCommand(row);
    });
  }

  history(key: OrderKey, after: number, limit: number, maximumBytes?: number): OrderEvent[] {
    const rows = this.#history.iterate(key.tenantId, key.orderId, after, limit);
    return boundedPage(rows, maximumBytes, (row) => decodeEvent(row, key, this.#statuses));
  }

  due(now: Timestamp, limit: number, after = beforeAll): DueOrder[] {
    const { dueAt, tenantId, orderId } = after;
    return this.#due.all(now, dueAt, tenantId, orderId, limit).map((row) => ({
      tenantId: row.tenant_id,
      orderId: row.order_id,
      deadline: firstDeadline(row.deadlines, row.next_due_at),
    }));
  }

  nextDueAt(after = beforeAll.dueAt): Timestamp | undefined {
    return this.#nextDueAt.get(after)?.due_at ?? undefined;
  }
}
