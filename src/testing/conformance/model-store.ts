import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import {
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  type DueOrder,
  type FeedEntry,
  type ListPage,
  type ListQuery,
  matchesStatus,
  type OrderKey,
  type OrderRecord,
  type PurgeRequest,
  type PurgeResult,
} from '../../store/store.ts';

/** The simplest implementation of the port: lists that are searched from the start. */
export class ModelStore {
  orders: OrderRecord[] = [];
  commands: CommandRecord[] = [];
  entries: FeedEntry[] = [];
  feedEnd = 0;

  load(key: OrderKey): OrderRecord | undefined {
    return this.orders.find((order) => isSameOrder(order, key));
  }

  commit(commit: Commit): CommitOutcome {
    const { record, command } = commit;
    const known = command && this.commands.find((one) => isSameCommand(one, command));
    if (known) return { status: 'duplicate', record: known };
    if ((this.load(commit)?.version ?? 0) !== commit.expectedVersion) {
      return { status: 'conflict' };
    }
    if ((this.load(commit)?.revision ?? null) !== commit.expectedRevision) {
      return { status: 'conflict' };
    }
    if (record && this.#isNumberTaken(record)) return { status: 'numberTaken' };
    if (record) {
      this.orders = [...this.orders.filter((order) => !isSameOrder(order, record)), record];
    }
    for (const event of commit.events) {
      this.feedEnd += 1;
      this.entries.push({ partition: 0, position: this.feedEnd, event });
    }
    if (command) this.commands.push(command);
    return { status: 'committed' };
  }

  history(key: OrderKey, after: number, limit: number): OrderEvent[] {
    return this.entries
      .map((entry) => entry.event)
      .filter((event) => isSameOrder(event, key) && event.version > after)
      .slice(0, limit);
  }

  list({ tenantId, status = {}, customerId, after, limit }: ListQuery): ListPage {
    const matching = this.orders
      .filter((order) => order.tenantId === tenantId && matchesStatus(order.status, status))
      .filter((order) => customerId === undefined || order.customerId === customerId)
      .sort(newestFirst)
      .filter((order) => after === undefined || newestFirst(after, order) < 0);
    const records = matching.slice(0, limit);
    const last = records.at(-1);
    const hasMore = last !== undefined && matching.length > limit;
    return {
      records,
      next: hasMore ? { placedAt: last.placedAt, orderId: last.orderId } : undefined,
    };
  }

  feed(after: number, limit: number): FeedEntry[] {
    return this.entries.filter((entry) => entry.position > after).slice(0, limit);
  }

  feedPositionAt(time: Timestamp): number {
    const first = this.entries.find((entry) => entry.event.recordedAt >= time);
    return first === undefined ? this.feedEnd : first.position - 1;
  }

  due(now: Timestamp): DueOrder[] {
    return this.orders.flatMap(({ tenantId, orderId, deadlines: [deadline] }) =>
      deadline && deadline.dueAt <= now ? [{ tenantId, orderId, deadline }] : [],
    );
  }

  nextDueAt(after = Number.NEGATIVE_INFINITY): Timestamp | undefined {
    const times = this.orders
      .flatMap(({ deadlines: [deadline] }) => deadline?.dueAt ?? [])
      .filter((time) => time > after);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  purge({ commandsBefore = -1, archivedBefore = -1 }: PurgeRequest): PurgeResult {
    const commands = this.commands.filter((command) => command.recordedAt < commandsBefore);
    const orders = this.orders.filter(
      ({ archivedAt, updatedAt }) =>
        archivedAt !== null && archivedAt < archivedBefore && updatedAt < archivedBefore,
    );
    this.commands = this.commands.filter((command) => !commands.includes(command));
    this.orders = this.orders.filter((order) => !orders.includes(order));
    this.entries = this.entries.filter(
      ({ event }) => !orders.some((order) => isSameOrder(order, event)),
    );
    return { commands: commands.length, orders: orders.length };
  }

  #isNumberTaken(record: OrderRecord): boolean {
    return this.orders.some(
      (order) =>
        record.number !== null &&
        order.number === record.number &&
        order.tenantId === record.tenantId &&
        order.orderId !== record.orderId,
    );
  }
}

function isSameOrder(one: OrderKey, other: OrderKey): boolean {
  return one.tenantId === other.tenantId && one.orderId === other.orderId;
}

function isSameCommand(one: CommandRecord, other: CommandRecord): boolean {
  return one.tenantId === other.tenantId && one.scope === other.scope && one.key === other.key;
}

type Position = Pick<OrderRecord, 'placedAt' | 'orderId'>;

function newestFirst(one: Position, other: Position): number {
  if (one.placedAt !== other.placedAt) return other.placedAt - one.placedAt;
  if (one.orderId === other.orderId) return 0;
  return one.orderId < other.orderId ? 1 : -1;
}
