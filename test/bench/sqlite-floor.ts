import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { AnyStatus } from '../../src/order/values.ts';
import { createSqliteStore } from '../../src/store/sqlite/index.ts';
import type { Commit, OrderRecord } from '../../src/store/store.ts';

// The bare floor: what it costs to write the rows of the given commits, and nothing else. A
// hand-written loop of prepared statements that looks up nothing and trusts everything. Same
// schema (the store's own), same indexes, same settings, same file system.

type Row = readonly SQLInputValue[];

/** The rows of one commit, ready to be bound. */
interface CommitRows {
  /** Statuses met for the first time. */
  readonly statuses: readonly Row[];
  readonly order: { readonly statement: OrderStatement; readonly row: Row };
  readonly events: readonly Row[];
  readonly command: Row | undefined;
  readonly feed: Row;
  readonly mark: Row | undefined;
}

type OrderStatement = 'insertOrder' | 'updateData' | 'updateStatus' | 'updateAll';

/** Names only the columns that changed, for each one named costs the writing of its index. */
const update =
  'UPDATE orders SET version = ?, revision = ?, updated_at = ?, deadlines = ?, data = ?';
const statements = {
  insertStatus: 'INSERT INTO statuses VALUES (?, ?)',
  insertOrder:
    'INSERT INTO orders (version, revision, updated_at, deadlines, data, status_id, next_due_at, ' +
    'order_row, number, customer_id, archived_at, tenant_id, order_id, placed_at) ' +
    'VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  updateData: `${update} WHERE order_row = ?`,
  updateStatus: `${update}, status_id = ? WHERE order_row = ?`,
  updateAll: `${update}, status_id = ?, next_due_at = ? WHERE order_row = ?`,
  insertEvent: 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  insertCommand: 'INSERT INTO commands VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)',
  updateFeed: 'UPDATE feeds SET position = ?, latest_recorded_at = ?, marked_position = ?',
  insertMark: 'INSERT INTO feed_marks VALUES (?, ?)',
  selectVersion: 'SELECT version FROM orders WHERE tenant_id = ? AND order_id = ?',
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
} as const;

/** Turns commits into rows. It counts positions and rows itself, so it must see every commit. */
export class RowMaker {
  readonly #orderRows = new Map<string, { readonly row: number; record: OrderRecord }>();
  readonly #statusIds = new Map<AnyStatus, number>();
  readonly #statusIdsByText = new Map<string, number>();
  #newStatuses: Row[] = [];
  #position = 0;
  #markedPosition = 0;
  #latestRecordedAt = 0;

  rowsOf({ record, events, command }: Commit): CommitRows {
    if (record === undefined) throw new Error('The commits of whole lives all have a record.');
    this.#newStatuses = [];
    const order = this.#orderOf(record);
    const orderRow = this.#orderRows.get(record.orderId)?.row ?? 0;
    const eventRows = events.map((event) => this.#eventRow(event, orderRow));
    const isMarkDue = this.#position - this.#markedPosition >= 1000;
    if (isMarkDue) this.#markedPosition = this.#position;
    return {
      statuses: this.#newStatuses,
      order,
      events: eventRows,
      command: command && [
        ...[command.tenantId, command.scope, command.key, command.orderId, command.fingerprint],
        ...[command.recordedAt, JSON.stringify(command.outcome)],
      ],
      feed: [this.#position, this.#latestRecordedAt, this.#markedPosition],
      mark: isMarkDue ? [this.#latestRecordedAt, this.#position] : undefined,
    };
  }

  #orderOf(record: OrderRecord): CommitRows['order'] {
    const known = this.#orderRows.get(record.orderId);
    const { version, revision, updatedAt, number, customerId, archivedAt } = record;
    const data = [
      version,
      revision,
      updatedAt,
      JSON.stringify(record.deadlines),
      JSON.stringify(record.order),
    ];
    const statusId = this.#statusId(record.status);
    const dueAt = record.deadlines[0]?.dueAt ?? null;
    if (known === undefined) {
      const row = this.#orderRows.size + 1;
      this.#orderRows.set(record.orderId, { row, record });
      const keys = [record.tenantId, record.orderId, record.placedAt];
      const whole = [...data, statusId, dueAt, row, number, customerId, archivedAt, ...keys];
      return { statement: 'insertOrder', row: whole };
    }
    const before = known.record;
    known.record = record;
    if (dueAt !== (before.deadlines[0]?.dueAt ?? null)) {
      return { statement: 'updateAll', row: [...data, statusId, dueAt, known.row] };
    }
    if (this.#statusId(before.status) !== statusId) {
      return { statement: 'updateStatus', row: [...data, statusId, known.row] };
    }
    return { statement: 'updateData', row: [...data, known.row] };
  }

  #eventRow(event: Commit['events'][number], orderRow: number): Row {
    this.#position += 1;
    this.#latestRecordedAt = Math.max(this.#latestRecordedAt, event.recordedAt);
    const { causationId, correlationId, actor } = event;
    return [
      ...[this.#position, orderRow, event.version, event.id, event.type, event.schemaVersion],
      ...[this.#statusId(event.status), event.chart, event.occurredAt, event.recordedAt],
      ...[JSON.stringify([causationId, correlationId, actor]), JSON.stringify(event.data)],
    ];
  }

  #statusId(status: AnyStatus): number {
    const known = this.#statusIds.get(status);
    if (known !== undefined) return known;
    const text = JSON.stringify(status);
    let id = this.#statusIdsByText.get(text);
    if (id === undefined) {
      id = this.#statusIdsByText.size + 1;
      this.#statusIdsByText.set(text, id);
      this.#newStatuses.push([id, text]);
    }
    this.#statusIds.set(status, id);
    return id;
  }
}

/** Writes rows into a file of the store's own schema. */
export class Floor {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof statements, StatementSync>>;

  /** Opens a new file with the settings of the store. */
  static async create(path: string): Promise<Floor> {
    const store = createSqliteStore({ path });
    await store.open();
    await store.close();
    return new Floor(path);
  }

  private constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec('PRAGMA journal_mode = WAL');
    this.#database.exec('PRAGMA synchronous = FULL');
    this.#database.exec('PRAGMA wal_autocheckpoint = 16000');
    this.#database.exec('PRAGMA cache_size = -32768');
    this.#statements = Object.fromEntries(
      Object.entries(statements).map(([name, sql]) => [name, this.#database.prepare(sql)]),
    ) as Record<keyof typeof statements, StatementSync>;
  }

  /** One transaction for all of them. */
  writeBatch(batch: readonly CommitRows[]): void {
    this.#statements.begin.run();
    for (const rows of batch) this.#write(rows);
    const last = batch.at(-1);
    if (last !== undefined) this.#statements.updateFeed.run(...last.feed);
    this.#statements.commit.run();
  }

  /** A transaction of its own, the usual way: read the order, write, commit. */
  writeSingly(commit: Commit, rows: CommitRows): void {
    this.#statements.begin.run();
    const present = this.#statements.selectVersion.get(commit.tenantId, commit.orderId);
    if ((present?.['version'] ?? 0) !== commit.expectedVersion) throw new Error('A conflict.');
    this.#write(rows);
    this.#statements.updateFeed.run(...rows.feed);
    this.#statements.commit.run();
  }

  close(): void {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #write({ statuses, order, events, command, mark }: CommitRows): void {
    const prepared = this.#statements;
    for (const status of statuses) prepared.insertStatus.run(...status);
    prepared[order.statement].run(...order.row);
    for (const event of events) prepared.insertEvent.run(...event);
    if (command !== undefined) prepared.insertCommand.run(...command);
    if (mark !== undefined) prepared.insertMark.run(...mark);
  }
}

/** What a file holds: counts, and the lengths of what is stored as text. */
export function contentsOf(path: string): string {
  const database = new DatabaseSync(path, { readOnly: true });
  const counts = database
    .prepare(
      'SELECT (SELECT count(*) FROM orders) AS orders, (SELECT sum(length(data)) FROM orders) ' +
        'AS order_text, (SELECT count(*) FROM events) AS events, (SELECT sum(length(data)) FROM ' +
        'events) AS event_text, (SELECT count(*) FROM commands) AS commands, (SELECT sum(length(' +
        'outcome)) FROM commands) AS command_text, (SELECT position FROM feeds) AS position, ' +
        '(SELECT sum(order_row * version) FROM orders) AS versions',
    )
    .get();
  database.close();
  return JSON.stringify(counts);
}
