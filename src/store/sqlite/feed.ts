import type { Timestamp } from '../../order/values.ts';
import { decodeEvent, decodeKey, type EventRow, eventColumns, type KeyRow } from '../sql/codec.ts';
import type { FeedEntry, KnownHistory } from '../store.ts';
import { boundedPage } from './bounded-page.ts';
import type { Database, Statements } from './database.ts';
import { historyChanged } from './failure.ts';
import type { Statuses } from './statuses.ts';

/** The event that a reader has read at a position; `eventId` is `undefined` if it no longer knows. */
export interface FeedMark {
  readonly position: number;
  readonly eventId: string | undefined;
}

interface PositionRow {
  readonly position: number;
}

interface FeedEventRow extends EventRow, KeyRow, PositionRow {}

interface EndRow extends PositionRow {
  readonly history: number;
}

/** The SQL of this file; the tests check the plan of each query. */
export const feedQueries = {
  read:
    `SELECT position, tenant_id, order_id, ${eventColumns} ` +
    'FROM events CROSS JOIN orders ON orders.order_row = events.order_row ' +
    'WHERE position > ? ORDER BY position LIMIT ?',
  end: 'SELECT position, history FROM feeds WHERE partition = 0',
  at: 'SELECT id FROM events WHERE position = ?',
  raise:
    'UPDATE feeds SET history = max(history + 1, ?, ' +
    "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)) WHERE history < ?",
  markBefore:
    'SELECT position FROM feed_marks WHERE latest_recorded_at < ? ' +
    'ORDER BY latest_recorded_at DESC, position DESC LIMIT 1',
  firstSince:
    'SELECT position FROM events WHERE position > ? AND recorded_at >= ? ' +
    'ORDER BY position LIMIT 1',
} as const;

interface Rows {
  readonly read: FeedEventRow;
  readonly end: EndRow;
  readonly at: { readonly id: string };
  readonly markBefore: PositionRow;
  readonly firstSince: PositionRow;
}

/** Reads the one partition of the feed. */
export class FeedReader {
  readonly #database: Database;
  readonly #statuses: Statuses;
  readonly #sql: Statements<typeof feedQueries, Rows>;

  constructor(database: Database, statuses: Statuses) {
    this.#database = database;
    this.#statuses = statuses;
    this.#sql = database.prepareAll(feedQueries);
  }

  /** Checks the reader's knowledge against the same state of the file that the page comes from. */
  read(partition: number, after: number, limit: number, bytes?: number, known?: KnownHistory) {
    if (partition !== 0) return [];
    if (known === undefined) return this.#page(partition, after, limit, bytes);
    return this.#database.read(() => {
      this.check(partition, known.history, { position: after, eventId: known.eventId });
      return this.#page(partition, after, limit, bytes);
    });
  }

  get history(): number {
    return this.#sql.end.get()?.history ?? 0;
  }

  raiseHistory(above: number): number {
    return this.#database.write(() => {
      this.#sql.raise.run(above + 1, above + 1);
      return this.history;
    });
  }

  /** Throws `historyChanged` for another history, or one in which `seen` cannot have been seen. */
  check(partition: number, history: number, seen: FeedMark | undefined): void {
    const end = this.#sql.end.get();
    if (end?.history !== history) throw historyChanged(this.#database.path);
    if (seen === undefined || partition !== 0) return;
    const found = this.#sql.at.get(seen.position)?.id ?? seen.eventId;
    const isSame = seen.eventId === undefined || found === seen.eventId;
    if (!isSame || seen.position > end.position) throw historyChanged(this.#database.path);
  }

  #page(partition: number, after: number, limit: number, bytes?: number): FeedEntry[] {
    return boundedPage(this.#sql.read.iterate(after, limit), bytes, (row) => {
      const event = decodeEvent(row, decodeKey(row), this.#statuses);
      return { partition, position: row.position, event };
    });
  }

  end(partition: number): number {
    return partition === 0 ? (this.#sql.end.get()?.position ?? 0) : 0;
  }

  positionAt(partition: number, time: Timestamp): number {
    if (partition !== 0) return 0;
    return this.#database.read(() => {
      const mark = this.#sql.markBefore.get(time)?.position ?? 0;
      const first = this.#sql.firstSince.get(mark, time)?.position;
      return first === undefined ? this.end(partition) : first - 1;
    });
  }
}
