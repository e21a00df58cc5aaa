import type { OrderEvent } from '../../order/envelope.ts';
import type { Timestamp } from '../../order/values.ts';
import { type CommandRow, commandColumns, decodeCommand, encodeOrigin } from '../sql/codec.ts';
import {
  type CommandRecord,
  type Commit,
  type CommitOutcome,
  isDecidedOn,
  type OrderRecord,
} from '../store.ts';
import type { Database, Statements } from './database.ts';
import { orderQueries } from './orders.ts';
import { checkVersion } from './schema.ts';
import type { Statuses } from './statuses.ts';

/** The columns of the stored order that a commit needs. */
interface PresentOrder {
  readonly order_row: number;
  readonly version: number;
  readonly revision: string;
  readonly status_id: number;
  readonly number: string | null;
  readonly customer_id: string | null;
  readonly next_due_at: number | null;
  readonly archived_at: number | null;
}

interface FeedRow {
  readonly position: number;
  readonly latest_recorded_at: number | null;
  readonly marked_position: number;
}

/** The end of the feed while one batch is written. */
interface FeedEnd {
  position: number;
  latestRecordedAt: Timestamp;
}

/** The least number of events between two marks: few rows, and a short scan from each. */
const markDistance = 1000;

// Three forms, because SQLite rewrites an index for each of its columns that is named, changed or
// not.
const update =
  'UPDATE orders SET version = ?, revision = ?, updated_at = ?, deadlines = ?, data = ?';

const commitQueries = {
  selectSchemaVersion: 'PRAGMA user_version',
  selectCommand: orderQueries.findCommand,
  selectOrder:
    'SELECT order_row, version, revision, status_id, number, customer_id, next_due_at, ' +
    'archived_at FROM orders WHERE tenant_id = ? AND order_id = ?',
  selectNumber: 'SELECT order_row FROM orders WHERE tenant_id = ? AND number = ?',
  insertOrder:
    'INSERT INTO orders (version, revision, updated_at, deadlines, data, status_id, next_due_at, ' +
    'number, customer_id, archived_at, tenant_id, order_id, placed_at) ' +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  updateOrder: `${update} WHERE order_row = ?`,
  updateOrderAndStatus: `${update}, status_id = ? WHERE order_row = ?`,
  updateWholeOrder:
    `${update}, status_id = ?, next_due_at = ?, number = ?, customer_id = ?, archived_at = ? ` +
    'WHERE order_row = ?',
  insertEvent:
    'INSERT INTO events (position, order_row, version, id, type, schema_version, status_id, ' +
    'chart, occurred_at, recorded_at, origin, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  insertCommand: `INSERT INTO commands (${commandColumns}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  selectFeed: 'SELECT position, latest_recorded_at, marked_position FROM feeds WHERE partition = 0',
  updateFeed:
    'UPDATE feeds SET position = ?, latest_recorded_at = ?, marked_position = ? ' +
    'WHERE partition = 0',
  insertMark: 'INSERT INTO feed_marks VALUES (?, ?)',
} as const;

interface Rows {
  readonly selectSchemaVersion: { readonly user_version: number };
  readonly selectCommand: CommandRow;
  readonly selectOrder: PresentOrder;
  readonly selectNumber: { readonly order_row: number };
  readonly selectFeed: FeedRow;
}

/** Writes batches of commits, each batch as one transaction. */
export class CommitWriter {
  readonly #database: Database;
  readonly #statuses: Statuses;
  readonly #sql: Statements<typeof commitQueries, Rows>;

  constructor(database: Database, statuses: Statuses) {
    this.#database = database;
    this.#statuses = statuses;
    this.#sql = database.prepareAll(commitQueries);
  }

  write(commits: readonly Commit[]): CommitOutcome[] {
    return this.#database.write(() => this.#writeBatch(commits));
  }

  #writeBatch(commits: readonly Commit[]): CommitOutcome[] {
    // A newer process may have migrated the file since it was opened.
    checkVersion(this.#sql.selectSchemaVersion.get()?.user_version ?? 0, this.#database.path);
    this.#statuses.beginBatch();
    const feed = this.#sql.selectFeed.get() as FeedRow;
    const end: FeedEnd = {
      position: feed.position,
      latestRecordedAt: feed.latest_recorded_at ?? Number.NEGATIVE_INFINITY,
    };
    const outcomes = commits.map((commit) => this.#writeOne(commit, end));
    if (end.position > feed.position) this.#moveFeed(feed, end);
    return outcomes;
  }

  /**
   * Checks everything before it writes. A write that fails nevertheless means that the file
   * contradicts itself, and rolls back the whole batch.
   */
  #writeOne(commit: Commit, end: FeedEnd): CommitOutcome {
    const { tenantId, orderId, record, command } = commit;
    // 1. Has the command been answered before?
    const known = command && this.#sql.selectCommand.get(tenantId, command.scope, command.key);
    if (known !== undefined) return { status: 'duplicate', record: decodeCommand(known) };
    // 2. Was it decided on the present state?
    const present = this.#sql.selectOrder.get(tenantId, orderId);
    if (!isDecidedOn(commit, present)) return { status: 'conflict' };
    if (record !== undefined) {
      // 3. Is the number free?
      if (this.#isNumberTaken(record, present)) return { status: 'numberTaken' };
      // 4. Write.
      const row = this.#writeOrder(record, present);
      for (const event of commit.events) this.#writeEvent(event, row, end);
    }
    if (command !== undefined) this.#writeCommand(command);
    return { status: 'committed' };
  }

  #isNumberTaken(record: OrderRecord, present: PresentOrder | undefined): boolean {
    const { tenantId, number } = record;
    if (number === null || number === present?.number) return false;
    return this.#sql.selectNumber.get(tenantId, number) !== undefined;
  }

  #writeOrder(record: OrderRecord, present: PresentOrder | undefined): number {
    const { version, revision, updatedAt, number, customerId, archivedAt } = record;
    const deadlines = JSON.stringify(record.deadlines);
    const data = JSON.stringify(record.order);
    const statusId = this.#statuses.storedIdOf(record.status);
    const nextDueAt = record.deadlines[0]?.dueAt ?? null;
    if (present === undefined) {
      const { lastInsertRowid } = this.#sql.insertOrder.run(
        ...[version, revision, updatedAt, deadlines, data, statusId, nextDueAt, number, customerId],
        ...[archivedAt, record.tenantId, record.orderId, record.placedAt],
      );
      return Number(lastInsertRowid);
    }
    const row = present.order_row;
    const isSameBesides =
      present.next_due_at === nextDueAt &&
      present.number === number &&
      present.customer_id === customerId &&
      present.archived_at === archivedAt;
    if (!isSameBesides) {
      this.#sql.updateWholeOrder.run(
        ...[version, revision, updatedAt, deadlines, data, statusId, nextDueAt, number, customerId],
        ...[archivedAt, row],
      );
    } else if (present.status_id !== statusId) {
      this.#sql.updateOrderAndStatus.run(
        version,
        revision,
        updatedAt,
        deadlines,
        data,
        statusId,
        row,
      );
    } else {
      this.#sql.updateOrder.run(version, revision, updatedAt, deadlines, data, row);
    }
    return row;
  }

  #writeEvent(event: OrderEvent, orderRow: number, end: FeedEnd): void {
    end.position += 1;
    end.latestRecordedAt = Math.max(end.latestRecordedAt, event.recordedAt);
    this.#sql.insertEvent.run(
      end.position,
      orderRow,
      event.version,
      event.id,
      event.type,
      event.schemaVersion,
      this.#statuses.storedIdOf(event.status),
      event.chart,
      event.occurredAt,
      event.recordedAt,
      encodeOrigin(event),
      JSON.stringify(event.data),
    );
  }

  #writeCommand(command: CommandRecord): void {
    const { tenantId, scope, key, orderId, fingerprint, recordedAt, outcome } = command;
    this.#sql.insertCommand.run(
      ...[tenantId, scope, key, orderId, fingerprint, recordedAt, JSON.stringify(outcome)],
    );
  }

  #moveFeed(former: FeedRow, { position, latestRecordedAt }: FeedEnd): void {
    const isMarkDue = position - former.marked_position >= markDistance;
    if (isMarkDue) this.#sql.insertMark.run(latestRecordedAt, position);
    const markedPosition = isMarkDue ? position : former.marked_position;
    this.#sql.updateFeed.run(position, latestRecordedAt, markedPosition);
  }
}
